"""A host without any package: lines of JSON to and from a command. It keeps the very lines that came."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

from mcp.client.stdio import StdioServerParameters

LIMIT = 20
LONGEST_LINE = 32 * 2**20
CHANGING = re.compile(rb'"[0-9a-f]{32}"|\d{4}-\d\d-\d\dT[\d:.]+Z|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22,27}')
CAPABILITIES = {
    "elicitation": {"form": {}, "url": {}},
    "sampling": {"tools": {}},
    "tasks": {"requests": {"elicitation": {"create": {}}, "sampling": {"createMessage": {}}}},
}

type Answer = Callable[[dict], dict]


class RawHost:
    """`answers` says by method what this host replies to a server's request; all else is -32601."""

    def __init__(self, answers: dict[str, Answer] | None = None) -> None:
        self.answers = answers or {}
        self.lines: list[bytes] = []
        self.asked: list[dict] = []
        self._waiting: dict[Any, asyncio.Future] = {}
        self._last = 0

    @contextlib.asynccontextmanager
    async def at(self, server: StdioServerParameters) -> AsyncIterator["RawHost"]:
        self.process = await asyncio.create_subprocess_exec(
            server.command, *server.args, env=server.env, limit=LONGEST_LINE,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        reading = asyncio.create_task(self._read())
        try:
            yield self
        finally:
            reading.cancel()
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()
            await asyncio.wait_for(self.process.wait(), 10)

    async def begin(self, capabilities: dict | None = None) -> dict:
        """The handshake of 2025-11-25."""
        told = {"protocolVersion": "2025-11-25", "clientInfo": {"name": "raw", "version": "0"}}
        answer = await self.request("initialize", told | {"capabilities": capabilities or CAPABILITIES})
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return answer

    def send(self, message: dict | bytes) -> None:
        line = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.process.stdin.write(line + b"\n")

    async def request(self, method: str, params: dict, id: Any = None) -> dict:
        """The whole response to it: a result or an error."""
        self._last += 1
        number = self._last if id is None else id
        self._waiting[number] = asyncio.get_running_loop().create_future()
        self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return await asyncio.wait_for(self._waiting[number], LIMIT)

    async def _read(self) -> None:
        async for line in self.process.stdout:
            self.lines.append(line)
            message = json.loads(line)
            if "method" not in message:
                if (waiting := self._waiting.get(message.get("id"))) and not waiting.done():
                    waiting.set_result(message)
            elif "id" in message:
                self._answer(message)

    def _answer(self, message: dict) -> None:
        self.asked.append({"method": message["method"], "params": message.get("params")})
        if answer := self.answers.get(message["method"]):
            outcome = {"result": answer(message.get("params") or {})}
        else:
            outcome = {"error": {"code": -32601, "message": "Method not found"}}
        self.send({"jsonrpc": "2.0", "id": message["id"], **outcome})

    def received(self) -> list[bytes]:
        """The lines, without what differs between any two runs: ids of tasks, and times."""
        return [CHANGING.sub(b"<changing>", line) for line in self.lines]
