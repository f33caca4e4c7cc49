"""One request of a host, and its answer: forwarded as it came, except for what the engine takes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import httpx2

from placet import canonical
from placet.gate import knowledge, messages
from placet.gate.http import headers as said
from placet.gate.http import mirrored
from placet.gate.http.events import AmbiguousEvent, EventTooLarge, Frame, Frames
from placet.gate.http.fence import Refusal
from placet.gate.http.headers import Headers
from placet.gate.http.lane import HttpLane
from placet.gate.http.server import Server, readable, whole
from placet.gate.http.sessions import Served
from placet.gate.shared import Verdict

type Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

logger = logging.getLogger("placet.gate")

#: Seconds between two looks whether anything is still under way for a host that waits.
LOOK_SECONDS = 0.5
#: What makes JSON a message. `error` alone does not: without an id nobody could tell which request it answers.
_OF_MESSAGES = frozenset({"jsonrpc", "id", "method", "params", "result"})
#: Headers that speak of one message, not of the host.
_OF_ONE_MESSAGE = (b"accept", b"content-length", b"content-type", b"last-event-id", b"mcp-method", b"mcp-name")
#: The param that `Mcp-Name` repeats (2026-07-28, transports; SEP-2663 for tasks).
_NAMED_BY = {
    "tools/call": "name", "prompts/get": "name", "resources/read": "uri",
    "tasks/get": "taskId", "tasks/update": "taskId", "tasks/cancel": "taskId",
}  # fmt: skip


class Exchange:
    """`confirm` is told the first answer of the server: its status, and its headers."""

    def __init__(
        self, server: Server, served: Served, *, limit: int, confirm: Callable[[int, Headers], Awaitable[None]]
    ) -> None:
        self._server = server
        self._served = served
        self._engine = served.engine
        self._limit = limit
        self._confirm = confirm

    async def message(self, lane: HttpLane, body: bytes) -> None:
        """A POST: the engine sees the message first."""
        try:
            reading = _for_reading(body)
            with lane.rewriting(reading) as rewritten:
                passes = self._engine.from_host(reading, lane) is Verdict.PASS
            passing = body if passes else rewritten()
            if passing is not None:
                await self.relay("POST", lane, passing)
                self._close_books(lane, body)
            elif self._engine.owes(lane):
                lane.keep(None)
            await self._settle(lane)
        except Refusal as no:
            self._refuse(no, lane, body)
            await lane.end()

    async def listen(self, lane: HttpLane) -> None:
        """A GET: the server speaks when it wants to, or goes on where a stream broke off."""
        try:
            await self.relay("GET", lane, None)
            await self._settle(lane)
        except Refusal as no:
            self._refuse(no, lane, b"")
            await lane.end()

    async def relay(self, method: str, lane: HttpLane, body: bytes | None) -> None:
        async with self._server.asked(method, lane.said, body) as response:
            if response.status_code // 100 == 3:  # followed by the host, it would lead around the gate
                raise Refusal(502, "redirected", "The server sent the host elsewhere. Configure that address instead.")
            answered = said.to_host(response.headers.raw)
            await self._confirm(response.status_code, answered)
            lane.head(response.status_code, answered)
            await self._pass_on(response, lane)

    async def on_our_own(self, lane: HttpLane, raw: bytes) -> None:
        """A message of the engine, under the host's headers. What comes back goes the way of all answers."""
        try:
            async with self._server.asked("POST", self._own_headers(lane.said, raw), raw) as response:
                is_request = messages.read(raw).sort == "request"
                if response.status_code >= 400 and not (is_request and _is_json(response)):
                    raise Refusal(502, "server_refused", f"The server answered with status {response.status_code}.")
                if not is_request:
                    return  # accepted; there is nothing that a host could have been waiting for
                lane.head(response.status_code, said.to_host(response.headers.raw))
                await self._pass_on(response, lane)
            if self._unanswered(raw):
                raise Refusal(502, "no_answer", "The server did not answer.")
        except Refusal as no:
            logger.warning("a message of the gate did not arrive: %s: %s", no.code, no.message)
            self._undelivered(raw, lane, no)

    def _own_headers(self, headers: Headers, raw: bytes) -> Headers:
        """The host's headers for a message of ours: what describes the host's own message goes, or is said anew."""
        message = messages.read(raw)
        modern = said.first(headers, b"mcp-method")
        mine = said.without(headers, *_OF_ONE_MESSAGE)
        mine += [(b"content-type", said.JSON), (b"accept", said.JSON + b", " + said.EVENTS)]
        if modern is None or message.method is None:
            return mine
        schema = knowledge.input_schema(self._engine, message)
        if modern != message.method.encode() or schema is not None:
            mine = mirrored.without(mine)
        if schema is not None:
            mine += mirrored.mirrored(schema, message.params.get("arguments"))
        mine.append((b"mcp-method", message.method.encode("ascii", "replace")))
        name = message.params.get(_NAMED_BY.get(message.method, ""))
        return [*mine, (b"mcp-name", said.text(name))] if isinstance(name, str) else mine

    def _undelivered(self, raw: bytes, lane: HttpLane, no: Refusal) -> None:
        """The engine learns of it the way it would from a server: by an error under the id it used."""
        message = messages.read(raw)
        if message.sort == "request":
            told = refusal(no, message.written_id)
            if self._engine.from_server(told, lane) is Verdict.PASS:
                lane.to_host(told, final=True)

    def _refuse(self, no: Refusal, lane: HttpLane, body: bytes) -> None:
        """Tell the host, under the id of its request, and the engine that no other answer will come."""
        lane.head(no.status, no.headers)
        try:
            message = messages.read(_for_reading(body))
        except messages.Malformed:
            lane.to_host(refusal(no), final=True)
            return
        told = refusal(no, message.written_id)
        if message.sort != "request" or self._engine.from_server(told, lane) is Verdict.PASS:
            lane.to_host(told, final=True)

    async def _pass_on(self, response: httpx2.Response, lane: HttpLane) -> None:
        kind = said.media_type(response.headers.raw)
        if kind == said.EVENTS:
            readable(response)
            await lane.stream()
            await self._pass_events(response, lane)
        elif kind == said.JSON:
            readable(response)
            body = await whole(response, limit=self._limit)
            if response.status_code >= 400 and _explains(body):
                await lane.answer(body)
            else:
                await self._pass_json(body, lane)
        else:
            await self._pass_other(response, lane)

    async def _pass_json(self, body: bytes, lane: HttpLane) -> None:
        if not body.strip() or self._engine.from_server(_for_reading(body), lane) is Verdict.PASS:
            await lane.answer(body)
        else:
            lane.keep(None)

    async def _pass_other(self, response: httpx2.Response, lane: HttpLane) -> None:
        """No message as far as the protocol goes: an acknowledgement, or a page that explains an error."""
        body = await whole(response, limit=self._limit)
        if body.strip() and response.status_code < 400:
            raise Refusal(502, "unknown_answer", "The server's answer is neither JSON nor an event stream.")
        if lane.is_open:
            await lane.answer(body)

    async def _pass_events(self, response: httpx2.Response, lane: HttpLane) -> None:
        frames = Frames(limit=self._limit)
        try:
            async for chunk in response.aiter_raw():
                await self._pass_chunk(frames, chunk, lane)
        except EventTooLarge as error:
            raise Refusal(502, "event_too_large", f"The server sent an event of over {self._limit} bytes.") from error
        except AmbiguousEvent as error:
            raise Refusal(
                502, "ambiguous_event", "The server sent an event that readers would not agree on."
            ) from error
        except httpx2.TransportError as error:  # the host may go on where it broke off, so it is told nothing final
            logger.warning("an event stream of the server broke off: %s", error)

    async def _pass_chunk(self, frames: Frames, chunk: bytes, lane: HttpLane) -> None:
        passing = bytearray()
        for frame in frames.feed(chunk):
            if self._passes(frame, lane):
                passing += frame.raw
                continue
            if passing:
                await lane.pass_frames(bytes(passing))
                passing.clear()
        if passing or lane.has_words:
            await lane.pass_frames(bytes(passing))

    def _passes(self, frame: Frame, lane: HttpLane) -> bool:
        if not frame.data or _is_no_message(frame):
            return True
        if self._engine.from_server(frame.data, lane) is Verdict.PASS:
            return True
        lane.keep(frame)
        return False

    async def _settle(self, lane: HttpLane) -> None:
        """The server has no more to say here; the engine may have: a person decides, or an answer of ours is due."""
        while self._holds(lane):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await lane.final()
                    break
        await lane.end()

    def _holds(self, lane: HttpLane) -> bool:
        """Whether the engine has something under way for this lane. A call that only the server has is not that."""
        calls = [call for call in self._engine.open.values() if call.lane is lane and call.waiting]
        if any(call.up is None or call.up not in self._engine.open for call in calls):
            return True
        asks = [asked for asked in self._engine.asked.values() if not asked.released and asked.flow]
        return any(asked.lane is lane or asked.call in calls for asked in asks)

    def _close_books(self, lane: HttpLane, body: bytes) -> None:
        """Where nothing can follow, what was not answered never will be. A stream may go on by another one."""
        if lane.is_stream or not self._unanswered(body):
            return
        no = Refusal(502, "no_answer", "What the server answered is no answer to this request.")
        if lane.is_open:
            raise no
        self._engine.from_server(refusal(no, messages.read(_for_reading(body)).written_id), lane)

    def _unanswered(self, raw: bytes) -> bool:
        """Whether the server still has this request before it."""
        message = messages.read(_for_reading(raw))
        return message.sort == "request" and message.key in self._engine.upstream


def refusal(no: Refusal, written_id: bytes = b"null") -> bytes:
    """A refusal of ours as a JSON-RPC error; `data.code` is its stable name."""
    return messages.error(written_id, messages.INTERNAL_ERROR, f"Placet's gate: {no.message}", {"code": no.code})


def _is_json(response: httpx2.Response) -> bool:
    return said.media_type(response.headers.raw) == said.JSON


def _explains(body: bytes) -> bool:
    """JSON that explains an HTTP error (OAuth's, RFC 9457's), and is no message to any reader."""
    try:
        value = canonical.parse(body)
    except canonical.NotCanonical:
        return False
    return isinstance(value, dict) and not {name.casefold() for name in value} & _OF_MESSAGES


def _is_no_message(frame: Frame) -> bool:
    """An event of another name (a ping, say) whose data nobody could take for a message."""
    return frame.event not in (None, b"", b"message") and not (frame.data or b"").lstrip().startswith((b"{", b"["))


def _for_reading(body: bytes) -> bytes:
    """Indented JSON may end its lines as Windows does. Inside a text a line cannot end, so no value changes."""
    return body.replace(b"\r\n", b"\n") if b"\r\n" in body else body
