"""Servers that say what a test wrote down, and remember what they were told."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

JSON, EVENTS = [(b"content-type", b"application/json")], [(b"content-type", b"text/event-stream")]

TOOL_CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "add", "arguments": {}}}


@dataclass
class Told:
    """One request as the server got it."""

    method: str
    target: str
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value.decode() for key, value in self.headers if key == name.encode()), None)

    @property
    def message(self) -> dict:
        return json.loads(self.body)


@dataclass
class Script:
    """`answer(told, say)` plays one request; `say` is ASGI's send. `left` is set when the other side hung up."""

    answer: Callable[[Told, Callable], Awaitable[None]]
    told: list[Told] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope, receive, send):
        body = b""
        while True:
            part = await receive()
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        told = Told(scope["method"], (scope["raw_path"] + query).decode(), list(scope["headers"]), body)
        self.told.append(told)
        watching = asyncio.create_task(self._watch(receive))
        try:
            await self.answer(told, send)
        finally:
            watching.cancel()

    async def _watch(self, receive):
        while (await receive())["type"] != "http.disconnect":
            pass
        self.left.set()


def says(body: bytes, *, status: int = 200, headers: list = JSON) -> Script:
    """A server that always gives the same answer."""

    async def answer(told, send):
        await whole(send, body, status=status, headers=headers)

    return Script(answer)


async def whole(send, body: bytes, *, status: int = 200, headers: list = JSON) -> None:
    length = [] if headers[: len(EVENTS)] == EVENTS else [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *length]})
    await send({"type": "http.response.body", "body": body})


async def begin(send, *, headers: list = EVENTS) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def more(send, body: bytes, *, last: bool = False) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": not last})


def event(message: dict, *, id: str | None = None) -> bytes:
    return (f"id: {id}\n" if id else "").encode() + b"event: message\ndata: " + json.dumps(message).encode() + b"\n\n"


def result(id, **value) -> dict:
    return {"jsonrpc": "2.0", "id": id, "result": value or {"content": []}}
