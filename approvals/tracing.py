"""Who would get this ask: the way intake goes, step by step and in words, without going it.

Every step asks the very room that intake asks, so the answer is intake's. Nothing is written.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from accounts.models import Server
from accounts.roles import Holder
from accounts.words import said

from . import access, assignment, granting, policy, rows, secrecy
from .errors import TooMany
from .intake.bounds import Bounds
from .models import Action, Effect, Kind, Policy, State
from .rules import conditions, observing, timing
from .submission import Submission

NOT_YET = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule that is there for the name: what it came to and why, and what it saw."""

    policy: Policy
    verdict: str
    why: str
    values: list[observing.Value]
    misfits: list[observing.Misfit]


@dataclass(frozen=True, slots=True)
class Seat:
    """One person in one role: asked now, or why not. `for_whom` is who they stand in for."""

    role: str
    person: str
    asked: bool
    why: str
    for_whom: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """A living grant for such asks, and whether it covers this one."""

    id: UUID
    by: str
    left: int
    covers: bool


@dataclass(frozen=True, slots=True)
class Cap:
    """One bound, and what was there of it before this ask. None is no bound."""

    who: str
    per_minute: int | None
    lately: int
    pending_most: int | None
    waiting: int


@dataclass(slots=True)
class Trace:
    """The whole way. `state` and `reason` are what its server would read at once; `refused` is a no before all that."""

    ask: Submission
    asker: policy.Asker | None
    at: datetime
    found: policy.Found = field(default_factory=lambda: policy.Found(None, "deny", "no_checkpoint"))
    listed: bool = True
    rules: list[Rule] = field(default_factory=list)
    grants: list[Given] = field(default_factory=list)
    caps: list[Cap] = field(default_factory=list)
    seats: list[Seat] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    later: list[assignment.Due] = field(default_factory=list)
    state: str = State.DENIED
    reason: str = ""
    basis: str = ""
    refused: str = ""
    code: str = ""

    @property
    def grant(self) -> Given | None:
        """The grant that would approve it."""
        return next((given for given in self.grants if given.covers), None)

    @property
    def called(self) -> list[Seat]:
        """The people who would be asked, each once."""
        return [seat for seat in self.seats if seat.asked]

    @property
    def deadline_at(self) -> datetime:
        seconds = self.found.policy.deadline_seconds if self.found.policy else timing.DENIAL_LIFE
        return timing.deadline(at=self.at, policy_seconds=seconds, timeout=self.ask.timeout)

    @property
    def has_list(self) -> bool:
        """Whether the server has a list of its own for asks of this kind."""
        lists = {Kind.TOOL_CALL: self.asker.tools, Kind.ELICITATION_URL: self.asker.hosts}
        return lists.get(self.ask.kind) is not None


def trace(*, ask: Submission, server: str, at: datetime) -> Trace:
    """Go the way of this ask, as if the server of this name had sent it now."""
    return _Way(ask, server, at=at).trace


_UNKNOWN = said("No server of this name may ask: it is not registered, or it was stopped.")
_NO_RESULT = said("It must be an approved sampling action of the same server.")


