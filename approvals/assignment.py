"""Naming the owners: who is asked about an action, why, and what is due on it before its deadline."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from accounts import roles
from accounts.roles import Holder

from . import access, rows
from .models import Action, Assignment, Duty, Handover, How, Policy, Timer, Why
from .rules import policies, quorum

WARNING = 0  # the step of a timer that only warns


@dataclass(frozen=True, slots=True)
class Named:
    """A row of the table of assignments, on its way there (see `rows.Light`)."""

    table: ClassVar = Assignment
    action_id: UUID
    owner_id: int
    role: str
    at: datetime
    duty: str = Duty.APPROVAL
    why: str = Why.OWNER
    on_behalf_of_id: int | None = None
    membership_id: int | None = None

    def about(self, action_id: UUID) -> "Named":
        """The same of another action."""
        return Named(
            action_id, self.owner_id, self.role, self.at, self.duty, self.why, self.on_behalf_of_id, self.membership_id
        )


@dataclass(frozen=True, slots=True)
class Due:
    """A row of the table of timers, on its way there."""

    table: ClassVar = Timer
    action_id: UUID
    step: int
    role: str
    due_at: datetime
    fired_at: datetime | None = None
    fired_by_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An ask that needs people: under which revision, until when, and on whose behalf.

    `server_owner_id` is the person whose server asks; the rule says whether they may decide.
    """

    action_id: UUID
    policy: Policy
    deadline_at: datetime
    subject: str = ""
    principal: str = ""
    server_owner_id: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Rows not yet written: who is asked, what is due later. `hopeless` are ids of those that nobody could complete."""

    named: list[Named] = field(default_factory=list)
    timers: list[Due] = field(default_factory=list)
    hopeless: set[UUID] = field(default_factory=set)


def plan(items: Sequence[Item], *, at: datetime, read: "Everybody | None" = None) -> Plan:
    """Plan for new asks, many at a time: all holders are read in one turn with the database.

    Or in none, when `read`, which this transaction has read before, knows every role that is named.
    """
    made = Plan()
    named = all_roles(items)
    everybody = read if read is not None and named <= read.names else read_holders(named, at=at)
    # Asks that differ in nothing that decides who is asked; of a server most do.
    known: dict[tuple[object, ...], Sequence[Named] | None] = {}
    for item in items:
        steps = timers(item, at=at)
        escalated = frozenset(step.role for step in steps if step.role)
        alike = (id(item.policy), item.subject, item.principal, item.server_owner_id, escalated)
        if alike not in known:
            known[alike] = _first_asked(item, everybody, escalated=escalated, at=at)
        asked = known[alike]
        if asked is None:
            made.hopeless.add(item.action_id)
            continue
        made.named.extend(each.about(item.action_id) for each in asked)
        made.timers.extend(steps)
    return made


@dataclass(frozen=True, slots=True)
class Everybody:
    """Who holds some roles: with people standing in for those who are away, and without. Away people are marked."""

    standing_in: Mapping[str, Sequence[Holder]]
    members: Mapping[str, Sequence[Holder]]
    names: frozenset[str] = frozenset()

    def of(self, role: str, *, rule: policies.Rule) -> Sequence[Holder]:
        """Who may vote in this role under the rule: its members, and who stands in for those who are away."""
        return (self.members if rule.absence == "none" else self.standing_in).get(role, ())


def read_holders(names: Collection[str], *, at: datetime) -> Everybody:
    """Read who holds these roles, in one turn."""
    if not names:
        return Everybody({}, {})
    return holders_found(names, rows.together(*ask_holders(names, at=at)))


def ask_holders(names: Collection[str], *, at: datetime) -> tuple[rows.Question, rows.Question]:
    """Ask who holds these roles, among other questions of one turn."""
    wanted = sorted(names)
    return roles.ask_members(wanted, at=at), roles.ask_delegations(wanted, at=at)


def holders_found(names: Collection[str], found: Sequence[rows.Answer]) -> Everybody:
    """Read the answers to `ask_holders`."""
    members, delegations = found
    own = roles.read_holders(members, None)
    return Everybody(roles.read_holders(members, delegations, away=True), own, frozenset(names))


def ask(
    item: Item, names: Iterable[str], everybody: Everybody, *, at: datetime, why: str = "",
    asked: Collection[int] = (),
) -> list[Named]:  # fmt: skip
    """Return the rows that say that the people of these roles were asked; nobody twice, nobody who was `asked`.

    Whoever is away is asked only when nobody else of the role is there: they may come back in time.
    """
    named: dict[int, Named] = {}
    for role in names:
        able = [held for held in everybody.of(role, rule=item.policy.rule) if allows(item, held)]
        present = [held for held in able if not held.away or item.policy.rule.absence == "none"]
        for held in present or able:
            if held.user_id not in asked:
                named.setdefault(held.user_id, naming(item.action_id, held, at=at, why=why))
    return list(named.values())


def naming(action_id: UUID, held: Holder, *, at: datetime, why: str = "") -> Named:
    """The row that says that this person was asked, in that role."""
    usual = Why.DELEGATE if held.on_behalf_of_id else Why.OWNER
    return Named(
        action_id, held.user_id, held.role, at, why=why or usual, on_behalf_of_id=held.on_behalf_of_id,
        membership_id=held.membership_id,
    )  # fmt: skip


def allows(item: Item, held: Holder) -> bool:
    """Whether the rule lets this person decide the ask, apart from their role."""
    if access.is_their_server(held, rule=item.policy.rule, server_owner_id=item.server_owner_id):
        return False
    return not access.is_theirs(held, names=(item.subject, item.principal))


def timers(item: Item, *, at: datetime) -> list[Due]:
    """What is due on a new ask before its deadline: a warning, and steps of escalation.

    When the server gave less time than the rule, a step that would come too late is left out, and the warning comes
    as much earlier as there is less time.
    """
    rule, lasts = item.policy.rule, (item.deadline_at - at).total_seconds()
    due = []
    if rule.warn_seconds is not None:
        before = timedelta(seconds=rule.warn_seconds * min(1.0, lasts / rule.deadline_seconds))
        due.append(Due(item.action_id, WARNING, "", item.deadline_at - before))
    for number, step in enumerate(rule.escalation, 1):
        moment = at + timedelta(seconds=step.after_seconds)
        if moment < item.deadline_at:
            due.append(Due(item.action_id, number, step.role, moment))
    return due


def members(item: Item, names: Iterable[str], everybody: Everybody) -> dict[int, set[str]]:
    """Return person's id -> those of these roles in which they or who stands in for them may decide the ask."""
    found: dict[int, set[str]] = {}
    for role in names:
        for held in everybody.members.get(role, ()):
            if allows(item, held):
                found.setdefault(held.user_id, set()).add(role)
    return found


