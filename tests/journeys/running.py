"""A whole console of its own, started as `make run` starts it: own folder, own port, bounded waits."""

import atexit
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

import httpx2

from config import processes
from tests import migrated
from tests.stores import free_port

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT = 90


class Running:
    """One `manage.py up`. Leave it by `close`, which ends whatever is left."""

    def __init__(self, var: Path, **told: str) -> None:
        self.var, self.port = var, int(told.pop("PORT", "") or free_port())
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = clean_environment(var) | {"PORT": str(self.port), **told}
        self.said: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @classmethod
    def prepared(cls, var: Path, **told: str) -> "Running":
        """The same on a database that was migrated before: half of what a first start takes."""
        if not (var / "placet.sqlite3").exists():
            shutil.copy(_migrated(), var / "placet.sqlite3")
        return cls(var, **told)

    def ready(self) -> "Running":
        """Waits for the line that says so; what was said is kept."""
        deadline = time.monotonic() + START_LIMIT
        for line in self.process.stdout:
            self.said.append(line.rstrip())
            if line.startswith("Logs are in"):
                return self
            assert time.monotonic() < deadline, self.said
        raise AssertionError(f"it ended with {self.process.wait()}: {self.said}")

    def refused(self) -> tuple[int, str]:
        """The exit code and everything it said."""
        return self.process.wait(START_LIMIT), self.process.stdout.read()

    def children(self, count: int = 3) -> dict[str, int]:
        """Name -> process number, once so many run."""
        until(lambda: len(self._recorded()) >= count)
        return self._recorded()

    def _recorded(self) -> dict[str, int]:
        return {str(one["name"]): int(one["pid"]) for one in processes.recall(self.var / "children.json")}

    def get(self, path: str) -> httpx2.Response:
        return httpx2.get(f"{self.url}{path}", timeout=10)

    def answers(self) -> bool:
        try:
            return self.get("/healthz").status_code == 200
        except httpx2.HTTPError:
            return False

    def command(self, *words: str) -> dict:
        """A management command beside the console, without any setting but the folder. Returns its JSON."""
        answer = subprocess.run(
            [sys.executable, "manage.py", *words, "--json"],
            cwd=ROOT,
            env=clean_environment(self.var),
            capture_output=True,
            text=True,
            check=False,
        )
        return json.loads(answer.stdout)

    def stop(self, number: int) -> float:
        """Sends the signal once; returns the seconds until it had ended."""
        begun = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(10)
        return time.monotonic() - begun

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.stdout.close()
        processes.reap(processes.recall(self.var / "children.json"), grace=1)


@cache
def _migrated() -> Path:
    """A migrated SQLite database, made once a process where the tests have kept none."""
    if (kept := migrated.template()).exists():
        return kept
    folder = Path(tempfile.mkdtemp(prefix="placet-migrated-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    argv = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(argv, cwd=ROOT, env=clean_environment(folder) | {"DEMO": "0"}, check=True, stdout=subprocess.DEVNULL)
    return folder / "placet.sqlite3"


def clean_environment(var: Path) -> dict[str, str]:
    ours = {"REDIS_URL", "DATABASE_URL", "BROKER_URL", "PUBLIC_URL", "PORT", "DEMO", "DJANGO_ALLOW_ASYNC_UNSAFE"}
    return {name: value for name, value in os.environ.items() if name not in ours} | {"PLACET_VAR": str(var)}


def until(holds, *, limit: float = 15) -> None:
    deadline = time.monotonic() + limit
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.05)


def gone(pids: dict[str, int]) -> bool:
    return not any(processes.started(pid) for pid in pids.values())


def resident(pids: list[int]) -> int:
    """Resident memory of these processes and of those in their sessions, in MB (10**6 bytes)."""
    every = {pid for leader in pids for pid in [leader, *processes.members(leader)]}
    texts = [Path(f"/proc/{pid}/status").read_text() for pid in every if processes.started(pid)]
    # One that ends between the two looks has no memory any more.
    return sum(int(found[1]) for text in texts if (found := re.search(r"VmRSS:\s+(\d+)", text))) * 1024 // 10**6