class _Way:
    def __init__(self, ask: Submission, server: str, *, at: datetime) -> None:
        row = Server.objects.filter(name=server, stopped_at=None).first()
        self.ask, self.at = ask, at
        self.trace = Trace(ask, policy.Asker.of(row) if row else None, at)
        if row is None:
            self._refuse("unauthenticated", _UNKNOWN)
        elif self._is_result_of_nothing():
            self._refuse("bad_sampling_action", _NO_RESULT)
        elif secret := secrecy.refusal(ask):
            self._refuse(
                secret.code, said("{message} Look at {pointer}.", message=secret.message, pointer=secret.pointer)
            )
        else:
            self._go()

    @cached_property
    def facts(self) -> dict[str, Any]:
        ask, asker = self.ask, self.trace.asker
        return conditions.facts(
            kind=ask.kind, name=ask.name, server=asker.name, environment=asker.environment,
            params=_value(ask.body)["params"], signals=_value(ask.context).get("signals", {}), subject=ask.subject,
            principal=ask.principal, at=self.at,
        )  # fmt: skip

    @cached_property
    def item(self) -> assignment.Item:
        trace = self.trace
        return assignment.Item(
            action_id=NOT_YET, policy=trace.found.policy, deadline_at=trace.deadline_at, subject=self.ask.subject,
            principal=self.ask.principal, server_owner_id=trace.asker.owner_id,
        )  # fmt: skip

    def _go(self) -> None:
        trace, asker, book = self.trace, self.trace.asker, policy.book()
        named: dict[str, Any] = {"kind": self.ask.kind, "name": self.ask.name}
        said = named | {"server": asker, "facts": lambda: self.facts}
        trace.found, trace.listed = book.find(**said), asker.lists(**named)
        trace.rules = [self._rule(each) for each in book.explain(**said)]
        trace.grants = self._grants() if trace.found.decision == Effect.REVIEW else []
        waits = trace.found.decision == Effect.REVIEW and trace.grant is None
        refused = self._bounds(waits=waits)
        if trace.found.decision == Effect.REVIEW:
            self._people(waits=waits)
        if refused is not None:
            return self._refuse(refused.code, refused.message)
        return self._end(waits=waits)

    def _rule(self, considered: policy.Considered) -> Rule:
        rule = considered.policy.rule
        unfit = considered.verdict == "does not fit"
        return Rule(
            considered.policy, considered.verdict, considered.why.replace("…", "..."),
            values=observing.values(rule, self.facts) if rule.when else [],
            misfits=observing.misfits(rule, self.facts) if unfit else [],
        )  # fmt: skip

    def _grants(self) -> list[Given]:
        """The living grants for such asks. The first that covers is the one that intake would use."""
        triple = (self.trace.asker.id, self.ask.kind, self.ask.name)
        living = granting.read(rows.fetch(granting.ask([triple], at=self.at))[0]).like(triple)
        said: dict[str, Any] = {
            "params": _value(self.ask.body)["params"], "policy": self.trace.found.policy,
            "names": (self.ask.subject, self.ask.principal), "server_owner_id": self.trace.asker.owner_id,
        }  # fmt: skip
        return [Given(grant.id, grant.giver[0], grant.uses_most - grant.used, grant.allows(**said)) for grant in living]

    def _bounds(self, *, waits: bool) -> TooMany | None:
        bounds = Bounds([(self.trace.asker, self.trace.found.policy)], at=self.at)
        self.trace.caps = [Cap(b.who, b.per_minute, b.lately, b.pending_most, b.waiting) for b in bounds.all]
        return bounds.refusal(self.trace.asker, self.trace.found.policy, waits=waits)

    def _people(self, *, waits: bool) -> None:
        trace, rule = self.trace, self.trace.found.policy.rule
        plan = assignment.plan([self.item], at=self.at)
        everybody = assignment.read_holders({need.role for need in rule.needs}, at=self.at)
        named = {} if not waits else {each.owner_id: each for each in plan.named}
        trace.asked, trace.later = list(named), sorted(plan.timers, key=lambda due: due.due_at)
        for place, need in enumerate(rule.needs):
            later = rule.order == "sequential" and place > 0
            seats = self._seats(need.role, everybody, named=named, later=later)
            trace.seats += seats or [Seat(need.role, "", False, said("nobody holds it"))]
        if plan.hopeless and waits:
            trace.reason = "no_owner"

    def _seats(
        self, role: str, everybody: assignment.Everybody, *, named: dict[int, assignment.Named], later: bool
    ) -> list[Seat]:  # fmt: skip
        able = everybody.of(role, rule=self.item.policy.rule)
        held = {each.user_id: each for each in [*everybody.members.get(role, ()), *able]}
        return [self._seat(role, each, named=named, later=later) for each in held.values()]

    def _seat(self, role: str, held: Holder, *, named: dict[int, assignment.Named], later: bool) -> Seat:
        mine = named.get(held.user_id)
        if mine is not None and mine.role == role:
            return Seat(role, held.username, True, said("asked"), held.on_behalf_of)
        return Seat(role, held.username, False, self._why_not(held, named=mine, later=later), held.on_behalf_of)

    def _why_not(self, held: Holder, *, named: assignment.Named | None, later: bool) -> str:
        """Why somebody who holds the role is not asked in it."""
        names = (self.ask.subject, self.ask.principal)
        if access.is_own(username=held.username, email=held.email, names=names):
            return said("it happens on their behalf")
        if access.is_theirs(held, names=names):
            return said("they stand in for {person}, on whose behalf it happens", person=held.on_behalf_of)
        if access.is_their_server(held, rule=self.item.policy.rule, server_owner_id=self.item.server_owner_id):
            return said("they own the server, and the rule leaves its owner out")
        if named is not None:
            return said("asked as {role} already", role=named.role)
        if held.away:
            return said("out of office")
        if self.trace.grant is not None:
            return said("a grant says yes in their place")
        if later:
            return said("asked when it is their turn")
        return said("too few people could decide it, so nobody is asked")

    def _end(self, *, waits: bool) -> None:
        trace = self.trace
        if trace.grant is not None:
            trace.state, trace.reason, trace.basis = State.APPROVED, "grant", "grant"
        elif trace.found.decision == Effect.ALLOW:
            trace.state, trace.reason, trace.basis = State.APPROVED, "policy", "policy"
        elif not waits:
            trace.reason = trace.found.reason
        elif not trace.reason:
            trace.state = State.PENDING

    def _is_result_of_nothing(self) -> bool:
        named = self.ask.sampling_action
        known = Action.objects.filter(
            pk=named, kind=Kind.SAMPLING, state=State.APPROVED, server=self.trace.asker.id
        )  # fmt: skip
        return named is not None and not known.exists()

    def _refuse(self, code: str, words: str) -> None:
        self.trace.code, self.trace.refused = code, words


def _value(preimage: bytes) -> dict[str, Any]:
    return json.loads(preimage)["value"]
