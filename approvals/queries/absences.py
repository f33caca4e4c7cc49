"""Being away, as the person who is or will be sees it: who could stand in, who does, and who is asked then."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q

from accounts import roles
from accounts.models import Absence, Delegation, Membership, User

from . import duties

PEOPLE = 300  # whom a page suggests as somebody who could stand in


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who holds the role too. `away` is when their absence ends, if they are away."""

    username: str
    is_away: bool
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Post:
    """A role that is held, and who holds it too."""

    role: str
    until: datetime | None
    colleagues: list[Colleague]


@dataclass(frozen=True, slots=True)
class Effect:
    """What an absence comes to in one role: whom was named, who is asked instead, and who else holds it."""

    role: str
    named: str
    stands_in: str
    others: list[str]


@dataclass(frozen=True, slots=True)
class Away:
    """An absence that holds or is to come."""

    absence: Absence
    now: bool
    effects: list[Effect]


@dataclass(frozen=True, slots=True)
class AbsencePage:
    posts: list[Post]
    absences: list[Away]
    people: list[str]
    strict: list[str]

    @property
    def now(self) -> Absence | None:
        return next((away.absence for away in self.absences if away.now), None)


def read(*, user: User, at: datetime) -> AbsencePage:
    """Read the page of this person; a fixed number of queries."""
    mine = list(Membership.objects.filter(Membership.at(at), person=user).select_related("role").order_by("role__name"))
    names = [membership.role.name for membership in mine]
    lasting = Q(ends_at=None) | (Q(ends_at__gt=at) & Q(ends_at__gt=F("starts_at")))
    absences = list(Absence.objects.filter(lasting, person=user).order_by("starts_at"))
    given = Delegation.objects.filter(absence__in=absences).select_related("role", "delegate")
    named = {(each.absence_id, each.role.name): each.delegate.username for each in given}
    held = roles.holders(names, at=at, away=True)
    others = {held.user_id for all_ in held.values() for held in all_} - {user.pk}
    until = dict(Absence.objects.filter(Absence.at(at), person_id__in=others).values_list("person_id", "ends_at"))
    active = User.objects.filter(is_active=True).exclude(pk=user.pk).order_by("username")
    return AbsencePage(
        posts=[_post(membership, held[membership.role.name], until, user) for membership in mine],
        absences=[_away(absence, names, named, held, user=user, at=at) for absence in absences],
        people=list(active.values_list("username", flat=True)[:PEOPLE]),
        strict=_strict(names),
    )


def own(*, user: User, absence_id: int) -> Absence | None:
    """Return this person's own absence."""
    return Absence.objects.filter(pk=absence_id, person=user).first()


def _post(membership: Membership, held: list[roles.Holder], until: dict[int, datetime | None], user: User) -> Post:
    colleagues = [
        Colleague(holder.username, holder.away, until.get(holder.user_id))
        for holder in held
        if holder.user_id != user.pk and not holder.on_behalf_of
    ]
    return Post(membership.role.name, membership.ends_at, sorted(colleagues, key=lambda c: (c.is_away, c.username)))


def _away(
    absence: Absence, names: list[str], named: dict[tuple[int, str], str], held: dict[str, list[roles.Holder]], *,
    user: User, at: datetime,
) -> Away:  # fmt: skip
    now = absence.starts_at <= at
    effects = []
    for role in names:
        asked = [holder for holder in held[role] if not holder.away and holder.user_id != user.pk]
        mine = [holder.username for holder in asked if holder.on_behalf_of_id == user.pk]
        others = [holder.username for holder in asked if holder.on_behalf_of_id != user.pk]
        effects.append(Effect(role, named.get((absence.pk, role), ""), mine[0] if mine else "", others))
    return Away(absence, now, effects)


def _strict(names: list[str]) -> list[str]:
    """Checkpoints by whose rule nobody stands in, so that whoever is away is asked as usual."""
    if not names:
        return []
    named = duties.naming(names, only=("approval",))
    strict = {each.checkpoint for rules in named.values() for each in rules if each.policy.rule.absence == "none"}
    return sorted(strict)
