"""Gates and servers on real sockets, for as long as a test needs them."""

import asyncio
import contextlib
import dataclasses
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import uvicorn
from placet import AsyncConsole
from placet.gate.holding import Holding
from placet.gate.http import address, serving
from placet.gate.http.address import Listen
from placet.gate.http.terms import Terms
from placet.gate.memory import Memory
from placet.gate.options import Options
from placet.gate.shared import Shared

SHOP = Path(__file__).with_name("shop.py")
NOBODY = "http://127.0.0.1:9"


@dataclasses.dataclass
class Gate:
    """A gate that runs in the test's own loop."""

    url: str
    shared: Shared
    door: serving.Door

    @property
    def authority(self) -> str:
        return httpx2.URL(self.url).netloc.decode()


@contextlib.asynccontextmanager
async def gate(
    upstream: str,
    *,
    console: AsyncConsole | None = None,
    state: Path | None = None,
    terms: dict | None = None,
    **options,
) -> AsyncIterator[Gate]:
    """A gate in front of that URL. Without a console it has one that is never there."""
    side = console or AsyncConsole(NOBODY, token="plc_1_x", pin="first-use", patience=0.1)
    memory = Memory(state)
    shared = Shared(Options(server=upstream, **options), holding=Holding(side, memory), memory=memory)
    sock = bound()
    listen = Listen("127.0.0.1", sock.getsockname()[1])
    to = address.upstream(upstream, plain=True)
    door = serving.opened(shared.options, Terms(listen=listen, upstream=to, **(terms or {})), shared=shared)
    async with serving_app(serving.configured(door), sock):
        try:
            yield Gate(f"http://{listen.authority}{to.target.decode()}", shared, door)
        finally:
            await door.close()
            await shared.close()


@contextlib.asynccontextmanager
async def scripted(app, path: str = "/mcp") -> AsyncIterator[str]:
    """A server that says exactly what its script says, as an ASGI application."""
    sock = bound()
    config = uvicorn.Config(
        app, lifespan="off", log_level="critical", server_header=False, date_header=False, timeout_graceful_shutdown=1
    )
    async with serving_app(config, sock):
        yield f"http://127.0.0.1:{sock.getsockname()[1]}{path}"


@contextlib.asynccontextmanager
async def serving_app(config: uvicorn.Config, sock: socket.socket) -> AsyncIterator[None]:
    server = serving.Listener(config)
    task = asyncio.create_task(server.serve(sockets=[sock]))
    while not server.started:
        await asyncio.sleep(0.005)
    try:
        yield
    finally:
        server.should_exit = server.force_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(task, 10)


def bound() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.bind(("127.0.0.1", 0))
    return sock


@contextlib.contextmanager
def shop(*words: str) -> Iterator[str]:
    """The shop's desk, an official server, in a process of its own; `words` are those of `shop.py`."""
    with bound() as sock:
        port = sock.getsockname()[1]
        program = [sys.executable, str(SHOP), str(sock.fileno()), *words]
        process = subprocess.Popen(program, pass_fds=[sock.fileno()], stdout=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(httpx2.HTTPError):
            httpx2.get(f"http://127.0.0.1:{port}/mcp", timeout=1)
            return
        time.sleep(0.05)
    raise RuntimeError("the shop did not open")
