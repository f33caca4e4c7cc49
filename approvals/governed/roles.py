"""Changes of a role: who holds it, from when until when. What follows for the rules that need it is said before."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import F, Q, QuerySet

from accounts import roles, words
from accounts.models import Membership, Role

from .. import vetting
from ..errors import BadChange
from ..rules import documents
from . import people, trying

if TYPE_CHECKING:
    from accounts.models import User

    from . import Confirmed

MEMBERS = ("role", "members")


def read(*, subject: str, document: dict[str, Any] | None, at: datetime) -> dict[str, Any] | None:
    """A role stays, because receipts name it: nothing shall stand means that nobody shall hold it."""
    said = documents.read(documents.RoleDocument, {"role": subject} if document is None else document)
    if said.role != subject:
        raise BadChange(words.said("The document names another role than the one it is proposed for."), pointer="/role")
    return since(document=said.plain, at=at)


def current(*, subject: str, at: datetime) -> dict[str, Any] | None:
    return _documents(Role.objects.filter(name=subject), at=at).get(subject)


def every(*, at: datetime) -> dict[str, dict[str, Any]]:
    """Return name -> document of all that stands."""
    return _documents(Role.objects.order_by("name"), at=at)


def since(*, document: dict[str, Any] | None, at: datetime) -> dict[str, Any] | None:
    """Windows that are over are left out, and of those that have begun their beginning: it cannot change any more."""
    if document is None:
        return None
    lasting = [each for each in document.get("members", ()) if not _past(each.get("until"), at)]
    members = [{k: v for k, v in each.items() if k != "from" or not _past(v, at)} for each in lasting]
    ordered = sorted(members, key=lambda each: (each["person"], each.get("from", "")))
    return {"role": document["role"]} | ({"members": ordered} if ordered else {})


def check(*, subject: str, document: dict[str, Any] | None, at: datetime, proposing: bool) -> None:
    """Whoever is named exists, and no two windows of one person overlap: setting them, and taking that back, tells."""
    if proposing:
        trying.as_if(lambda: set_to(subject=subject, document=document, at=at), lambda: None)


def consequences(*, subject: str, document: dict[str, Any] | None, at: datetime) -> list[str]:
    """Say which rules nobody could meet any more, and which would begin to be met."""
    touched = [each.rule for each in vetting.in_force() if subject in vetting.roles_of(each.rule)]
    before = vetting.unsatisfiable(rules=touched, at=at)
    after = trying.as_if(
        lambda: set_to(subject=subject, document=document, at=at), lambda: vetting.unsatisfiable(rules=touched, at=at)
    )
    lost = [
        words.said("{name} could not be approved any more: it {why}.", name=name, why=why)
        for name, why in after.items()
        if name not in before
    ]
    won = [words.said("{name} could be approved again.", name=name) for name in before if name not in after]
    return lost + won


def put(confirmed: Confirmed) -> None:
    set_to(subject=confirmed.subject, document=confirmed.proposed, at=confirmed.at, by=confirmed.author)
    vetting.recheck(at=confirmed.at)


def set_to(*, subject: str, document: dict[str, Any] | None, at: datetime, by: User | None = None) -> None:
    """Make it so, in the caller's transaction."""
    members = _members(since(document=document, at=at))
    known = people.named((each["person"], f"/members/{place}/person") for place, each in enumerate(members))
    windows = [
        roles.Window(known[each["person"]], starts=_moment(each.get("from")), until=_moment(each.get("until")))
        for each in members
    ]
    roles.set_members(role=subject, members=windows, at=at, by=by)


def _documents(found: QuerySet[Role], *, at: datetime) -> dict[str, dict[str, Any]]:
    """Two queries. Whoever has no active account holds nothing, and is not written down."""
    members: dict[str, list[dict[str, str]]] = {role.name: [] for role in found}
    lasting = Q(ends_at=None) | (Q(ends_at__gt=at) & Q(ends_at__gt=F("starts_at")))
    held = Membership.objects.filter(lasting, role__name__in=list(members), person__is_active=True)
    for each in held.select_related("person", "role"):
        members[each.role.name].append(_member(each, at=at))
    return {name: since(document={"role": name, "members": those}, at=at) for name, those in members.items()}


def _members(document: dict[str, Any] | None) -> list[dict[str, str]]:
    return list((document or {}).get("members", ()))


def _member(held: Membership, *, at: datetime) -> dict[str, str]:
    said = {"person": held.person.username}
    if held.starts_at > at:
        said["from"] = documents.stamp(held.starts_at)
    if held.ends_at is not None:
        said["until"] = documents.stamp(held.ends_at)
    return said


def _past(said: str | None, at: datetime) -> bool:
    return said is not None and _moment(said) <= at


def _moment(said: str | None) -> datetime | None:
    return datetime.fromisoformat(said) if said else None
