"""Telling our processes from strangers, and ending ours."""

import os
import signal
import subprocess
import sys
import time

import pytest

from config import processes

SLEEP = [sys.executable, "-S", "-c", "import time; time.sleep(60)"]
IGNORE = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
DEAF = [sys.executable, "-S", "-c", f"{IGNORE}; print('deaf', flush=True); time.sleep(60)"]
# A leader whose child outlives it: what a killed program with helpers of its own leaves behind.
LEADER = [sys.executable, "-S", "-c", f"import subprocess; print(subprocess.Popen({SLEEP!r}).pid, flush=True)"]


@pytest.fixture
def leftover():
    process = subprocess.Popen(SLEEP, start_new_session=True)
    yield process
    process.kill()
    process.wait()


def test_leftover_of_a_killed_run_is_ended(leftover):
    record = {"name": "web", "pid": leftover.pid, "started": processes.started(leftover.pid)}
    assert processes.reap([record], grace=2) == ["web"]
    assert leftover.wait(3) == -signal.SIGTERM


def test_stranger_with_a_reused_number_is_left_alone(leftover):
    record = {"name": "web", "pid": leftover.pid, "started": "an earlier process"}
    assert processes.reap([record], grace=0.1) == []
    assert leftover.poll() is None


def test_stubborn_leftover_is_killed():
    process = subprocess.Popen(DEAF, start_new_session=True, stdout=subprocess.PIPE)
    process.stdout.readline()
    record = {"name": "deaf", "pid": process.pid, "started": processes.started(process.pid)}
    processes.reap([record], grace=0.3)
    assert process.wait(3) == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="sessions are read from /proc")
def test_child_of_a_dead_leader_is_ended_too():
    leader = subprocess.Popen(LEADER, start_new_session=True, stdout=subprocess.PIPE)
    began = processes.started(leader.pid)
    orphan = int(leader.stdout.readline())
    leader.wait()
    processes.reap([{"name": "demo", "pid": leader.pid, "started": began}], grace=2)
    deadline = time.monotonic() + 3
    while processes.started(orphan) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert processes.started(orphan) is None


def test_dead_process_has_no_start(leftover):
    assert processes.started(os.getpid())
    leftover.kill()
    leftover.wait()
    assert processes.started(leftover.pid) is None


def test_unreadable_list_is_an_empty_one(tmp_path):
    (tmp_path / "children.json").write_text("{")
    assert processes.recall(tmp_path / "children.json") == []
    assert processes.recall(tmp_path / "none.json") == []
