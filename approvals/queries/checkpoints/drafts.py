"""A draft of a rule before it is proposed: names it would stop, who would be asked now, and an ask to try it on."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts.models import Role, Server, User
from accounts.words import said

from ... import access
from ...errors import BadPolicy, ConditionFailed
from ...models import Action, Checkpoint, Policy, Sighting
from ...rules import conditions, matching, readings
from ...rules.policies import Rule
from ...sealing import ERASED
from . import holding

SEEN = 400  # names that are looked at
SHOWN = 12  # names that are shown, of those that fit and of the others
LOOKED_AT = 2_000  # latest asks among which the last one of a name is looked for


@dataclass(frozen=True, slots=True)
class Seen:
    """Names that servers were seen with. `capped`: there are more than were looked at."""

    fitting: list[str]
    others: list[str]
    capped: bool

    @property
    def count(self) -> int:
        return len(self.fitting)

    @property
    def first(self) -> list[str]:
        return self.fitting[:SHOWN]

    @property
    def first_others(self) -> list[str]:
        return self.others[:SHOWN]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a rule wants of an ask, and whether this ask has it; None when nobody can say."""

    name: str
    fits: bool | None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """An ask to try a rule on, as a form holds it."""

    name: str
    server: str
    params: dict[str, Any]
    signals: dict[str, Any]
    subject: str
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a draft would mean. `turns` is how it differs from what is in force, None when nothing is."""

    rule: Rule
    reading: readings.Reading
    turns: tuple[readings.Turn, ...] | None
    seats: list[holding.Seat]

    @property
    def asked(self) -> list[holding.Seat]:
        """Who would be asked at once: of a sequence, the first role."""
        seats = [seat for seat in self.seats if seat.duty == "approval"]
        return seats[:1] if self.rule.order == "sequential" else seats


def preview(*, rule: Rule, in_force: Policy | None, at: datetime) -> Preview:
    turns = readings.difference(in_force.rule, rule) if in_force else None
    return Preview(rule, readings.read(rule), turns, holding.seats(rule, holding.now([rule], at=at)))


def is_taken(name: str) -> bool:
    """Whether there is a checkpoint of this name, in force or retired."""
    return Checkpoint.objects.filter(name=name).exists()


def choices() -> tuple[list[str], list[str]]:
    """Names of servers and of roles, as the form offers them."""
    servers = Server.objects.order_by("name").values_list("name", flat=True)
    return list(servers[:500]), list(Role.objects.order_by("name").values_list("name", flat=True)[:500])


def seen(*, kind: str, server: str, pattern: str) -> Seen:
    """Which names of this kind were seen, and which of them the pattern fits."""
    sighted = Sighting.objects.filter(kind=kind, **({"server__name": server} if server else {}))
    names = list(sighted.order_by("name").values_list("name", flat=True).distinct()[: SEEN + 1])
    fitting = [name for name in names[:SEEN] if _fits(pattern, name)]
    return Seen(fitting, [name for name in names[:SEEN] if name not in set(fitting)], len(names) > SEEN)


def last(*, user: User, kind: str, server: str, pattern: str, at: datetime) -> Ask | None:
    """The last ask of this kind whose name fits, among the latest that this person may see; None when there is none.

    An admin who holds no duty sees no ask: its values are for its owners.
    """
    mine = access.actions_seen_by(access.duties(user, at=at))
    asks = mine.filter(**({"server__name": server} if server else {}))
    latest = Action.objects.filter(pk__in=asks.order_by("-id").values("pk")[:LOOKED_AT], kind=kind)
    latest = latest.exclude(body=ERASED)
    names = [name for name in latest.order_by().values_list("name", flat=True).distinct() if _fits(pattern, name)]
    found = latest.filter(Q(name__in=names[:100])).select_related("server").order_by("-id").first()
    if found is None:
        return None
    params, said = _value(found.body).get("params") or {}, _value(found.context)
    known = params.get("arguments") or {} if kind == "tool_call" else params
    return Ask(found.name, found.server.name, known, said.get("signals") or {}, found.subject, found)


def tried(*, rule: Rule, ask: Ask, at: datetime) -> list[Step]:
    """Try the rule on an ask, step by step; a step that cannot be worked out denies, whatever others say."""
    server = Server.objects.filter(name=ask.server).first()
    none = said("(none)")
    steps = [
        Step(
            said("Name"), _fits(rule.pattern, ask.name),
            said("{name} against {pattern}", name=ask.name or none, pattern=rule.pattern),
        )
    ]  # fmt: skip
    if rule.server:
        against = said("{name} against {pattern}", name=ask.server or none, pattern=rule.server)
        steps.append(Step(said("Server"), rule.server == ask.server, against))
    known = conditions.facts(
        kind=rule.kind, name=ask.name, server=ask.server, environment=server.environment if server else "",
        params={"arguments": ask.params} if rule.kind == "tool_call" else ask.params, signals=ask.signals,
        subject=ask.subject, principal="", at=at,
    )  # fmt: skip
    if rule.arguments is not None:
        steps.append(_step(said("Arguments"), rule.model_copy(update={"when": ""}), known))
    if rule.when:
        steps.append(_step(said("Condition"), rule.model_copy(update={"arguments": None}), known))
    return steps


def _step(name: str, rule: Rule, known: conditions.Facts) -> Step:
    try:
        return Step(name, conditions.holds(rule, known))
    except ConditionFailed as failed:
        return Step(name, None, failed.message)
    except BadPolicy as refusal:
        return Step(name, None, refusal.message)


def _fits(pattern: str, name: str) -> bool:
    return matching.is_pattern(pattern) and matching.matches(pattern, name)


def _value(stored: bytes) -> dict[str, Any]:
    found = json.loads(bytes(stored)).get("value")
    return found if isinstance(found, dict) else {}
