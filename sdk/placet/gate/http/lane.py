"""One way to the host: a POST with its answer, or a GET that stays open. What the engine says goes out here.

The answer begins as late as it can: as long as nothing was sent, it may still become plain JSON, or an event stream
when a person must be waited for.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any, Literal

from placet.gate import messages
from placet.gate.http import events, headers
from placet.gate.http.events import Frame
from placet.gate.http.headers import Headers

type Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: Own messages that a host did not take yet, and events that are held back: beyond these it does not read at all.
MOST_WAITING, MOST_HELD, MOST_HELD_BYTES = 1000, 256, 4 * 1024 * 1024
#: Seconds until a host hears that a person is waited for, and between two signs of life.
FIRST_SIGN, NEXT_SIGN = 1.0, 5.0

_EVENT_HEADERS: Headers = [
    (b"content-type", headers.EVENTS), (b"cache-control", b"no-cache, no-transform"), (b"x-accel-buffering", b"no"),
]  # fmt: skip
#: Errors that say the message itself was wrong: HTTP says so too (JSON-RPC 2.0, section 5.1).
_WRONG_MESSAGE = (messages.PARSE_ERROR, messages.INVALID_REQUEST)


class HttpLane:
    """Hashable by identity. `said` are the host's own headers; `post` sends a message of ours upstream under them."""

    def __init__(self, *, said: Headers, send: Send, post: Callable[[HttpLane, bytes], None]) -> None:
        self.said = said
        self._send = send
        self._post = post
        self._status, self._head = 200, list[tuple[bytes, bytes]]()
        self._form: Literal["open", "json", "events", "closed"] = "open"
        self._turn = asyncio.Lock()
        self._waiting: deque[tuple[bytes, bool]] = deque()
        self._held: dict[bytes, Frame] = {}
        self._held_bytes = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._said_final = asyncio.Event()
        self._ticking = False
        self._takes_events = headers.accepts(said, headers.EVENTS)
        self._asked: bytes | None = None
        self._rewritten: bytes | None = None

    # What the engine calls.

    def to_host(self, raw: bytes, *, final: bool = False) -> bool:
        """Send a message of ours. False when nobody listens here, or only to the one answer."""
        if self._form in ("closed", "json") or len(self._waiting) >= MOST_WAITING:
            return False
        if not final and self._form == "open" and not self._takes_events:
            return False
        self._waiting.append((raw, final))
        if final:
            self._said_final.set()
        self._start(self._say_waiting())
        return True

    def to_server(self, raw: bytes) -> None:
        """Send a message of ours upstream; what is answered comes in by this lane."""
        if self._asked is not None and _is_same_request(raw, self._asked):
            self._rewritten = raw
        else:
            self._post(self, raw)

    # What the exchange calls.

    @property
    def is_open(self) -> bool:
        """Nothing was sent yet."""
        return self._form == "open"

    @property
    def is_stream(self) -> bool:
        return self._form == "events"

    @property
    def has_words(self) -> bool:
        """Our own words wait to be sent."""
        return bool(self._waiting)

    @contextlib.contextmanager
    def rewriting(self, raw: bytes) -> Iterator[Callable[[], bytes | None]]:
        """While the engine looks at this message of the host: its own wording of the very request, if it has one."""
        self._asked = raw
        try:
            yield lambda: self._rewritten
        finally:
            self._asked = None

    def head(self, status: int, said: Headers) -> None:
        """What the server began its answer with, as long as nothing was sent."""
        if self._form == "open":
            self._status, self._head = status, said

    async def stream(self) -> None:
        """From now on the answer is an event stream."""
        async with self._turn:
            await self._begin_events()

    async def pass_frames(self, raw: bytes) -> None:
        """Send frames of the server as they came, after what we had to say before."""
        async with self._turn:
            await self._flush()
            await self._write(raw)

    async def answer(self, body: bytes) -> None:
        """Send the server's one answer: as it is, or as an event when a stream was begun meanwhile."""
        async with self._turn:
            await self._flush()
            await self._say(body, final=True, ours=False)

    def keep(self, frame: Frame | None) -> None:
        """An event was taken. Should the very bytes be released later, they go out in their own frame."""
        if frame is not None and frame.data is not None and len(self._held) < MOST_HELD:
            self._held_bytes += len(frame.raw)
            if self._held_bytes <= MOST_HELD_BYTES:
                self._held[frame.data] = frame
        if not self._ticking:
            self._ticking = True
            self._start(self._tick())

    async def final(self) -> None:
        """Wait until the engine gave its last word."""
        await self._said_final.wait()

    async def end(self) -> None:
        """Say what is left to say, and close. Nothing happens when it is closed already."""
        async with self._turn:
            await self._flush()
            if self._form == "open":
                await self._begin(
                    202 if not self._head else self._status, headers.without(self._head, b"content-length")
                )
            if self._form == "events":
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        self.close()

    def close(self) -> None:
        """Nobody listens any more."""
        self._form = "closed"
        self._waiting.clear()
        self._held.clear()
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()

    # How it goes out.

    async def _say_waiting(self) -> None:
        async with self._turn:
            await self._flush()

    async def _flush(self) -> None:
        while self._waiting and self._form != "closed":
            raw, final = self._waiting.popleft()
            await self._say(raw, final=final)

    async def _say(self, raw: bytes, *, final: bool, ours: bool = True) -> None:
        if self._form == "open" and final and not self._waiting:
            await self._say_json(raw, ours=ours)
            return
        await self._begin_events()
        frame = self._held.pop(raw, None)
        await self._write(frame.raw if frame else events.event(raw))

    async def _say_json(self, raw: bytes, *, ours: bool) -> None:
        if ours:
            status = 400 if self._status == 200 and not self._head and _is_wrong_message(raw) else self._status
            kept = headers.without(self._head, b"content-length", b"content-type")
            own = [(b"content-type", headers.JSON), (b"content-length", str(len(raw)).encode())]
            await self._begin(status, kept + own)
        else:
            await self._begin(self._status, self._head)
        self._form = "json"
        await self._send({"type": "http.response.body", "body": raw, "more_body": False})

    async def _begin_events(self) -> None:
        if self._form != "open":
            return
        if headers.media_type(self._head) == headers.EVENTS:
            await self._begin(self._status, headers.without(self._head, b"content-length"))
        else:  # it was to be JSON; a person takes longer
            dropped = (b"content-length", b"content-type", b"cache-control", b"etag")
            await self._begin(200, headers.without(self._head, *dropped) + _EVENT_HEADERS)
        self._form = "events"

    async def _begin(self, status: int, said: Headers) -> None:
        await self._send({"type": "http.response.start", "status": status, "headers": said})
        self._form = "events"

    async def _write(self, raw: bytes) -> None:
        if self._form != "closed":
            await self._send({"type": "http.response.body", "body": raw, "more_body": True})

    async def _tick(self) -> None:
        """Signs of life, for everything between here and the host that takes silence for death."""
        await asyncio.sleep(FIRST_SIGN)
        while self._takes_events and self._form in ("open", "events"):
            async with self._turn:
                await self._begin_events()
                await self._write(events.comment("waiting for a person"))
            await asyncio.sleep(NEXT_SIGN)

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _is_same_request(sent: bytes, asked: bytes) -> bool:
    """Looked at only when something is sent meanwhile: what passes is read once, by the engine."""
    ours, theirs = messages.read(sent), messages.read(asked)
    return ours.sort == theirs.sort == "request" and ours.key == theirs.key


def _is_wrong_message(raw: bytes) -> bool:
    return messages.read(raw).error.get("code") in _WRONG_MESSAGE
