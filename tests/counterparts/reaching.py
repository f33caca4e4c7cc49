"""The ways to a server: its own standard streams or its own address, or the same through a gate."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mcp.client.stdio import StdioServerParameters

from tests.counterparts.programs import Program, quiet
from tests.stores import free_port

START_LIMIT = 30
WAYS = ("stdio", "http")


@dataclass(frozen=True)
class Gate:
    """The words and the environment of `placet gate` before `--` or `--upstream`."""

    words: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict, hash=False)


type Server = StdioServerParameters | str


@contextlib.asynccontextmanager
async def reach(program: Program, way: str, gate: Gate | None = None) -> AsyncIterator[Server]:
    """What a client takes as its server: a command, or an address. Whatever was started ends with the block."""
    if way == "stdio":
        yield command(program, gate)
        return
    with serving(program) as url:
        if gate is None:
            yield url
        else:
            with gate_before(url, gate) as through:
                yield through


def command(program: Program, gate: Gate | None = None) -> StdioServerParameters:
    words = list(program.stdio)
    environment = quiet()
    if gate is not None:
        words = [sys.executable, "-m", "placet", "gate", *gate.words, "--", *words]
        environment |= gate.environment
    return StdioServerParameters(command=words[0], args=words[1:], env=environment)


@contextlib.contextmanager
def serving(program: Program) -> Iterator[str]:
    port = free_port()
    words = [word.replace("{port}", str(port)) for word in program.http]
    told = {name: value.replace("{port}", str(port)) for name, value in program.environment.items()}
    with running(words, quiet() | told, port):
        yield f"http://127.0.0.1:{port}/mcp"


@contextlib.contextmanager
def gate_before(upstream: str, gate: Gate) -> Iterator[str]:
    port = free_port()
    words = [sys.executable, "-m", "placet", "gate", "--listen", f"127.0.0.1:{port}", "--upstream", upstream]
    with running([*words, *gate.words], quiet() | gate.environment, port):
        yield f"http://127.0.0.1:{port}/mcp"


@contextlib.contextmanager
def running(words: list[str], environment: dict[str, str], port: int) -> Iterator[subprocess.Popen]:
    """A process that listens on `port`. What it said is told when it does not come up."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(words, env=environment, stdout=said, stderr=said, stdin=subprocess.DEVNULL)
        try:
            _wait_for(process, port, said)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


def _wait_for(process: subprocess.Popen, port: int, said) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.03)
    said.seek(0)
    raise AssertionError(f"{process.args} does not listen on {port}: {said.read().decode(errors='replace')[-2000:]}")


def environment_of(console: str, token: str, pin: Path) -> dict[str, str]:
    """How a gate finds its console."""
    packages = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
    return packages | {"PLACET_URL": console, "PLACET_TOKEN": token, "PLACET_PIN": str(pin)}
