"""Floods: a server that goes on long after it was told to wait is told the same without a look at the database.

Only what a bound of the server itself refused counts, and only after many: until then every ask is looked at, so that
the same ask again is found. What is remembered here says no to nothing that would have been admitted as new.
"""

from datetime import datetime, timedelta
from threading import Lock

from ..errors import TooMany

MANY = 64  # refusals, before they become a flood


class Floods:
    """Which servers have no free place until when, and how often they were told. A process has one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._until: dict[int, tuple[datetime, int, TooMany]] = {}

    def refusal(self, server_id: int, *, at: datetime) -> TooMany | None:
        """What to tell a server that floods us; None when its ask is to be looked at."""
        known = self._until.get(server_id)
        if known is None:
            return None
        until, told, first = known
        if not until - timedelta(seconds=first.seconds) <= at < until:
            self._until.pop(server_id, None)
            return None
        if told < MANY:
            return None
        left = max(1, round((until - at).total_seconds()))
        return TooMany(first.message, seconds=left, whole=True, every=first.every)

    def told(self, server_id: int, refusal: TooMany, *, at: datetime) -> None:
        """Remember a refusal; the first one says when there is a place again."""
        if refusal.whole:
            with self._lock:
                until, told, first = self._until.get(server_id, (at + timedelta(seconds=refusal.seconds), 0, refusal))
                self._until[server_id] = until, told + 1, first

    def forget(self) -> None:
        with self._lock:
            self._until.clear()


floods = Floods()
