"""A gate in front of a URL, for a host that is a process of its own. GATE says where its console is."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

START_LIMIT = 20


@contextlib.contextmanager
def gate_before(upstream: str) -> Iterator[str]:
    """The address at which the gate answers for `upstream`, also under its name; the gate ends with the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = urlsplit(upstream)
    place = ["--listen", f"127.0.0.1:{port}", "--upstream", upstream, "--allow-host", server.netloc]
    command = [sys.executable, "-m", "placet", "gate", *place, *json.loads(os.environ["GATE"])]
    gate = subprocess.Popen(command, stdout=sys.stderr)
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}{server.path}"
    finally:
        gate.terminate()
        gate.wait(10)


def wait_for(port: int) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port}")
