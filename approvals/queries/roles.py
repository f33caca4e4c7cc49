"""One role: who holds it, held it and will hold it; which rules name it; what would follow if somebody left."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q

from accounts import roles
from accounts.models import Membership, Role, User

from . import duties

PAST = 100  # windows that are over, the latest first


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that names the role. `spare`: how many of those who hold it may leave until nobody could decide."""

    named: duties.Named
    spare: int | None

    @property
    def short(self) -> bool:
        return self.spare is not None and self.spare < 0

    @property
    def tight(self) -> bool:
        return self.spare == 0


@dataclass(frozen=True, slots=True)
class RolePage:
    """`role` is None while nobody holds it and no rule names it. `asked` are those who are asked now."""

    name: str
    role: Role | None
    lasting: list[Membership]
    past: list[Membership]
    asked: list[roles.Holder]
    rules: list[Rule]
    then: datetime | None
    held_then: list[Membership]

    @property
    def tight(self) -> list[Rule]:
        return [rule for rule in self.rules if rule.tight or rule.short]


def read(*, name: str, then: datetime | None, at: datetime) -> RolePage:
    """Read all about one role; with `then`, who held it at that moment, exactly."""
    role = Role.objects.filter(name=name).first()
    windows = Membership.objects.filter(role__name=name).select_related("person", "created_by")
    lasting = Q(ends_at=None) | (Q(ends_at__gt=at) & Q(ends_at__gt=F("starts_at")))
    over = windows.exclude(lasting).exclude(ends_at=F("starts_at")).order_by("-ends_at", "-pk")
    asked = roles.holders([name], at=at)[name]
    return RolePage(
        name=name, role=role,
        lasting=list(windows.filter(lasting).order_by("person__username", "starts_at")), past=list(over[:PAST]),
        asked=asked, rules=[_rule(named, len(asked)) for named in duties.naming([name])[name]], then=then,
        held_then=list(windows.filter(Membership.at(then)).order_by("person__username")) if then else [],
    )  # fmt: skip


def known(names: list[str]) -> dict[str, User]:
    """Return the people of these names."""
    said = [name for name in names if "\0" not in name]  # PostgreSQL holds no NUL
    return {person.username: person for person in User.objects.filter(username__in=said)}


def window(*, name: str, membership_id: int) -> Membership | None:
    """Return one window of this role."""
    found = Membership.objects.filter(pk=membership_id, role__name=name)
    return found.select_related("person").first()


def _rule(named: duties.Named, holders: int) -> Rule:
    return Rule(named, holders - named.count if named.duty == "approval" else None)