def item_of(action: Action) -> Item:
    """An action that was admitted before, as an item."""
    subject, principal = names_of(action)
    return Item(
        action_id=action.pk, policy=action.policy, deadline_at=action.deadline_at, subject=subject,
        principal=principal, server_owner_id=action.server.owner_id,
    )  # fmt: skip


def names_of(action: Action) -> tuple[str, str]:
    """The names on whose behalf it happens: the subject's, and that of whoever made the request that caused it."""
    return action.subject, json.loads(bytes(action.context))["value"].get("origin", {}).get("principal", "")


def everybody_for(action: Action, terms: quorum.Terms, *, at: datetime) -> dict[int, set[str]]:
    """Return who could say yes to the action: person's id -> in which roles."""
    return members(item_of(action), terms.roles, read_holders(terms.roles, at=at))


def ask_next(
    actions: Sequence[Action], stages: Mapping[UUID, Sequence[str]], *, at: datetime, why: str = ""
) -> list[Named]:
    """Return the rows that say that the people of these roles were asked about these actions, who were not before."""
    everybody = read_holders({role for roles_ in stages.values() for role in roles_}, at=at)
    before: dict[UUID, set[int]] = {action.pk: set() for action in actions}
    asked = Assignment.objects.filter(action_id__in=before, duty=Duty.APPROVAL)
    for action_id, owner_id in asked.values_list("action_id", "owner_id"):
        before[action_id].add(owner_id)
    return [
        named
        for each in actions
        for named in ask(item_of(each), stages[each.pk], everybody, at=at, why=why, asked=before[each.pk])
    ]


def passed_on(handovers: Iterable[Handover]) -> set[int]:
    """Return the ids of those who passed an action on and did not get it back since; the oldest handover first."""
    out: set[int] = set()
    for each in handovers:
        if each.how == How.TOOK_OVER:
            out.discard(each.person_id)
        else:
            out.add(each.person_id)
        out.discard(each.to_id)
    return out


def all_roles(items: Iterable[Item]) -> frozenset[str]:
    """Return the roles that may be asked about these, now or later."""
    rules = {id(item.policy): item.policy.rule for item in items}.values()
    return frozenset(each.role for rule in rules for each in (*rule.needs, *rule.escalation))


def _first_asked(
    item: Item, everybody: Everybody, *, escalated: frozenset[str], at: datetime
) -> Sequence[Named] | None:
    """Who is asked at once; None when nobody could complete it, were all who hold the roles now to say yes."""
    rule = item.policy.rule
    terms = quorum.Terms(rule.needs, escalated=escalated)
    if not quorum.satisfiable(terms, members(item, terms.roles, everybody)):
        return None
    first = rule.needs[:1] if rule.order == "sequential" else rule.needs
    return ask(item, [need.role for need in first], everybody, at=at)
