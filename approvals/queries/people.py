"""The people: which roles they hold and until when, who is away, and what waits for each. A fixed number of queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Max, OuterRef, Prefetch, Q, QuerySet

from accounts import roles
from accounts.models import Absence, Delegation, Membership, Role, User

from ..models import Assignment, Duty, Review, State
from . import duties
from .asked import later_edit

SIZE = 50
ABSENCES, WINDOWS = 20, 200  # the latest of one person
RECENT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Line:
    """A person in the list. `coming` are roles they will hold; `waiting` counts asks that wait for their word."""

    person: User
    held: list[Membership]
    coming: list[Membership]
    absence: Absence | None
    waiting: int
    last: datetime | None


@dataclass(frozen=True, slots=True)
class People:
    lines: list[Line]
    next: str


@dataclass(frozen=True, slots=True)
class Held:
    """A role in the list, who holds it now, and how many rules name it."""

    role: Role
    holders: list[User]
    away: set[int]
    named: int


@dataclass(frozen=True, slots=True)
class Approvable:
    """A checkpoint whose asks this person may decide, by which role, and for whom when not for themselves."""

    name: duties.Named
    role: str
    standing_in_for: str


@dataclass(frozen=True, slots=True)
class Person:
    """All about one person."""

    person: User
    windows: list[Membership]
    absences: list[Absence]
    held: list[roles.Holder]
    approves: list[Approvable]
    sees: list[tuple[str, duties.Named]]
    waiting: int
    reviews: int
    last: datetime | None


def read(*, search: str = "", after: str = "", away: bool = False, at: datetime) -> People:
    """Read one page of the people, by name; with `away` those who are out of office now."""
    found = User.objects.order_by("username")
    if search:
        found = found.filter(_called(search, at=at))
    if away:
        found = found.filter(Exists(Absence.objects.filter(Absence.at(at), person=OuterRef("pk"))))
    if after:
        found = found.filter(username__gt=after)
    people = list(found[: SIZE + 1])
    following = people[SIZE - 1].username if len(people) > SIZE else ""
    return People(_lines(people[:SIZE], at=at), following)


def one(*, username: str, at: datetime) -> Person | None:
    """Read all about one person; None when nobody has this name."""
    person = User.objects.filter(username=username).first()
    if person is None:
        return None
    windows = (
        Membership.objects.filter(person=person).select_related("role", "created_by").order_by("-starts_at", "-pk")
    )
    since = _absences(Absence.objects.filter(person=person)).select_related("created_by").order_by("-starts_at", "-pk")
    held = roles.held_by(person, at=at)
    said = Review.objects.filter(reviewer=person).aggregate(
        last=Max("at"), recent=Count("pk", filter=Q(at__gte=at - RECENT))
    )
    return Person(
        person=person, windows=list(windows[:WINDOWS]), absences=list(since[:ABSENCES]), held=held,
        approves=_approvable(held), sees=_seen(held), waiting=waiting([person.pk]).get(person.pk, 0),
        reviews=said["recent"], last=said["last"],
    )  # fmt: skip


def by_role(*, search: str = "", after: str = "", at: datetime) -> tuple[list[Held], str]:
    """Read one page of the roles, by name, and the name the next page starts after."""
    found = Role.objects.filter(name__icontains=search) if search else Role.objects.all()
    named = list(found.filter(name__gt=after).order_by("name")[: SIZE + 1])
    following = named[SIZE - 1].name if len(named) > SIZE else ""
    holding: dict[int, list[User]] = defaultdict(list)
    now = Membership.objects.filter(Membership.at(at), role__in=named, person__is_active=True)
    for membership in now.select_related("person").order_by("person__username"):
        holding[membership.role_id].append(membership.person)
    people = {person.pk for held in holding.values() for person in held}
    away = set(Absence.objects.filter(Absence.at(at), person_id__in=people).values_list("person_id", flat=True))
    rules = duties.count({role.name for role in named})
    return [Held(role, holding[role.pk], away, rules[role.name]) for role in named[:SIZE]], following


def waiting(people: Collection[int]) -> dict[int, int]:
    """Count for each of these people the asks that wait for their word: asked by name, pending, and not said."""
    asked = Assignment.objects.filter(owner_id__in=people, duty=Duty.APPROVAL, action__state=State.PENDING)
    said = Review.objects.filter(action=OuterRef("action"), reviewer=OuterRef("owner"))
    counted = asked.filter(~Exists(said.exclude(Exists(later_edit())))).values("owner_id").annotate(count=Count("pk"))
    return {row["owner_id"]: row["count"] for row in counted}


def _called(words: str, *, at: datetime) -> Q:
    """Whose name, mail address or role has these words in it."""
    holds = Membership.objects.filter(Membership.at(at), person=OuterRef("pk"), role__name__icontains=words)
    fields = ("username", "first_name", "last_name", "email")
    named = Q(*((f"{name}__icontains", words) for name in fields), _connector=Q.OR)
    return named | Exists(holds)


def _lines(people: list[User], *, at: datetime) -> list[Line]:
    ids = [person.pk for person in people]
    held: dict[int, list[Membership]] = defaultdict(list)
    lasting = Membership.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), person_id__in=ids)
    for membership in lasting.select_related("role").order_by("role__name", "starts_at"):
        held[membership.person_id].append(membership)
    absent = _absences(Absence.objects.filter(Absence.at(at), person_id__in=ids))
    away = {absence.person_id: absence for absence in absent}
    count = waiting(ids)
    last = dict(
        Review.objects.filter(reviewer_id__in=ids).values("reviewer_id").annotate(last=Max("at"))
        .values_list("reviewer_id", "last")
    )  # fmt: skip
    return [
        Line(
            person, [m for m in held[person.pk] if m.starts_at <= at], [m for m in held[person.pk] if m.starts_at > at],
            away.get(person.pk), count.get(person.pk, 0), last.get(person.pk),
        )
        for person in people
    ]  # fmt: skip


def _absences(found: QuerySet[Absence]) -> QuerySet[Absence]:
    """With who stands in, and for which role."""
    named = Delegation.objects.select_related("role", "delegate").order_by("role__name")
    return found.prefetch_related(Prefetch("delegations", named))


def _approvable(held: Iterable[roles.Holder]) -> list[Approvable]:
    by_role: dict[str, list[roles.Holder]] = defaultdict(list)
    for holder in held:
        by_role[holder.role].append(holder)
    found = duties.naming(by_role, only=("approval", "escalation"))
    return [
        Approvable(name, role, holder.on_behalf_of)
        for role, names in found.items() for name in names for holder in by_role[role]
    ]  # fmt: skip


def _seen(held: Iterable[roles.Holder]) -> list[tuple[str, duties.Named]]:
    """What their roles may see without deciding it."""
    own = {holder.role for holder in held if not holder.on_behalf_of}
    found = duties.naming(own, only=("logging", "exceptions", "break_glass"))
    return [(role, name) for role, names in found.items() for name in names]
