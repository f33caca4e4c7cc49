"""Programs of a peer for one run: an empty folder on a real disk, its processes, their memory, their end."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self

from ..stack import ROOT as PROJECT
from ..stack import free_port

__all__ = ["ROOT", "Programs", "free_port"]
ROOT = PROJECT / ".venv" / "peers"
PATIENCE = 60.0


class Programs:
    """`with Programs() as programs:` then `programs.start(…)`; the last one started ends first."""

    def __enter__(self) -> Self:
        self._exits = ExitStack()
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self.folder = Path(tempfile.mkdtemp(prefix="placet-peer-", dir=os.environ.get("BENCH_DIR")))
        self._exits.callback(shutil.rmtree, self.folder, ignore_errors=True)
        return self

    def __exit__(self, *exc: object) -> None:
        self._exits.close()

    def start(
        self,
        name: str,
        argv: list[str],
        *,
        port: int,
        environment: dict[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        """Start a program and return when it listens on `port`."""
        with open(self.folder / f"{name}.log", "wb") as log:
            child = subprocess.Popen(
                argv, cwd=cwd or self.folder, env={**os.environ, **(environment or {})}, stdout=log, stderr=log
            )
        self._children[name] = child
        self._exits.callback(_end, child)
        self.wait_for_port(port, name)

    def wait_for_port(self, port: int, name: str) -> None:
        def listens() -> bool:
            HTTPConnection("127.0.0.1", port, timeout=1).connect()
            return True

        self._patiently(listens, name)

    def ask(self, port: int, path: str, value: dict[str, Any]) -> dict[str, Any]:
        """Post until the answer is a success, and return it: a program that listens is not always ready."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}

        def answered() -> bytes | None:
            connection = HTTPConnection("127.0.0.1", port, timeout=20)
            connection.request("POST", path, json.dumps(value), headers)
            answer = connection.getresponse()
            return answer.read() if answer.status < 300 else None

        return json.loads(self._patiently(answered, "server"))

    def memory(self) -> float:
        """Resident megabytes of all of them."""
        pages = (Path(f"/proc/{child.pid}/status").read_text() for child in self._children.values())
        return sum(int(text.split("VmRSS:")[1].split()[0]) for text in pages) / 1024

    def _patiently[Result](self, attempt: Callable[[], Result | None], name: str) -> Result:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self._children[name].poll() is None:
            try:
                if result := attempt():
                    return result
            except OSError:
                pass
            time.sleep(0.2)
        raise RuntimeError(f"{name}: {(self.folder / f'{name}.log').read_text()[-2000:]}")


def _end(child: subprocess.Popen[bytes]) -> None:
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
