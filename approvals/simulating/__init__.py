"""Trying a draft of a rule on recorded asks: started by a person, counted in slices by a worker, never acting.

A slice is written with its progress only where the row still stands as it was read, so two workers that count the same
one write it once. A row whose worker died is taken up again by the next sweep, and given up after three tries.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID

from django.db.models import Count
from placet import canonical

from accounts.models import User
from accounts.words import said

from .. import access, policy
from ..errors import BadSimulation, NotAnOwner, NotFound, Refusal, SimulationRunning
from ..models import Action, Assignment, Checkpoint, Duty, Simulation
from ..rules import ids, policies
from . import slices
from .tally import Tally
from .trial import Trial

__all__ = ["LONGEST", "cancel", "fail", "run", "start", "take_up"]

LONGEST = 90  # days
SILENT = timedelta(seconds=20)  # a worker that wrote nothing for so long is taken for dead
TRIES = 3
MOST_PEOPLE = 300


class Progress(TypedDict):
    """Where a simulation stands, as its row keeps it: the last id that was counted, the one before which it ends, when
    that was written, how often it was taken up since without getting on, and what was found so far.
    """

    cursor: str
    until: str
    at: str
    tries: int
    tally: dict[str, Any]


def start(*, author: User, rule: policies.Rule, days: int, at: datetime) -> Simulation:
    """Write down what is to be tried; the sweep hands it to a worker. A rule that could not be published is refused."""
    if not 1 <= days <= LONGEST:
        raise BadSimulation(said("Look back 1 to {longest} days.", longest=LONGEST), pointer="/days")
    _require_may(author, rule, at=at)
    policy.check(rule=rule, at=at)
    running = Simulation.objects.filter(author=author, finished_at=None).first()
    if running is not None:
        raise SimulationRunning(simulation_id=running.pk)
    return Simulation.objects.create(
        draft=canonical.canonical(rule.document), days=days, author=author, created_at=at
    )  # fmt: skip


def cancel(*, simulation_id: int, by: User, at: datetime) -> None:
    """Stop counting. What was counted so far is thrown away."""
    found = Simulation.objects.filter(pk=simulation_id).first()
    if found is None or not (found.author_id == by.pk or access.is_admin(by)):
        raise NotFound(said("There is no such simulation here."))
    _end(simulation_id, at=at, why=f"Cancelled by {by.username}.")


def fail(*, simulation_id: int, why: str, at: datetime) -> None:
    """Say on its page why it ended without a result."""
    _end(simulation_id, at=at, why=why)


def take_up(*, at: datetime) -> int | None:
    """Return the id of the next simulation to count, marked as taken; None while one is being counted.

    One at a time, so that what is due every second never waits behind them.
    """
    for row in Simulation.objects.filter(finished_at=None).order_by("pk")[:100]:
        state = _progress(row, at=at)
        if row.found is not None and at - datetime.fromisoformat(state["at"]) < SILENT:
            return None
        if state["tries"] >= TRIES:
            _end(row.pk, at=at, why=f"The worker that counted it ended {TRIES} times at the same place.")
            continue
        state |= {"at": at.isoformat(), "tries": state["tries"] + 1}
        mine = Simulation.objects.filter(pk=row.pk, finished_at=None, done=row.done).update(found=state)
        return row.pk if mine else None
    return None


def run(*, simulation_id: int, clock: Callable[[], datetime]) -> None:
    """Count slice after slice until all is counted, somebody cancels, or another worker turns out to count as well."""
    trial = None
    while row := Simulation.objects.filter(pk=simulation_id, finished_at=None).first():
        try:
            trial = trial or Trial(policies.read(json.loads(bytes(row.draft))), at=row.created_at)
        except Refusal as refusal:
            return fail(simulation_id=simulation_id, why=refusal.message, at=clock())
        if not _step(row, trial, clock=clock):
            return None
    return None


def _step(row: Simulation, trial: Trial, *, clock: Callable[[], datetime]) -> bool:
    """Count one slice; False when the row is not as it was read any more."""
    state = _progress(row, at=clock())
    tally = Tally.read(state["tally"])
    last, number = slices.count(trial, tally, after=UUID(state["cursor"]), before=UUID(state["until"]))
    total = row.total if row.total is not None else _total(state)
    state |= {"cursor": str(last), "at": clock().isoformat(), "tries": 0, "tally": tally.said()}
    mine = Simulation.objects.filter(pk=row.pk, finished_at=None, done=row.done)
    if number:
        return bool(mine.update(done=row.done + number, total=max(total, row.done + number), found=state))
    found = _found(row, trial, tally)
    return bool(mine.update(found=found, finished_at=clock(), total=row.done))


def _progress(row: Simulation, *, at: datetime) -> Progress:
    if row.found is not None:
        return row.found
    since = row.created_at - timedelta(days=row.days)
    return Progress(
        cursor=str(ids.floor(since)), until=str(ids.floor(row.created_at)), at=at.isoformat(), tries=0,
        tally=Tally().said(),
    )  # fmt: skip


def _total(state: Progress) -> int:
    return Action.objects.filter(id__gt=UUID(state["cursor"]), id__lt=UUID(state["until"])).count()


def _found(row: Simulation, trial: Trial, tally: Tally) -> dict[str, Any]:
    """What the page shows: counts, the ways in which asks would differ, and what each owner is asked, now and then."""
    return {
        **{name: getattr(tally, name) for name in ("asks", "met", "touched", "differ", "cut", "median")},
        "waited": tally.waits.total(),
        "ways": [[*way.split("|"), *counted] for way, counted in _largest_first(tally)],
        "load": _load(row, tally),
        "deadline": trial.deadline,
    }


def _largest_first(tally: Tally) -> list[tuple[str, list[Any]]]:
    return sorted(tally.ways.items(), key=lambda way: (not way[1][1], -way[1][0]))


def _load(row: Simulation, tally: Tally) -> list[tuple[str, int, int]]:
    """Person, asks as recorded, asks with the draft; whoever is asked most then comes first."""
    since = ids.floor(row.created_at - timedelta(days=row.days))
    span = Assignment.objects.filter(action_id__gt=since, action_id__lt=ids.floor(row.created_at))
    asked = span.filter(duty=Duty.APPROVAL).order_by().values_list("owner_id").annotate(count=Count("pk"))
    before = {str(owner): count for owner, count in asked}
    names = {str(pk): name for pk, name in User.objects.values_list("pk", "username")}
    load = [
        (names[who], before.get(who, 0), before.get(who, 0) - tally.less[who] + tally.more[who])
        for who in {*before, *tally.more}
    ]
    return sorted(load, key=lambda each: (-each[2], -each[1], each[0]))[:MOST_PEOPLE]


def _end(simulation_id: int, *, at: datetime, why: str) -> None:
    unfinished = Simulation.objects.filter(pk=simulation_id, finished_at=None)
    unfinished.update(finished_at=at, failed=why[:500], found=None)


def _require_may(person: User, rule: policies.Rule, *, at: datetime) -> None:
    place = Checkpoint.objects.filter(name=rule.checkpoint).first()
    held = access.duties(person, at=at)
    if not (access.is_admin(person) or (place is not None and place.pk in held)):
        raise NotAnOwner(said("Simulating a rule is for admins, and for whoever holds a duty at its checkpoint."))
