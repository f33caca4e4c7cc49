"""Who holds the duties that a rule names: now, as its approvals will be asked for, and at any earlier moment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from accounts import roles
from accounts.models import Absence, Membership
from accounts.roles import Holder

from ...rules.policies import Rule

DUTIES = {
    "approval": "Approval", "escalation": "Escalation", "break_glass": "Breaking the glass", "logging": "Logging",
    "exceptions": "Exceptions",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seat:
    """A role that holds a duty, and the people it names. `words` says for what it is asked."""

    duty: str
    role: str
    words: str
    people: list[Holder]

    @property
    def asked(self) -> list[Holder]:
        """Who would be asked: those who are away are not."""
        return [holder for holder in self.people if not holder.away]


@dataclass(frozen=True, slots=True)
class Held:
    """One membership at an earlier moment. `away` and `gone` (no access to the console any more) are told beside."""

    username: str
    away: bool
    gone: bool


def seats(rule: Rule, held: Mapping[str, list[Holder]]) -> list[Seat]:
    """Every duty of the rule with its people, in the order in which they come into it."""
    named = [("approval", n.role, f"{n.count} must say yes") for n in rule.needs]
    named += [("escalation", s.role, str(s.after_seconds)) for s in rule.escalation]
    named += [("break_glass", rule.break_glass, "")] if rule.break_glass else []
    named += [("logging", role, "") for role in rule.logging] + [("exceptions", role, "") for role in rule.exceptions]
    return [Seat(duty, role, words, held.get(role, [])) for duty, role, words in named]


def now(rules: Iterable[Rule], *, at: datetime) -> dict[str, list[Holder]]:
    """Role -> its people, those who are away marked, for all these rules in two queries."""
    return roles.holders({role for rule in rules for role in roles_of(rule)}, at=at, away=True)


def earlier(rule: Rule, *, at: datetime) -> dict[str, list[Held]]:
    """Role -> who held it at that moment, exactly as the windows say; people who have lost their access since too."""
    found: dict[str, list[Held]] = {role: [] for role in roles_of(rule)}
    held = Membership.objects.filter(Membership.at(at), role__name__in=found).select_related("role", "person")
    members = list(held.order_by("person__username"))
    absent = Absence.objects.filter(Absence.at(at), person__in={member.person_id for member in members})
    away = set(absent.values_list("person_id", flat=True))
    for member in members:
        person = member.person
        found[member.role.name].append(Held(person.username, member.person_id in away, not person.is_active))
    return found


def roles_of(rule: Rule) -> set[str]:
    named = {role for held in rule.roles.values() for role in held} | {step.role for step in rule.escalation}
    return named | ({rule.break_glass} if rule.break_glass else set())


def warnings(rule: Rule, held: Mapping[str, list[Holder]]) -> list[str]:
    """What is missing here, in words: too few people now, or a duty nobody has."""
    if rule.retired or rule.effect == "deny":
        return []
    told = [_short(rule, need.role, need.count, held) for need in rule.needs]
    for duty in ("logging", "exceptions"):
        named = rule.roles[duty]
        if not any(held.get(role) for role in named):
            told.append(f"nobody holds {named[0]} for {duty}" if named else f"nobody is named for {duty}")
    people = {holder.username for seat in seats(rule, held) for holder in seat.people}
    duties = [duty for duty in rule.roles.values() if duty]
    if len(people) == 1 and len(duties) > 1:
        told.append(f"{people.pop()} holds everything")
    return [words for words in told if words]


def _short(rule: Rule, role: str, count: int, held: Mapping[str, list[Holder]]) -> str:
    people = held.get(role, [])
    asked = [h for h in people if not h.away or rule.absence == "none"]
    if len(asked) >= count:
        return ""
    if not people:
        return f"nobody holds {role}"
    return f"{len(asked)} of {role} can answer now, {count} must"
