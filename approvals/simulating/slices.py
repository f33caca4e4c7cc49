"""Counting one slice of recorded asks: grouped in SQL by server, kind and name; bodies are read where a rule asks.

A group that meets the same rules with the draft and without it is counted and never read. Of the others the rows are
read, and their bodies only where a condition or a schema may decide.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from .. import rows
from ..models import Action, Duty, State
from ..sealing import BODY, CONTEXT, Context, is_erased, opened
from .tally import Ask, Tally
from .trial import Group, Route, Trial

SIZE = 2_000
FEW = 200  # names that a query lists; with more of them all rows of the slice are looked at
LIGHT = ("id", "server_id", "kind", "name", "checkpoint_id", "policy_id", "state", "reason", "subject", "created_at",
         "settled_at")  # fmt: skip
BODIES = ("body", "dig", "context", "context_dig")
_ASKED = """
SELECT owner_id, count(*) FROM approvals_assignment WHERE action_id {any} AND duty = %s GROUP BY owner_id
"""

type Groups = dict[Group, Route | None]


@dataclass(frozen=True, slots=True)
class Row:
    """A recorded ask, without its bodies."""

    id: UUID
    server_id: int
    kind: str
    name: str
    checkpoint_id: int | None
    policy_id: int | None
    state: str
    reason: str
    subject: str
    created_at: datetime
    settled_at: datetime | None

    @property
    def group(self) -> Group:
        return Group(self.server_id, self.kind, self.name)

    @property
    def waited(self) -> int | None:
        """How many seconds people took; None when it was not people who decided."""
        by_people = (self.state == State.APPROVED and not self.reason) or self.reason == "owner_denied"
        return int((self.settled_at - self.created_at).total_seconds()) if by_people else None


def count(trial: Trial, tally: Tally, *, after: UUID, before: UUID) -> tuple[UUID, int]:
    """Count the next asks into the tally; return the id of the last one, and how many there were (0: all done)."""
    ids = Action.objects.filter(id__gt=after, id__lt=before).order_by("id")
    last = _last(ids)
    if last is None:
        return after, 0
    asks = Action.objects.filter(id__gt=after, id__lte=last)
    groups, number = _groups(trial, asks)
    touched = []
    for ask in _touched(trial, asks, groups):
        tally.add(ask)
        touched.append(UUID(ask.id))
    tally.asks += number
    if touched:
        tally.spare(rows.fetch((_ASKED, [touched, Duty.APPROVAL.value]))[0])
    return last, number


def _last(ids: QuerySet[Action]) -> UUID | None:
    named = ids.values_list("id", flat=True)
    full = list(named[SIZE - 1 : SIZE])
    return full[0] if full else named.order_by("-id").first()


def _groups(trial: Trial, asks: QuerySet[Action]) -> tuple[Groups, int]:
    """The groups that the draft may touch, each with its route where no body is needed; and how many asks there are."""
    found = asks.order_by().values_list("server_id", "kind", "name").annotate(count=Count("pk"))
    touched: Groups = {}
    number = 0
    for *parts, size in found:
        group = Group(*parts)
        number += size
        route = trial.glance(group)
        if route is None or route.touched:
            touched[group] = route
    return touched, number


def _touched(trial: Trial, asks: QuerySet[Action], groups: Groups) -> Iterator[Ask]:
    plain = {group: route for group, route in groups.items() if route is not None}
    for columns in _rows(asks, plain.keys(), LIGHT):
        row = Row(*columns)
        yield _ask(trial, row, plain[row.group], principal="")
    asking = groups.keys() - plain.keys()
    for *row, body, dig, context, context_dig in _rows(asks, asking, (*LIGHT, *BODIES)):
        read = Row(*row)
        if is_erased(body):
            continue  # nobody can say how it would go; it counts as not touched
        said = _value(body, Context(BODY, read.id, dig))
        around = _value(context, Context(CONTEXT, read.id, context_dig))
        route = trial.route(read.group, params=said["params"], context=around, subject=read.subject, at=read.created_at)
        if route.touched:
            yield _ask(trial, read, route, principal=around.get("origin", {}).get("principal", ""))


def _value(stored: bytes, context: Context) -> dict[str, Any]:
    return json.loads(opened(bytes(stored), context))["value"]


def _rows(asks: QuerySet[Action], groups: Iterable[Group], columns: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    wanted = set(groups)
    names = {group.name for group in wanted}
    if not wanted:
        return
    narrowed = asks.filter(name__in=names) if len(names) <= FEW else asks
    for row in narrowed.order_by("id").values_list(*columns).iterator(chunk_size=200):
        if Group(*row[1:4]) in wanted:
            yield row


def _ask(trial: Trial, row: Row, route: Route, *, principal: str) -> Ask:
    asked = trial.asked(route, server_id=row.server_id, names=(row.subject, principal))
    would, differs = trial.compare(
        state=row.state, reason=row.reason, policy_id=row.policy_id, route=route, asked=asked
    )  # fmt: skip
    waited = row.waited if route.meets and would in ("review", "others") else None
    return Ask(
        id=str(row.id), checkpoint_id=row.checkpoint_id, was=trial.was(row.state, row.reason), would=would,
        met=route.meets, differs=differs, asked=asked or (), waited=waited,
        cut=waited is not None and waited >= trial.deadline,
    )  # fmt: skip
