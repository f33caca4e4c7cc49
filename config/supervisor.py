"""Keeps the processes of an embedded run alive, and ends them all when it is told to stop.

Runs without Django (`python -S -m config.supervisor PLAN`), because it stays in memory as long as the console.
The plan is a JSON file: {"children": [{"name", "argv"}], "address": [host, port], "ready": [lines to print],
"logs": folder, "pids": file, "stores": file}. The order of the children is the order of starting; they end in reverse.
Those after "web" wait for its first healthy answer, so that the first page comes soon on a busy machine.
"""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from config import processes

TICK, CALM_TICK = 0.1, 0.2  # seconds between two looks at the children, before and after the first healthy answer
GRACE = 1.8  # seconds a child has to end by itself; with the last ones' share the whole stop stays below three
LAST_GRACE = 0.7
STEADY = 60  # seconds after which a child counts as well again
LONGEST_PAUSE = 30  # seconds between two starts of a child that keeps crashing
HEALTH_LIMIT = 90  # seconds until the first healthy answer
LOG_LIMIT = 20 * 1024 * 1024
PR_SET_PDEATHSIG = 1
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class Child:
    def __init__(self, name: str, argv: list[str], logs: Path) -> None:
        self.name, self.argv, self.log = name, argv, logs / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.crashes = 0
        self.begun = self.due = 0.0

    def start(self) -> None:
        supervisor = os.getpid()
        with open(self.log, "ab") as log:
            # Its own session: Ctrl-C in the terminal reaches the supervisor alone, which then ends all in order.
            self.process = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=lambda: _die_with(supervisor),
            )
        self.begun = time.monotonic()

    def record(self) -> processes.Record:
        assert self.process is not None
        return {"name": self.name, "pid": self.process.pid, "started": processes.started(self.process.pid) or ""}

    def crashed(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def bury(self) -> float:
        """Notes the crash and ends what it left in its session; returns the pause before the next start."""
        assert self.process is not None
        self.signal(signal.SIGKILL)
        steady = time.monotonic() - self.begun > STEADY
        self.crashes = 1 if steady else self.crashes + 1
        pause = min(LONGEST_PAUSE, 0.5 * 2 ** (self.crashes - 1))
        self.process, self.due = None, time.monotonic() + pause
        return pause

    def signal(self, number: int) -> None:
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return
        except PermissionError:  # macOS says this of a group whose only member is already dead
            return

    def tail(self, lines: int = 8) -> str:
        with open(self.log, "rb") as log:
            log.seek(max(0, os.path.getsize(self.log) - 4000))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])


class Supervisor:
    def __init__(self, plan: dict) -> None:
        self.plan = plan
        self.logs, self.pids = Path(plan["logs"]), Path(plan["pids"])
        self.children = [Child(child["name"], child["argv"], self.logs) for child in plan["children"]]
        self.told: int | None = None
        self.ready = False

    def run(self) -> int:
        for number in ENDS:
            signal.signal(number, self._hear)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)
        try:
            code = self._watch()
        finally:
            self._stop()
        return code

    def _hear(self, number: int, _frame: object) -> None:
        self.told = number

    def _watch(self) -> int:
        begun, looked = time.monotonic(), 0.0
        while self.told is None and not _parent_was_interrupted():
            self._start_what_is_due()
            if not self.ready and not self._becomes_ready() and self._hopeless(begun):
                return 1
            if time.monotonic() - looked > 60:
                looked = time.monotonic()
                self._trim_logs()
            time.sleep(CALM_TICK if self.ready else TICK)
        return 0

    def _becomes_ready(self) -> bool:
        self.ready = _healthy(*self.plan["address"])
        if self.ready:
            self._start_what_is_due()
            say(*self.plan["ready"])
        return self.ready

    def _wanted(self) -> list[Child]:
        if self.ready:
            return self.children
        names = [child.name for child in self.children]
        return self.children[: names.index("web") + 1]

    def _start_what_is_due(self) -> None:
        changed = False
        for child in self._wanted():
            if child.crashed():
                code, pause = child.process.returncode, child.bury()
                say(f"{child.name} stopped ({_ending(code)}); it starts again in {pause:g} s. Its log: {child.log}")
            if child.process is None and time.monotonic() >= child.due:
                child.start()
                changed = True
        if changed:
            processes.remember(self.pids, [child.record() for child in self.children if child.process])

    def _hopeless(self, begun: float) -> bool:
        """Before the first healthy answer a crash is a broken installation, not an accident: say so and stop."""
        failed = next((child for child in self.children if child.crashes >= 3), None)
        if failed is None and time.monotonic() - begun < HEALTH_LIMIT:
            return False
        child = failed or next(child for child in self.children if child.name == "web")
        say(f"Placet does not start: {child.name} does not come up. The end of {child.log}:", child.tail())
        return True

    def _stop(self) -> None:
        """Everything but the store first, so that the store sees their last words; both within three seconds."""
        for group, grace in ((self.children[:0:-1], GRACE), (self.children[:1], LAST_GRACE)):
            for child in group:
                child.signal(signal.SIGTERM)
            deadline = time.monotonic() + grace
            while any(_alive(child) for child in group) and time.monotonic() < deadline:
                time.sleep(0.02)
            for child in group:
                child.signal(signal.SIGKILL)
                if child.process:
                    child.process.wait()
        for file in (self.pids, Path(self.plan["stores"])):
            file.unlink(missing_ok=True)

    def _trim_logs(self) -> None:
        for child in self.children:
            if child.log.exists() and child.log.stat().st_size > LOG_LIMIT:
                # Children append, so cutting the file under them is safe; one older part is kept.
                child.log.with_suffix(".log.1").write_bytes(child.log.read_bytes())
                os.truncate(child.log, 0)


def _alive(child: Child) -> bool:
    return child.process is not None and child.process.poll() is None


def _die_with(supervisor: int) -> None:
    """Runs in the child before its program. Linux ends it with the supervisor; elsewhere the next start does."""
    for number in ENDS:
        signal.signal(number, signal.SIG_DFL)
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != supervisor:
            os._exit(1)


def _parent_was_interrupted() -> bool:
    """`kill -INT` on `make` alone is not passed on: make resets its handler and waits for us, which shows here."""
    try:
        with open(f"/proc/{os.getppid()}/status") as file:
            status = dict(line.split(":\t", 1) for line in file.read().splitlines() if ":\t" in line)
    except OSError:
        return False
    blocked, bit = int(status["SigBlk"], 16), 1 << (signal.SIGINT - 1)
    return status["Name"] == "make" and bool(blocked & bit)


def _healthy(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1) as connection:
            connection.settimeout(5)
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            return connection.recv(64).split(b" ")[1:2] == [b"200"]
    except OSError:
        return False


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def say(*lines: str) -> None:
    """Whoever listened may have gone: that is no reason to stop."""
    try:
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
    except OSError:
        return


if __name__ == "__main__":
    sys.exit(Supervisor(json.loads(Path(sys.argv[1]).read_text())).run())
