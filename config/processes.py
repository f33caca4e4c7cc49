"""Processes of the embedded run: how to tell one from another that got its number later, and how to end one for sure.

Django-free and small: the supervisor keeps this in memory for as long as the console runs.
"""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

Record = dict[str, str | int]  # {"name", "pid", "started"}


def started(pid: int) -> str | None:
    """When this process began, in a form that no later process of the same number shares; None when it is gone."""
    if not os.path.isdir("/proc/self"):
        return _started_by_ps(pid)
    stat = _stat(pid)
    return f"{_boot()}/{stat[19]}" if stat and stat[0] not in "ZX" else None


def members(leader: int) -> list[int]:
    """Living processes of the session that `leader` opened (Linux; elsewhere only the leader is known)."""
    if not os.path.isdir("/proc/self"):
        return [leader] if started(leader) else []
    numbers = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    stats = [(number, _stat(number)) for number in numbers]
    return [number for number, stat in stats if stat and stat[3] == str(leader) and stat[0] not in "ZX"]


def remember(file: Path, records: list[Record]) -> None:
    """Written whole or not at all: a kill at any moment leaves a list that the next start can read."""
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(records))
    os.replace(fresh, file)


def recall(file: Path) -> list[Record]:
    try:
        return json.loads(file.read_text())
    except (OSError, ValueError):
        return []


def reap(records: list[Record], *, grace: float) -> list[str]:
    """Ends what a killed supervisor left behind; returns the names of what was still alive. Never a reused number."""
    stale = [record for record in records if _is_ours(record) and members(int(record["pid"]))]
    for record in stale:
        _signal_session(int(record["pid"]), signal.SIGTERM)
    deadline = time.monotonic() + grace
    while any(members(int(record["pid"])) for record in stale) and time.monotonic() < deadline:
        time.sleep(0.05)
    for record in stale:
        _signal_session(int(record["pid"]), signal.SIGKILL)
    return [str(record["name"]) for record in stale]


def _is_ours(record: Record) -> bool:
    """The leader is the one we started, or it is gone: a session outlives its leader, and its number stays taken."""
    return started(int(record["pid"])) in {record["started"], None}


def _signal_session(leader: int, number: int) -> None:
    for pid in members(leader):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def _stat(pid: int) -> list[str] | None:
    """Fields of /proc/<pid>/stat from the third on: 0 state, 3 session, 19 start in ticks since boot (proc(5))."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].decode().split()
    except OSError:
        return None


def _boot() -> str:
    with open("/proc/sys/kernel/random/boot_id") as file:
        return file.read().strip()


def _started_by_ps(pid: int) -> str | None:
    answer = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.strip() or None
