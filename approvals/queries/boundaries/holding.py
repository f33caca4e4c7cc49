"""Who holds the duties of a rule: now as the verbs see it, or at an earlier moment, from the rows of then."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Subquery

from accounts import roles
from accounts.models import Absence, Delegation, Membership
from accounts.roles import Holder
from accounts.words import said

from ...models import Duty
from ...rules.policies import Rule


@dataclass(frozen=True, slots=True)
class Post:
    """One duty of one rule: its roles, and who holds them. Whoever is away is among the people, and marked."""

    duty: str
    roles: tuple[str, ...]
    people: tuple[Holder, ...]

    @property
    def present(self) -> list[Holder]:
        return [person for person in self.people if not person.away]

    @property
    def hole(self) -> str:
        """Why nobody does it, "" when somebody does."""
        if self.present:
            return ""
        return said("everybody is away") if self.people else said("nobody")


@dataclass(frozen=True, slots=True)
class Holding:
    """Role -> who holds it, of all roles a page is about."""

    holders: dict[str, list[Holder]]

    @classmethod
    def of(cls, rules: Iterable[Rule], *, moment: datetime | None, at: datetime) -> "Holding":
        named = {role for rule in rules for held in rule.roles.values() for role in held}
        return cls(then(named, moment) if moment else roles.holders(named, at=at, away=True))

    def posts(self, rule: Rule) -> tuple[Post, ...]:
        """The three duties of the rule; approval only where somebody approves."""
        return tuple(
            Post(duty, held, self._people(held, delegates=duty != Duty.APPROVAL or rule.absence == "delegate"))
            for duty, held in rule.roles.items()
            if held or duty != Duty.APPROVAL or rule.effect == "review"
        )

    def of_role(self, role: str) -> list[Holder]:
        return self.holders.get(role, [])

    def _people(self, named: tuple[str, ...], *, delegates: bool) -> tuple[Holder, ...]:
        """Each person once, in their own right first. Where nobody stands in, whoever is away is asked as usual."""
        people: dict[int, Holder] = {}
        for role in named:
            for held in sorted(self.of_role(role), key=lambda held: held.on_behalf_of_id is not None):
                if delegates or held.on_behalf_of_id is None:
                    people.setdefault(held.user_id, held)
        return tuple(sorted(people.values(), key=lambda held: (held.away, held.username)))


def then(named: set[str], moment: datetime) -> dict[str, list[Holder]]:
    """Role -> who held it, as it was.

    People who have left since are told too: that somebody is active now says nothing of then.
    """
    gone = Absence.objects.filter(Absence.at(moment))
    theirs = gone.filter(person=OuterRef("person"))
    held = Membership.objects.filter(Membership.at(moment), role__name__in=named).annotate(
        absence=Subquery(theirs.values("pk")[:1]), until=Subquery(theirs.values("ends_at")[:1])
    )
    columns = ("role__name", "person_id", "person__username", "person__email", "pk", "absence", "until")
    members = held.order_by("person__username").values_list(*columns)
    given = Delegation.objects.filter(absence__in=gone, role__name__in=named)
    delegations = given.annotate(away=Exists(gone.filter(person=OuterRef("delegate")))).values_list(
        "role__name", "absence__person_id", "delegate_id", "delegate__username", "delegate__email", "away"
    )
    return roles.read_holders(members, delegations, away=True)
