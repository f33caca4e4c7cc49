"""A load client that costs little: raw sockets, one request at a time on each, answers cut at Content-Length.

Client, server and database share two cores here, so what the client burns is missing from what it measures.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Any


class Wire:
    """One keep-alive connection, with the shop's credential."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str) -> None:
        self._reader, self._writer = reader, writer
        self._common = f"Host: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nAccept: application/json\r\n"

    @classmethod
    async def open(cls, port: int, token: str) -> "Wire":
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 20), token)

    async def call(self, method: str, path: str, body: bytes = b"", *, key: str = "") -> tuple[int, bytes]:
        """Send one request; return status and body of its answer."""
        head = f"{method} {path} HTTP/1.1\r\n{self._common}"
        if body:
            head += "Content-Type: application/json\r\n"
        if key:
            head += f"Idempotency-Key: {key}\r\n"
        self._writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        at = answer.lower().find(b"content-length:")
        length = int(answer[at + 15 : answer.index(b"\r\n", at)]) if at >= 0 else 0
        return int(answer[9:12]), await self._reader.readexactly(length) if length else b""

    async def submit(self, body: bytes) -> str:
        """Submit an ask under a key of its own; return the action's id."""
        status, answer = await self.call("POST", "/api/v1/actions", body, key=token_urlsafe(9))
        if status != 201:
            raise RuntimeError(f"{status}: {answer[:200]!r}")
        return json.loads(answer)["id"]

    async def decided(self, action_id: str) -> dict[str, Any]:
        """Wait until the action is decided, poll after poll; return it."""
        while True:
            status, answer = await self.call("GET", f"/api/v1/actions/{action_id}?wait=25s")
            if status != 200:
                raise RuntimeError(f"{status}: {answer[:200]!r}")
            action = json.loads(answer)
            if action["state"] != "pending":
                return action

    def close(self) -> None:
        self._writer.close()


@dataclass
class Tally:
    """What a stretch of load gave: how many in how many seconds, and how long each took, in seconds."""

    seconds: float
    took: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.took) / self.seconds


def quantile(took: list[float], q: float) -> float:
    """The q-quantile of some times, by nearest rank; nan when there are none."""
    ordered = sorted(took)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))] if ordered else float("nan")


async def sustain[W](
    one: Callable[[W], Awaitable[None]], wires: list[W], *, seconds: float, warm: float = 0.7
) -> Tally:
    """Keep every connection (or whatever a caller has) busy for `seconds`, after a warm-up that does not count."""
    begun = time.perf_counter() + warm
    until = begun + seconds
    tally = Tally(seconds)

    async def caller(wire: W) -> None:
        while (started := time.perf_counter()) < until:
            await one(wire)
            ended = time.perf_counter()
            if begun <= ended <= until:
                tally.took.append(ended - started)

    await asyncio.gather(*(caller(wire) for wire in wires))
    return tally


def ask(number: int) -> dict[str, Any]:
    """A refund of ordinary size, unlike every other."""
    return {
        "kind": "tool_call",
        "mcp": {
            "revision": "2026-07-28",
            "method": "tools/call",
            "params": {"name": "refund", "arguments": {"order": f"A{number}", "amount": 4200, "why": "lost parcel"}},
        },
        "subject": "dana@example.org",
        "session": f"s-{number % 100}",
        "nonce": token_urlsafe(16),
        "claims": {"title": "Refund an order", "reasoning": "The parcel never arrived."},
    }
