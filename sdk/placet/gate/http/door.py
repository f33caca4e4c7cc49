"""The gate's door to the network: an ASGI application with one address."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from collections.abc import Callable, MutableMapping
from typing import Any

from placet.gate import messages
from placet.gate.http import headers as said
from placet.gate.http.exchange import Exchange, Receive, refusal
from placet.gate.http.fence import Fence, Refusal
from placet.gate.http.headers import Headers
from placet.gate.http.lane import HttpLane, Send
from placet.gate.http.server import Server, whole
from placet.gate.http.sessions import MODERN, Served, Sessions

logger = logging.getLogger("placet.gate")

#: Seconds that our last words to the server may take when the gate stops.
LAST_POSTS = 2.0
DRAIN_SECONDS = 2.0
#: Seconds that a host may take to send a message.
BODY_SECONDS = 60.0

#: Says for whom a request is made: (principal, subject). Raises Refusal 401.
type Who = Callable[[Headers], tuple[str, str]]


class Door:
    """Every request comes in here. `limit` is the longest message in bytes."""

    def __init__(self, *, fence: Fence, server: Server, sessions: Sessions, who: Who, limit: int) -> None:
        self._fence = fence
        self._server = server
        self.sessions = sessions
        self._who = who
        self._limit = limit
        self._own: dict[asyncio.Task[None], HttpLane] = {}

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        try:
            await self._let_in(scope, receive, send)
        except Refusal as no:
            logger.info("refused: %s", no.code)
            await _say_no(no, send)

    async def _let_in(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        headers: Headers = list(scope["headers"])
        query = scope["query_string"]
        target = scope["raw_path"] + (b"?" + query if query else b"")
        self._fence.check(method=scope["method"], target=target, headers=headers)
        if scope["method"] == "OPTIONS":
            await self._pass_plainly("OPTIONS", headers, send)
            return
        principal, subject = self._who(headers)
        body = await _body(receive, headers, limit=self._limit)
        alone = scope["method"] == "POST" and _begins(headers, body)
        served = self.sessions.of(headers, principal=principal, subject=subject, alone=alone)
        confirm = functools.partial(self._confirm, served, headers, principal, alone)
        if scope["method"] == "DELETE":
            await self._end(served, headers, send)
            return
        exchange = Exchange(self._server, served, limit=self._limit, confirm=confirm)
        await self._carry(exchange, served, scope["method"], headers, body, receive, send)

    async def _carry(
        self,
        exchange: Exchange,
        served: Served,
        method: str,
        headers: Headers,
        body: bytes,
        receive: Receive,
        send: Send,
    ) -> None:
        """One exchange, as long as the host is there."""
        lane = HttpLane(said=headers, send=send, post=functools.partial(self._post, exchange))
        served.opened(lane, standing=method == "GET")
        work = asyncio.ensure_future(exchange.listen(lane) if method == "GET" else exchange.message(lane, body))
        gone, spoken = asyncio.ensure_future(_gone(receive)), asyncio.ensure_future(lane.final())
        try:
            await asyncio.wait({work, gone, spoken}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
            elif spoken.done():
                await lane.end()
                if served.name is not None:
                    served.goes_on(work)
            else:
                self._stop_own(lane)
        finally:
            lane.close()
            await _stop(gone, spoken, *({work} - served.behind))
            served.closed(lane)
            await self.sessions.left(served)

    def _post(self, exchange: Exchange, lane: HttpLane, raw: bytes) -> None:
        task = asyncio.create_task(exchange.on_our_own(lane, raw))
        self._own[task] = lane
        task.add_done_callback(self._own.pop)

    def _stop_own(self, lane: HttpLane) -> None:
        """Since 2026-07-28 a host that leaves has cancelled its request, also where we sent it anew."""
        if (said.first(lane.said, b"mcp-protocol-version") or b"") >= MODERN:
            for task in [task for task, way in self._own.items() if way is lane]:
                task.cancel()

    async def _confirm(
        self, served: Served, headers: Headers, principal: str, alone: bool, status: int, answered: Headers
    ) -> None:
        if status == 404:
            served.over = True
        elif status < 400:
            named = said.first(answered, b"mcp-session-id")
            self.sessions.confirm(served, headers, principal=principal, named=named, alone=alone)

    async def _end(self, served: Served, headers: Headers, send: Send) -> None:
        """DELETE: what the server ends is over here too."""
        if await self._pass_plainly("DELETE", headers, send) < 400:
            await self.sessions.end(served)
        else:
            await self.sessions.left(served)

    async def _pass_plainly(self, method: str, headers: Headers, send: Send) -> int:
        """A request that carries no message, and its answer."""
        async with self._server.asked(method, headers) as response:
            body = await whole(response, limit=self._limit)
            await _answer(response.status_code, said.to_host(response.headers.raw), body, send)
            return response.status_code

    async def tidy(self) -> None:
        """Forget sessions that nobody uses any more; runs as long as the gate does."""
        await self.sessions.forget_idle()

    async def close(self) -> None:
        """Withdraw what waits, then let the server go."""
        with contextlib.suppress(TimeoutError):
            await self.sessions.close()
        if self._own:
            await asyncio.wait(self._own, timeout=LAST_POSTS)
        await _stop(*self._own)
        await self._server.close()


async def _body(receive: Receive, headers: Headers, *, limit: int) -> bytes:
    """The host's message. Raises Refusal 413 as early as it is known to be too long."""
    too_large = Refusal(413, "message_too_large", f"A message has at most {limit} bytes.", [(b"connection", b"close")])
    declared = said.first(headers, b"content-length") or b"0"
    if declared.isdigit() and int(declared) > limit:
        await _drain(receive, at_most=limit)
        raise too_large
    found = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                part = await receive()
                if part["type"] == "http.disconnect":
                    raise Refusal(400, "host_left", "The host left before its message was complete.")
                found += part.get("body", b"")
                if len(found) > limit:
                    await _drain(receive, at_most=limit)
                    raise too_large
                if not part.get("more_body", False):
                    return bytes(found)
    except TimeoutError as error:
        raise Refusal(408, "too_slow", "The message took too long to arrive.") from error


async def _drain(receive: Receive, *, at_most: int) -> None:
    """Read on for a moment: who is still sending would not hear the refusal."""
    left = at_most
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            while left > 0 and (part := await receive()).get("more_body", False):
                left -= len(part.get("body", b""))


def _begins(headers: Headers, body: bytes) -> bool:
    """Whether this message begins a session: `initialize` under no session's name, up to 2025-11-25."""
    if said.first(headers, b"mcp-session-id") is not None:
        return False
    if (said.first(headers, b"mcp-protocol-version") or b"") >= MODERN:
        return False
    try:
        return messages.read(body).method == "initialize"
    except messages.Malformed:
        return False


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _stop(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _say_no(no: Refusal, send: Send) -> None:
    body = refusal(no)
    head = [(b"content-type", said.JSON), (b"content-length", str(len(body)).encode()), *no.headers]
    await _answer(no.status, head, body, send)


async def _answer(status: int, headers: Headers, body: bytes, send: Send) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
