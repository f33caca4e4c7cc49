"""Simulations as pages show them: how far they are, and what they found, with examples this reader may see."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Server, User
from accounts.words import said

from .. import access
from ..errors import NotFound
from ..models import Action, Policy, Simulation
from ..rules import policies
from ..rules.sentences import Part, sentence

LISTED = 30
EXAMPLES = 3  # of each way


@dataclass(frozen=True, slots=True)
class Example:
    id: UUID
    sentence: tuple[Part, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Way:
    """So many asks went this way, and would go that one. `unseen` are those without an example here."""

    was: str
    would: str
    count: int
    examples: list[Example]


@dataclass(frozen=True, slots=True)
class Load:
    """How many asks a day somebody was asked about, and would be."""

    person: str
    before: float
    after: float

    @property
    def differs(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Run:
    """One simulation. `ways` differ, `others` only in who is asked; `same` asks stay as they were."""

    row: Simulation
    rule: policies.Rule
    ways: list[Way]
    others: list[Way]
    load: list[Load]

    @property
    def running(self) -> bool:
        return self.row.finished_at is None

    @property
    def found(self) -> dict[str, Any] | None:
        return self.row.found if not self.running and not self.row.failed else None

    @property
    def same(self) -> int:
        """Asks that the draft touches, and that go as they went."""
        return self.found["touched"] - sum(way.count for way in (*self.ways, *self.others)) if self.found else 0

    @property
    def moved(self) -> int:
        """How many people would decide as before, but others, or more or fewer of them."""
        return sum(way.count for way in self.others)


def listed(*, user: User) -> list[Run]:
    """Return the latest simulations of this person; an admin sees everybody's."""
    return [_run(row, [], [], []) for row in _seen(user)[:LISTED]]


def one(*, user: User, simulation_id: int, at: datetime) -> Run:
    """Return one simulation; NotFound when it is not this person's."""
    row = _seen(user).filter(pk=simulation_id).first()
    if row is None:
        raise NotFound(said("There is no such simulation here."))
    if row.finished_at is None or row.failed:
        return _run(row, [], [], [])
    held = access.duties(user, at=at)
    kept = [(way, _mine(way[4], held)) for way in row.found["ways"]]
    known = _examples(pk for _, ids in kept for pk in ids)
    ways = [(way[3], Way(*way[:3], [known[pk] for pk in ids if pk in known])) for way, ids in kept]
    load = [Load(name, before / row.days, after / row.days) for name, before, after in row.found["load"]]
    return _run(row, [w for d, w in ways if d], [w for d, w in ways if not d and w.would == "others"], load)


def in_force(*, checkpoint: str) -> dict[str, Any] | None:
    """Return the document of the rule in force at this checkpoint, to start a draft from."""
    found = Policy.objects.filter(checkpoint__name=checkpoint).order_by("-revision").first()
    return found.rule.document if found else None


def servers() -> list[str]:
    """Return the names of the servers that may ask."""
    return list(Server.objects.filter(stopped_at=None).order_by("name").values_list("name", flat=True))


def _seen(user: User) -> QuerySet[Simulation]:
    rows = Simulation.objects.select_related("author").order_by("-pk")
    return rows if access.is_admin(user) else rows.filter(author=user)


def _run(row: Simulation, ways: list[Way], others: list[Way], load: list[Load]) -> Run:
    return Run(row, policies.read(json.loads(bytes(row.draft))), ways, others, load)


def _mine(kept: dict[str, list[str]], held: dict[int, dict[str, str]]) -> list[UUID]:
    """The first examples of checkpoints on which this reader holds a duty."""
    return [UUID(pk) for place, ids in kept.items() if int(place) in held for pk in ids][:EXAMPLES]


def _examples(ids: Iterable[UUID]) -> dict[UUID, Example]:
    """The asks, in general words: bodies are not read for a line in a table."""
    found = Action.objects.filter(pk__in=list(ids)).select_related("server").defer("body", "context")
    return {action.pk: Example(action.pk, _words(action), action.created_at) for action in found}


def _words(action: Action) -> tuple[Part, ...]:
    return sentence(
        kind=action.kind, server=action.server.name, name=action.name, body=None, subject=action.subject,
        state=action.state,
    )  # fmt: skip
