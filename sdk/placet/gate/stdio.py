"""The stdio transport: the server is a child process, the host is whoever started us.

Every line that passes is written as it was read. Standard error is the child's own, and ours for what the gate has to
say; standard output carries the protocol and nothing else. Source: MCP 2025-11-25 and 2026-07-28, transports, stdio.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import stat
import threading
from collections.abc import Sequence
from typing import Any

from placet.gate.execution import environment
from placet.gate.lines import Lines
from placet.gate.session import PASS, Session
from placet.gate.shared import Shared

logger = logging.getLogger("placet.gate")

FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


class Pipes(asyncio.SubprocessProtocol):
    """The one lane between host and child, and what comes over it."""

    def __init__(self, shared: Shared, *, stdin: int, stdout: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._session = Session(shared)
        self._session.standing = self
        limit = shared.options.max_message
        self._host = Lines(limit=limit, on_line=self._from_host, on_large=self._large_host)
        self._server = Lines(limit=limit, on_line=self._from_server, on_large=self._large_server)
        self._stdin, self._stdout = stdin, stdout
        self._reading: asyncio.ReadTransport | None = None
        self._writing: asyncio.WriteTransport | None = None
        self._child: asyncio.SubprocessTransport | None = None
        self.ended = asyncio.Event()
        self.host_left = asyncio.Event()
        self._output_closed = False

    # As a lane

    def to_host(self, raw: bytes, *, final: bool = False) -> bool:
        return self._put(self._writing, self._stdout, raw)

    def to_server(self, raw: bytes) -> None:
        pipe = self._child.get_pipe_transport(0) if self._child else None
        if pipe is not None and not pipe.is_closing():
            pipe.write(raw + b"\n")  # type: ignore[attr-defined]

    def _put(self, pipe: asyncio.WriteTransport | None, file: int, raw: bytes) -> bool:
        if pipe is None:
            with contextlib.suppress(OSError):
                os.write(file, raw + b"\n")
            return True
        if pipe.is_closing():
            return False
        pipe.write(raw + b"\n")
        return True

    def _from_host(self, line: bytes) -> None:
        if self._session.from_host(line, self) is PASS:
            self.to_server(line)

    def _from_server(self, line: bytes) -> None:
        if self._session.from_server(line, self) is PASS:
            self.to_host(line)

    def _large_host(self, head: bytes, tail: bytes) -> None:
        self._session.too_large("host", self, head=head, tail=tail)

    def _large_server(self, head: bytes, tail: bytes) -> None:
        self._session.too_large("server", self, head=head, tail=tail)

    # The host

    async def connect(self) -> None:
        """Listen to the host: by the loop where standard input can be polled, by a thread where it is a file."""
        with contextlib.suppress(ValueError, OSError):
            output = os.fdopen(self._stdout, "wb", 0, closefd=False)
            self._writing, _ = await self._loop.connect_write_pipe(lambda: _Host(self), output)
        try:
            if stat.S_ISCHR(os.fstat(self._stdin).st_mode) and not os.isatty(self._stdin):
                raise ValueError  # /dev/null, as services have it: the loop takes it, and fails later
            source = os.fdopen(self._stdin, "rb", 0, closefd=False)
            self._reading, _ = await self._loop.connect_read_pipe(lambda: _Host(self), source)
        except (ValueError, OSError):
            threading.Thread(target=self._read_file, daemon=True).start()

    def _read_file(self) -> None:
        while data := os.read(self._stdin, 65536):
            self._loop.call_soon_threadsafe(self._host.feed, data)
        self._loop.call_soon_threadsafe(self.host_gone)

    def host_data(self, data: bytes) -> None:
        self._host.feed(data)

    def host_gone(self) -> None:
        if self._host.unfinished:
            logger.warning("the host left in the middle of a message, which was dropped")
        self.host_left.set()
        pipe = self._child.get_pipe_transport(0) if self._child else None
        if pipe is not None:
            pipe.close()

    def flow_to_host(self, flows: bool) -> None:
        """The host reads slower than the server writes: let the server wait, not our memory grow."""
        _let(self._child.get_pipe_transport(1) if self._child else None, flows)

    # The child

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._child = transport  # type: ignore[assignment]

    def pause_writing(self) -> None:
        _let(self._reading, False)

    def resume_writing(self) -> None:
        _let(self._reading, True)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._server.feed(data)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        if fd == 1:
            self._output_closed = True
            self._maybe_ended()

    def process_exited(self) -> None:
        """Its grandchildren may keep its output open; they get a moment to say their last words."""
        self._loop.call_later(0.5, self.ended.set)
        self._maybe_ended()

    def _maybe_ended(self) -> None:
        if self._output_closed and self._child and self._child.get_returncode() is not None:
            self.ended.set()

    async def finish(self) -> int:
        """After the child's end: tell who still waits, flush, and return its exit code."""
        code = self._child.get_returncode() if self._child else None
        if self._server.unfinished:
            logger.warning("the server ended in the middle of a message, which was dropped")
        how = f"exit code {code}" if code is None or code >= 0 else f"signal {-code}"
        await (self._session.close() if self.host_left.is_set() else self._session.server_gone(how))
        await self._flushed()
        return 1 if code is None else code if code >= 0 else 128 - code

    async def leave(self) -> None:
        """The host left before the server ended."""
        await self.host_left.wait()
        await self._session.close()

    async def _flushed(self) -> None:
        if self._writing is None:
            return
        self._writing.close()
        for _ in range(200):
            if self._writing.get_write_buffer_size() == 0:
                return
            await asyncio.sleep(0.01)


class _Host(asyncio.Protocol):
    """Both pipes of the host, as the loop sees them."""

    def __init__(self, pipes: Pipes) -> None:
        self._pipes = pipes

    def data_received(self, data: bytes) -> None:
        self._pipes.host_data(data)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._pipes.host_gone()

    def pause_writing(self) -> None:
        self._pipes.flow_to_host(False)

    def resume_writing(self) -> None:
        self._pipes.flow_to_host(True)


def _let(pipe: Any, flows: bool) -> None:
    if pipe is None or pipe.is_closing():
        return
    (pipe.resume_reading if flows else pipe.pause_reading)()


async def serve(shared: Shared, command: Sequence[str]) -> int:
    """Run the command behind the gate until it ends; returns its exit code (128 + n when signal n ended it)."""
    stdin, stdout = _our_own(0, os.devnull, os.O_RDONLY), _our_own(1, None, 0)
    pipes = Pipes(shared, stdin=stdin, stdout=stdout)
    loop = asyncio.get_running_loop()
    options: dict[str, Any] = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE, "stderr": None}
    child, _ = await loop.subprocess_exec(lambda: pipes, *command, env=environment(), **options)
    for number in FORWARDED:
        loop.add_signal_handler(number, _forward, child, number)
    await pipes.connect()
    cleaning = shared.spawn(shared.holding.clean_up())
    leaving = loop.create_task(pipes.leave())
    await pipes.ended.wait()
    leaving.cancel()
    cleaning.cancel()
    code = await pipes.finish()
    await shared.close()
    return code


def _forward(child: asyncio.SubprocessTransport, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.send_signal(number)


def _our_own(standard: int, instead: str | None, flags: int) -> int:
    """Take a standard stream for the protocol alone: whatever else in this process uses it is led elsewhere."""
    kept = os.dup(standard)
    os.set_inheritable(kept, False)
    other = os.open(instead, flags) if instead else os.dup(2)
    os.dup2(other, standard)
    os.close(other)
    return kept
