"""Who is out of office, and who stands in for them."""

from collections.abc import Collection, Hashable, Mapping
from datetime import datetime

from django.db import transaction

from .errors import AbsenceOver, BadDelegate, BadWindow, OverlappingAbsence, UnknownRole
from .models import Absence, Delegation, Role, User
from .words import said

#: So many delegations may follow one another; a longer chain ends with nobody.
MOST_LINKS = 3


def stands_in[Person: Hashable](
    absent: Person, *, delegates: Mapping[Person, Person], away: Collection[Person]
) -> Person | None:
    """Return who stands in for the absent person in one role, following those who are away themselves."""
    chain = links(absent, delegates=delegates, away=away)
    return chain[-1] if chain else None


def links[Person: Hashable](
    absent: Person, *, delegates: Mapping[Person, Person], away: Collection[Person]
) -> list[Person]:
    """Return the chain from the first who was named to who stands in; all but the last are away themselves.

    `delegates` are the delegations of that role that hold now. Nobody stands in where the chain turns back or is too
    long, or where its last is away and has named nobody.
    """
    met, chain = {absent}, []
    for _ in range(MOST_LINKS):
        following = delegates.get(chain[-1] if chain else absent)
        if following is None or following in met:
            return []
        chain.append(following)
        if following not in away:
            return chain
        met.add(following)
    return []


def declare(
    *, person: User, delegates: Mapping[str, User], at: datetime, starts: datetime | None = None,
    until: datetime | None = None, note: str = "", by: User | None = None,
) -> Absence:  # fmt: skip
    """Say that this person is away from `starts` (or now) until then, or until further notice.

    `delegates` is role -> who stands in. Whether somebody does is judged when it matters: a delegate may be away too.
    """
    begins = max(starts or at, at)
    if until is not None and until <= begins:
        raise BadWindow(pointer="/until")
    with transaction.atomic():
        User.objects.select_for_update().get(pk=person.pk)  # two absences of one person are declared one by one
        _refuse_overlap(person, begins, until)
        named = _checked(person, delegates)
        made = Absence.objects.create(
            person=person, starts_at=begins, ends_at=until, note=note.strip()[:200], created_at=at, created_by=by
        )
        Delegation.objects.bulk_create(Delegation(absence=made, role=role, delegate=who) for role, who in named)
    return made


def end(*, absence: Absence, at: datetime) -> Absence:
    """End the absence now; one that has not begun never does. What was before stays on record."""
    with transaction.atomic():
        found = Absence.objects.select_for_update().get(pk=absence.pk)
        if found.ends_at is not None and found.ends_at <= at:
            raise AbsenceOver()
        found.ends_at = max(at, found.starts_at)
        found.save(update_fields=["ends_at"])
    return found


def _refuse_overlap(person: User, begins: datetime, until: datetime | None) -> None:
    others = person.absences.all() if until is None else person.absences.filter(starts_at__lt=until)
    for other in others:
        if other.ends_at is None or (other.ends_at > begins and other.ends_at > other.starts_at):
            raise OverlappingAbsence(pointer="/starts")


def _checked(person: User, delegates: Mapping[str, User]) -> list[tuple[Role, User]]:
    roles = Role.objects.in_bulk(list(delegates), field_name="name") if delegates else {}
    for name, delegate in delegates.items():
        if name not in roles:
            raise UnknownRole(said("No role is named {name}.", name=name), pointer="/delegates")
        if delegate.pk == person.pk:
            raise BadDelegate(said("Nobody stands in for themselves. Name somebody else."), pointer="/delegates")
        if not delegate.is_active:
            text = said("{name} has no active account. Name somebody else.", name=delegate.username)
            raise BadDelegate(text, pointer="/delegates")
    return [(roles[name], delegate) for name, delegate in delegates.items()]
