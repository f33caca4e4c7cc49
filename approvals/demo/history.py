"""Three weeks of decisions, made through the verbs that people and servers use, with the time given.

Each day is one transaction: nothing of the past ever waits where a sweep of the present would find it. No page and no
queue is told of what is long over. Days that are there stay as they are, so this can be stopped and goes on later.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from uuid import UUID

from django.db import transaction

from accounts.models import Server, User
from accounts.servers import Identity
from approvals import delivery, intake, nudge, submission, tallying
from approvals.errors import Refusal
from approvals.intake import Admitted
from approvals.models import Action, State

from . import days
from .plots import Plot, Turn, World, used

DAYS = 21
MARGIN = timedelta(minutes=4)  # before now: what is later than that has not happened yet
PREFIX = "past/"
REST = 0.2  # seconds between two days, in which whoever waits to write has their turn


def begins(at: datetime) -> date:
    return (at - timedelta(days=DAYS)).astimezone(UTC).date()


def tell(*, at: datetime, rest: float = REST) -> int:
    """Tell what is missing of the days before `at`, then count them; return how many asks that were."""
    world, done = _world(), 0
    first = begins(at)
    for ago in range(DAYS, -1, -1):
        day = first + timedelta(days=DAYS - ago)
        if not _is_told(day):
            done += _day(world, day, days_ago=ago, until=at - MARGIN)
            time.sleep(rest)
    # Also when nothing was missing: whoever told the last of it may have been stopped before they counted.
    tallying.again(since=first, at=at)
    return done


def _is_told(day: date) -> bool:
    return Action.objects.filter(idempotency_key__startswith=f"{PREFIX}{day}/").exists()


def _world() -> World:
    servers = {
        each.name: Identity(id=each.pk, name=each.name, generation=each.generation) for each in Server.objects.all()
    }
    return World(people={each.username: each for each in User.objects.all()}, servers=servers)


def _day(world: World, day: date, *, days_ago: int, until: datetime) -> int:
    with nudge.hushed(), transaction.atomic():
        told = _Told(world, day)
        for plot in days.plots(day, days_ago=days_ago):
            if plot.ends < until:
                told.begin(plot)
        for at in told.run():
            # Whoever asked took the receipt then; a queue that nobody read for weeks would only fill.
            delivery.hand_over(publish=lambda messages: None, at=at)
    return told.asked


@dataclass(slots=True)
class _Told:
    """A day, turn by turn, in the order of time."""

    world: World
    day: date
    asked: int = 0
    _next: list[tuple[datetime, int, "Plot | tuple[UUID, Turn]"]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=count)

    def begin(self, plot: Plot) -> None:
        heappush(self._next, (plot.begins, next(self._order), plot))

    def run(self) -> Iterator[datetime]:
        at = None
        while self._next:
            at, _, what = heappop(self._next)
            if isinstance(what, Plot):
                self._ask(what)
            else:
                with suppress(Refusal):  # somebody changed the map since: then it was not so
                    what[1](self.world, what[0], at)
        if at is not None:
            yield at

    def _ask(self, plot: Plot) -> None:
        server = self.world.servers.get(plot.server)
        if server is None:
            return
        self.asked += 1
        key = f"{PREFIX}{self.day}/{self.asked}"
        item = intake.Item(server=server, key=key, submission=submission.read(plot.ask))
        (answer,) = intake.submit_many(items=[item], at=plot.begins)
        if not isinstance(answer, Admitted):
            return
        turns = plot.turns if answer.receipt is None else _at_once(plot, answer.action)
        for at, turn in turns:
            heappush(self._next, (at, next(self._order), (answer.action.pk, turn)))
        if plot.then:
            following = plot.then(answer.action.pk)
            following.server = plot.server
            self.begin(following)


def _at_once(plot: Plot, action: Action) -> list[tuple[datetime, Turn]]:
    """What a rule or a grant decided is used at once, or never."""
    return [(plot.begins + timedelta(seconds=6), used())] if action.state == State.APPROVED else []
