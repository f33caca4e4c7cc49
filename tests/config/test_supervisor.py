"""The supervisor, driven with small programs in place of the console's."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config import processes
from tests.stores import free_port

ROOT = Path(__file__).resolve().parents[2]
PYTHON = [sys.executable, "-S", "-c"]
SLEEP = [*PYTHON, "import time; time.sleep(60)"]
DEAF = [*PYTHON, "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"]
CRASH = [*PYTHON, "raise SystemExit('the reason')"]
HEALTHY = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", {port}), Handler).serve_forever()
"""


class Run:
    """One supervisor over the named programs."""

    def __init__(self, folder: Path, **programs: list[str]) -> None:
        port = free_port()
        web = [*PYTHON, HEALTHY.format(port=port)]
        children = [{"name": name, "argv": argv or web} for name, argv in programs.items()]
        plan = {"children": children, "address": ["127.0.0.1", port], "ready": ["ready"], "logs": str(folder)}
        plan |= {"pids": str(folder / "children.json"), "stores": str(folder / "stores.json")}
        (folder / "plan.json").write_text(json.dumps(plan))
        (folder / "stores.json").write_text("{}")
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-S", "-m", "config.supervisor", str(folder / "plan.json")],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )

    def hears(self, words: str) -> str:
        for line in self.process.stdout:
            if words in line:
                return line
        raise AssertionError(f"the supervisor never said {words!r}")

    def children(self) -> dict[str, int]:
        return {str(record["name"]): int(record["pid"]) for record in processes.recall(self.folder / "children.json")}

    def ended(self, pids: dict[str, int], *, within: float) -> bool:
        deadline = time.monotonic() + within
        while any(processes.started(pid) for pid in pids.values()):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True


@pytest.fixture
def run(tmp_path):
    begun = []

    def start(**programs) -> Run:
        begun.append(Run(tmp_path, **programs))
        return begun[-1]

    yield start
    for one in begun:
        one.process.kill()
        one.process.wait()
        processes.reap(processes.recall(tmp_path / "children.json"), grace=0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_ends_every_child_within_three_seconds(run, tmp_path, number):
    console = run(store=SLEEP, web=None, worker=DEAF)
    console.hears("ready")
    pids = console.children()
    begun = time.monotonic()
    console.process.send_signal(number)
    assert console.process.wait(5) == 0
    assert time.monotonic() - begun < 3
    assert len(pids) == 3 and console.ended(pids, within=0.1)
    assert not (tmp_path / "stores.json").exists() and not (tmp_path / "children.json").exists()


def test_crashed_child_is_started_again(run):
    console = run(store=SLEEP, web=None)
    console.hears("ready")
    before = console.children()["store"]
    os.kill(before, signal.SIGKILL)
    assert "signal SIGKILL" in console.hears("store stopped")
    deadline = time.monotonic() + 5
    while console.children()["store"] == before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert console.children()["store"] != before


def test_child_that_never_comes_up_ends_the_start_with_its_last_words(run):
    console = run(store=SLEEP, web=CRASH)
    said = console.process.communicate(timeout=20)[0]
    assert console.process.returncode == 1
    assert "web does not come up" in said and "the reason" in said


def test_pause_grows_while_a_child_keeps_crashing(run):
    console = run(store=SLEEP, web=None, worker=CRASH)
    pauses = [console.hears("worker stopped").partition("again in ")[2].partition(" s")[0] for _ in range(3)]
    assert pauses == ["0.5", "1", "2"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start ends what is left")
def test_killed_supervisor_takes_its_children_along(run):
    console = run(store=SLEEP, web=None)
    console.hears("ready")
    pids = console.children()
    console.process.kill()
    assert console.ended(pids, within=2)


@pytest.mark.skipif(sys.platform != "linux", reason="reads the signal mask of make from /proc")
def test_interrupt_of_make_alone_is_heard(run, tmp_path):
    console = run(store=SLEEP, web=None)
    console.hears("ready")
    console.process.terminate()
    console.process.wait(5)
    command = f"cd {ROOT} && exec {sys.executable} -S -m config.supervisor {tmp_path / 'plan.json'}"
    (tmp_path / "Makefile").write_text(f"run:\n\t@{command}\n")
    make = subprocess.Popen(["make", "-C", str(tmp_path), "run"], stdout=subprocess.PIPE, text=True)
    for line in make.stdout:
        if line == "ready\n":
            break
    pids = console.children()
    make.send_signal(signal.SIGINT)
    make.wait(5)
    assert pids and console.ended(pids, within=1)
