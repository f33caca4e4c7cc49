"""Asks that are one too many for now: each waits for a place of its own, and is tried again when that is free.

A flood is so neither lost nor buried, nor admitted at once when the minute is over; and while nothing of a sender can
be admitted, its further messages are put off without a look at them.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from ..errors import TooMany
from . import Deferred, Message
from .turns import sender

LONGEST = timedelta(minutes=10)  # until a message is tried again: its bound may have been raised


class Patience:
    """When each sender's next free place is. Lives with one reader; what it forgets, the bound says again."""

    def __init__(self) -> None:
        self._until: dict[bytes, datetime] = {}
        self._last: dict[bytes, datetime] = {}
        self._every: dict[bytes, timedelta] = {}

    def hopeless(self, messages: Iterable[Message], *, at: datetime) -> tuple[list[Message], list[Deferred]]:
        """Part messages that may be tried from those of senders who have no free place yet."""
        self._until = {who: until for who, until in self._until.items() if until > at}
        tried, deferred = [], []
        for message in messages:
            who = sender(message)
            if who in self._until:
                deferred.append(Deferred(message, self._next(who, at, at=at)))
            else:
                tried.append(message)
        return tried, deferred

    def put_off(self, refused: Sequence[tuple[Message, TooMany]], *, at: datetime) -> list[Deferred]:
        """Say when each of these refused messages is due again."""
        deferred = []
        for message, refusal in refused:
            who, place = sender(message), at + timedelta(seconds=refusal.seconds)
            self._every[who] = timedelta(seconds=refusal.every)
            if refusal.whole:
                self._until.setdefault(who, place)
            deferred.append(Deferred(message, self._next(who, place, at=at)))
        return deferred

    def _next(self, who: bytes, least: datetime, *, at: datetime) -> datetime:
        last = self._last.get(who)
        place = max(least, last + self._every[who]) if last else least
        self._last[who] = min(place, at + LONGEST)
        return self._last[who]
