"""Who holds the duties that a rule names: now, as its approvals will be asked for, and at any earlier moment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from accounts import roles
from accounts.roles import Holder
from accounts.words import counted

from ...models import Policy
from ...rules.policies import Rule
from .. import boundaries


@dataclass(frozen=True, slots=True)
class Seat:
    """A role that holds a duty, and the people it names. `words` says for what it is asked."""

    duty: str
    role: str
    words: str
    people: list[Holder]
    regardless: bool = False

    @property
    def asked(self) -> list[Holder]:
        """Who would be asked: those who are away are not, unless nobody may stand in (`regardless`)."""
        return [holder for holder in self.people if self.regardless or not holder.away]


def seats(rule: Rule, held: Mapping[str, list[Holder]]) -> list[Seat]:
    """Every duty of the rule with its people, in the order in which they come into it."""
    named = [
        ("approval", n.role, counted("{count} must say yes", "{count} must say yes", count=n.count)) for n in rule.needs
    ]
    named += [("escalation", s.role, str(s.after_seconds)) for s in rule.escalation]
    named += [("break_glass", rule.break_glass, "")] if rule.break_glass else []
    named += [("logging", role, "") for role in rule.logging] + [("exceptions", role, "") for role in rule.exceptions]
    return [_seat(rule, duty, role, words, held.get(role, [])) for duty, role, words in named]


def _seat(rule: Rule, duty: str, role: str, words: str, people: list[Holder]) -> Seat:
    regardless = rule.absence == "none" and duty not in ("logging", "exceptions")
    present = [holder for holder in people if not (regardless and holder.on_behalf_of_id)]
    return Seat(duty, role, words, present, regardless)


def now(rules: Iterable[Rule], *, at: datetime) -> dict[str, list[Holder]]:
    """Role -> its people, those who are away marked, for all these rules in two queries."""
    return roles.holders({role for rule in rules for role in roles_of(rule)}, at=at, away=True)


def earlier(rule: Rule, *, at: datetime) -> dict[str, list[Holder]]:
    """Role -> who held it at that moment, exactly as the rows of then say."""
    return boundaries.holding.then(roles_of(rule), at)


def roles_of(rule: Rule) -> set[str]:
    named = {role for held in rule.roles.values() for role in held} | {step.role for step in rule.escalation}
    return named | ({rule.break_glass} if rule.break_glass else set())


def warnings(policy: Policy, held: dict[str, list[Holder]]) -> list[str]:
    """What is missing here, in the words of the map."""
    if policy.retired:
        return []
    stop = boundaries.Stop(policy, policy.rule)
    return [gap.words for gap in boundaries.wanting.of(stop, boundaries.Holding(held))]
