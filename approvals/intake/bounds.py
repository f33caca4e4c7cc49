"""How much a server may ask: what is counted, and what the one too many is told.

Servers and rules without a bound cost nothing. Where there is one, the server's row is locked from the count to the
commit, so the bound is exact, whatever the number of processes; counting stops at the bound.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from .. import rows
from ..errors import TooMany
from ..models import Policy
from ..policy import Asker
from ..rules import ids

MINUTE = timedelta(seconds=60)
PATIENCE = 30  # seconds; nobody knows when people will have decided what waits

_LOCK = "SELECT id FROM accounts_server WHERE id {any} ORDER BY id FOR NO KEY UPDATE"
_LATELY = """
SELECT count(*), min(CAST(id AS text)) FROM (
  SELECT id FROM approvals_action WHERE server_id = %s AND id >= %s {of} ORDER BY id DESC LIMIT %s) AS lately
"""
_WAITING = """
SELECT count(*) FROM (
  SELECT 1 FROM approvals_action WHERE server_id = %s AND state = 'pending' {of} LIMIT %s) AS waiting
"""

type Place = tuple[int, int | None]  # id of the server, and of the checkpoint when the bound is a rule's


@dataclass(slots=True)
class Bound:
    """One bound of a server, or of a rule for one server, and what is there of it. None is no bound."""

    who: str
    per_minute: int | None
    pending_most: int | None
    whole: bool
    lately: int = 0
    oldest: datetime | None = None
    waiting: int = 0
    refused: int = 0

    def refusal(self, *, waits: bool, at: datetime) -> TooMany | None:
        """What an ask is told that is one too many. Those refused together are told one after the other to come."""
        if self.per_minute is not None and self.lately >= self.per_minute:
            left = ((self.oldest or at) + MINUTE - at).total_seconds()
            seconds = max(1, math.ceil(left)) + self.refused * 60 // self.per_minute
            self.refused += 1
            said = f"{self.who} may ask {self.per_minute} times a minute. Try again in {seconds} s."
            return TooMany(said, seconds=seconds, whole=self.whole, every=60 / self.per_minute)
        if waits and self.pending_most is not None and self.waiting >= self.pending_most:
            said = f"{self.who} may have {self.pending_most} asks waiting at a time. Try again when some are decided."
            return TooMany(said, seconds=PATIENCE)
        return None

    def count(self, *, waits: bool, at: datetime) -> None:
        self.lately, self.waiting = self.lately + 1, self.waiting + waits
        self.oldest = self.oldest or at


class Bounds:
    """The bounds that a batch comes up to."""

    def __init__(self, asks: Iterable[tuple[Asker, Policy | None]], *, at: datetime) -> None:
        self._at = at
        self._bounds: dict[Place, Bound] = {}
        for asker, policy in asks:
            self._of_server(asker)
            if policy is not None:
                self._of_rule(asker, policy)
        if self._bounds:
            self._read()

    @property
    def all(self) -> list[Bound]:
        return list(self._bounds.values())

    def refusal(self, asker: Asker, policy: Policy | None, *, waits: bool) -> TooMany | None:
        """What this ask is told, if it is one too many; else None, and it counts."""
        mine = [self._bounds[place] for place in _places(asker, policy) if place in self._bounds]
        for bound in mine:
            if refused := bound.refusal(waits=waits, at=self._at):
                return refused
        for bound in mine:
            bound.count(waits=waits, at=self._at)
        return None

    def _of_server(self, asker: Asker) -> None:
        if asker.per_minute is not None or asker.pending_most is not None:
            self._bounds[asker.id, None] = Bound(asker.name, asker.per_minute, asker.pending_most, True)

    def _of_rule(self, asker: Asker, policy: Policy) -> None:
        caps = policy.rule.caps
        if caps.per_minute is not None or caps.pending is not None:
            who = f"At {policy.checkpoint.name}, {asker.name}"
            self._bounds[asker.id, policy.checkpoint_id] = Bound(who, caps.per_minute, caps.pending, False)

    def _read(self) -> None:
        """Lock and count, in one turn. Each count sees what was committed before the lock was had."""
        places = list(self._bounds)
        lock = [(_LOCK, [sorted({server_id for server_id, _ in places})])] if connection.vendor == "postgresql" else []
        found = rows.fetch(*lock, *(question for place in places for question in self._questions(place)))
        answers = iter(found[len(lock) :])
        for place in places:
            bound = self._bounds[place]
            ((bound.lately, oldest),), ((bound.waiting,),) = next(answers), next(answers)
            bound.oldest = oldest and _moment(oldest, self._at)

    def _questions(self, place: Place) -> tuple[rows.Question, rows.Question]:
        """A bound that is none counts up to nought, so that answers stand where they are looked for."""
        (server_id, checkpoint_id), bound = place, self._bounds[place]
        of = "" if checkpoint_id is None else "AND checkpoint_id = %s"
        also = [] if checkpoint_id is None else [checkpoint_id]
        since = ids.floor(self._at - MINUTE)
        return (
            (_LATELY.format(of=of), [server_id, since, *also, bound.per_minute or 0]),
            (_WAITING.format(of=of), [server_id, *also, bound.pending_most or 0]),
        )


def _places(asker: Asker, policy: Policy | None) -> list[Place]:
    return [(asker.id, None)] + ([(asker.id, policy.checkpoint_id)] if policy is not None else [])


def _moment(action_id: str, at: datetime) -> datetime:
    """The moment in an action's id."""
    then = timedelta(milliseconds=int(at.timestamp() * 1000) - ids.milliseconds(UUID(action_id)))
    return at - then
