"""Which engine a request belongs to. Engines share no JSON-RPC id, so no ask can be answered on another one's stream.

Up to 2025-11-25 a session is what the server named in `Mcp-Session-Id`, for one principal; from 2026-07-28 on every
POST stands alone. A server of the old kind that names no session has one for all who show it the same credential.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from placet.gate.http import headers as said
from placet.gate.http.fence import Refusal
from placet.gate.http.headers import Headers
from placet.gate.http.lane import HttpLane
from placet.gate.session import Session

#: The first revision without sessions.
MODERN = b"2026-07-28"
#: Seconds after which a session that nobody uses is forgotten.
IDLE_SECONDS = 3600.0
LONGEST_NAME = 1024
#: Seconds that all last words together may take when the gate stops.
LAST_WORDS = 8.0

type Name = tuple[str, bytes]

logger = logging.getLogger("placet.gate")


@dataclass(eq=False)
class Served:
    """One engine, and what of HTTP belongs to it."""

    engine: Session
    name: Name | None = None
    lanes: set[HttpLane] = field(default_factory=set)
    standing: list[HttpLane] = field(default_factory=list)
    #: Answers of the server that are still read although their host was told to come back later.
    behind: set[asyncio.Future[None]] = field(default_factory=set)
    used: float = field(default_factory=time.monotonic)
    #: The server knew it, so it stays. Names that only a host claims are forgotten with their request.
    confirmed: bool = False
    #: The server says that it knows it no more.
    over: bool = False

    def opened(self, lane: HttpLane, *, standing: bool = False) -> None:
        self.lanes.add(lane)
        self.used = time.monotonic()
        if standing:
            self.standing.append(lane)
            self.engine.standing = lane

    def goes_on(self, work: asyncio.Future[None]) -> None:
        """Read on behind the host's back: the engine keeps what comes until the host asks again."""
        self.behind.add(work)
        work.add_done_callback(self._went_on)

    def _went_on(self, work: asyncio.Future[None]) -> None:
        self.behind.discard(work)
        self.used = time.monotonic()
        if not work.cancelled() and (error := work.exception()):
            logger.error("reading on behind the host's back went wrong", exc_info=error)

    async def close(self) -> None:
        await self.engine.close()
        for work in list(self.behind):
            work.cancel()

    def closed(self, lane: HttpLane) -> None:
        self.lanes.discard(lane)
        self.used = time.monotonic()
        if lane in self.standing:
            self.standing.remove(lane)
            self.engine.standing = self.standing[-1] if self.standing else None
        self.engine.lane_closed(lane)


class Sessions:
    """All engines of one gate. `begin` makes an engine for a principal, a subject, and an id (None: a new one)."""

    def __init__(self, begin: Callable[[str, str, str | None], Session], *, most: int) -> None:
        self._begin = begin
        self._seed = secrets.token_bytes(16)
        self._most = most
        self._named: dict[Name, Served] = {}

    def of(self, headers: Headers, *, principal: str, subject: str, alone: bool) -> Served:
        """The engine for a request. `alone`: this very message begins anew, whoever came before.

        Raises Refusal: 400 for a name that is none, 503 when too many sessions are at work.
        """
        name = self._name(headers, principal)
        if name is None:
            return Served(self._begin(principal, subject, self._workflow(principal)))
        if alone:
            return Served(self._begin(principal, subject, None))
        found = self._named.get(name)
        if found is None:
            self._make_room()
            found = self._named[name] = Served(self._begin(principal, subject, None), name)
        return found

    def confirm(self, served: Served, headers: Headers, *, principal: str, named: bytes | None, alone: bool) -> None:
        """The server answered: it knows the session that was named, or names the one that begins."""
        served.confirmed = True
        if served.name is not None or not (named or alone):
            return
        name = (principal, named) if named else self._name(headers, principal)
        if name is not None and not (named and name in self._named):
            self._make_room()
            served.name = name
            self._named[name] = served

    async def end(self, served: Served) -> None:
        """It is over: withdraw its asks, forget it."""
        if served.name and self._named.get(served.name) is served:
            del self._named[served.name]
        await served.close()

    async def left(self, served: Served) -> None:
        """A request is over. What has no name of the server's is over with it."""
        alone = not served.lanes and not served.behind and not (served.name and served.confirmed)
        if alone or served.over:
            await self.end(served)

    async def forget_idle(self, *, every: float = 60.0) -> None:
        """Runs as long as the gate does."""
        while True:
            await asyncio.sleep(every)
            before = time.monotonic() - IDLE_SECONDS
            for served in [s for s in self._named.values() if s.used < before and not s.lanes and not s.behind]:
                await self.end(served)

    async def close(self) -> None:
        """The gate stops."""
        everybody = list(self._named.values())
        self._named.clear()
        work: list[Any] = [served.close() for served in everybody]
        async with asyncio.timeout(LAST_WORDS):
            await asyncio.gather(*work, return_exceptions=True)

    def all(self) -> list[Served]:
        return list(self._named.values())

    def __len__(self) -> int:
        return len(self._named)

    def _name(self, headers: Headers, principal: str) -> Name | None:
        given = said.first(headers, b"mcp-session-id")
        if given is not None:
            if not 0 < len(given) <= LONGEST_NAME or not all(0x21 <= byte <= 0x7E for byte in given):
                raise Refusal(400, "wrong_session", "A session's name is visible ASCII.")
            return principal, given
        if (said.first(headers, b"mcp-protocol-version") or b"") >= MODERN:
            return None
        shown = said.first(headers, b"authorization") or b""
        return principal, b" " + hashlib.sha256(shown).digest()

    def _workflow(self, principal: str) -> str:
        """Without sessions, what one principal does while this gate runs is one workflow."""
        return hashlib.sha256(self._seed + principal.encode()).hexdigest()[:32]

    def _make_room(self) -> None:
        if len(self._named) < self._most:
            return
        resting = [served for served in self._named.values() if _rests(served)]
        if not resting:
            raise Refusal(503, "too_many_sessions", "Too many sessions are at work.", [(b"retry-after", b"10")])
        oldest = min(resting, key=lambda served: served.used)
        del self._named[oldest.name or ("", b"")]
        _CLOSING.add(task := asyncio.create_task(oldest.close()))
        task.add_done_callback(_CLOSING.discard)


_CLOSING: set[asyncio.Task[None]] = set()


def _rests(served: Served) -> bool:
    """Nobody is connected, and no person was asked for it."""
    asks = (asked.flow for asked in served.engine.asked.values())
    return not (served.lanes or served.behind or any(flow and not flow.done() for flow in asks))
