"""From when until when somebody holds a role: windows given, taken and set, earlier moments never touched."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet

from ..errors import BadWindow, OverlappingMembership
from ..models import Membership, Role, User


@dataclass(frozen=True, slots=True)
class Window:
    """That a person shall hold a role from then (None: from now on) until then (None: until further notice)."""

    person: User
    starts: datetime | None = None
    until: datetime | None = None


def give(
    *, role: str, user: User, at: datetime, starts: datetime | None = None, until: datetime | None = None,
    by: User | None = None,
) -> Membership:  # fmt: skip
    """Let the user hold the role of this name from `starts` (or now) on, the role made when it is new.

    Giving what is held already, just so, changes nothing; another window that overlaps is refused.
    """
    begins = max(starts or at, at)
    if until is not None and until <= begins:
        raise BadWindow(pointer="/until")
    with transaction.atomic():
        held = _locked(role)
        for known in _lasting(held, at).filter(person=user):
            if known.starts_at <= begins and known.ends_at == until:
                return known
            if _overlap(known.starts_at, known.ends_at, begins, until):
                raise OverlappingMembership(f"{user.username} holds {role} in part of that time.", pointer="/starts")
        return Membership.objects.create(
            role=held, person=user, starts_at=begins, ends_at=until, created_at=at, created_by=by
        )


def take(*, role: str, user: User, at: datetime) -> None:
    """End that the user holds the role, now and later. What was before stays on record."""
    _end(Membership.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), role__name=role, person=user), at)


def set_members(*, role: str, members: Sequence[Window], at: datetime, by: User | None = None) -> None:
    """Make the role's members exactly these from now on, the role made when it is new; earlier moments stay exact."""
    wanted = _wanted(members, at)
    with transaction.atomic():
        held = _locked(role)
        for known in _lasting(held, at):
            fits = next((w for w in wanted.get(known.person_id, ()) if _continues(known, w, at)), None)
            if fits is None:
                _end(Membership.objects.filter(pk=known.pk), at)
            else:
                wanted[known.person_id].remove(fits)
                Membership.objects.filter(pk=known.pk).exclude(ends_at=fits[1]).update(ends_at=fits[1])
        Membership.objects.bulk_create(
            Membership(role=held, person_id=person, starts_at=starts, ends_at=until, created_at=at, created_by=by)
            for person, windows in wanted.items()
            for starts, until in windows
        )


def _wanted(members: Sequence[Window], at: datetime) -> dict[int, list[tuple[datetime, datetime | None]]]:
    """Person's id -> the windows that reach beyond this moment, in order; two that overlap are refused."""
    wanted: dict[int, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for place, each in enumerate(members):
        starts = max(each.starts or at, at)
        if each.until is not None and each.until <= (each.starts or at):
            raise BadWindow(pointer=f"/members/{place}/until")
        if each.until is not None and each.until <= at:
            continue
        if any(_overlap(*known, starts, each.until) for known in wanted[each.person.pk]):
            raise OverlappingMembership(
                f"{each.person.username} stands here twice for part of the time.", pointer=f"/members/{place}"
            )
        wanted[each.person.pk].append((starts, each.until))
    return wanted


def _continues(known: Membership, window: tuple[datetime, datetime | None], at: datetime) -> bool:
    """Whether the window is this membership with perhaps another end."""
    return window[0] == (at if known.starts_at <= at else known.starts_at)


def _overlap(starts: datetime, ends: datetime | None, begins: datetime, until: datetime | None) -> bool:
    return (until is None or starts < until) and (ends is None or begins < ends)


def _locked(role: str) -> Role:
    """The role of this name; its windows are changed by one at a time."""
    made, _ = Role.objects.get_or_create(name=role)
    return Role.objects.select_for_update().get(pk=made.pk)


def _lasting(role: Role, at: datetime) -> QuerySet[Membership]:
    """Windows that hold now or will; one that was ended before it began never does."""
    open_ended = Q(ends_at=None) | (Q(ends_at__gt=at) & Q(ends_at__gt=F("starts_at")))
    return Membership.objects.filter(open_ended, role=role).order_by("starts_at", "id")


def _end(memberships: QuerySet[Membership], at: datetime) -> None:
    memberships.filter(starts_at__lte=at).update(ends_at=at)
    memberships.filter(starts_at__gt=at).update(ends_at=F("starts_at"))
