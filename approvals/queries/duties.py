"""Which rules in force name a role, and as what."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from accounts.words import counted, said

from .. import policy
from ..models import Policy
from ..rules.policies import Rule
from ..rules.readings.phrases import UNITS

EVERY = ("approval", "escalation", "logging", "exceptions", "break_glass")
DOES = {
    "break_glass": said("may break the glass"), "logging": said("logging"), "exceptions": said("exceptions"),
}  # fmt: skip
MOST = 500  # rules that a page lists


@dataclass(frozen=True, slots=True)
class Named:
    """That a rule names a role: as what, and, for approval, how many of its people must say yes."""

    policy: Policy
    duty: str
    count: int = 0
    after: int = 0

    @property
    def checkpoint(self) -> str:
        return self.policy.checkpoint.name

    @property
    def words(self) -> str:
        """What those who hold the role do here."""
        if self.duty == "approval":
            if self.count == self.policy.need:
                return counted("approval, one must say yes", "approval, {count} must say yes", count=self.count)
            return counted(
                "approval, one must say yes, beside others", "approval, {count} must say yes, beside others",
                count=self.count,
            )  # fmt: skip
        if self.duty == "escalation":
            return said("approval, asked after {span} without a decision", span=_span(self.after))
        return DOES[self.duty]


def naming(roles: Iterable[str], *, only: Iterable[str] = EVERY) -> dict[str, list[Named]]:
    """Return role -> the rules in force that name it, by checkpoint; from memory, but for a small query."""
    wanted, parts = list(roles), set(only)
    found: dict[str, list[Named]] = {role: [] for role in wanted}
    written = {role: json.dumps(role, ensure_ascii=False).encode() for role in wanted}
    for revision in sorted(policy.book().policies.values(), key=lambda each: each.checkpoint.name):
        body = bytes(revision.body)
        for role in wanted:
            if written[role] in body:  # most rules need not be read: a stored rule writes its names out
                found[role] += [named for named in _as(revision, role) if named.duty in parts]
    return {role: names[:MOST] for role, names in found.items()}


def count(roles: Iterable[str]) -> Counter[str]:
    """How many rules in force name each role."""
    return Counter({
        role: len({named.policy.pk for named in names}) for role, names in naming(roles).items()
    })  # fmt: skip


def _as(revision: Policy, role: str) -> list[Named]:
    rule: Rule = revision.rule
    named = [Named(revision, "approval", need.count) for need in rule.needs if need.role == role]
    named += [Named(revision, "escalation", after=s.after_seconds) for s in rule.escalation if s.role == role]
    named += [Named(revision, duty) for duty in ("logging", "exceptions") if role in rule.roles[duty]]
    return named + ([Named(revision, "break_glass")] if rule.break_glass == role else [])


def _span(seconds: int) -> str:
    """So many seconds, in the largest unit that says it whole."""
    size, unit = next((each for each in UNITS if seconds and seconds % each[0] == 0), UNITS[-1])
    return unit(seconds // size)
