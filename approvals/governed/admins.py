"""Changes of who changes the map: making somebody an admin, or no longer one. There is always one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts import words
from accounts.models import User

from ..errors import BadChange, LastAdmin
from ..rules import documents
from . import people

if TYPE_CHECKING:
    from datetime import datetime

    from . import Confirmed

MEMBERS = ("person", "admin")


def read(*, subject: str, document: dict[str, Any] | None, at: datetime) -> dict[str, Any] | None:
    said = documents.read(documents.AdminDocument, document)
    if said.person != subject:
        raise BadChange(
            words.said("The document names another person than the one it is proposed for."), pointer="/person"
        )
    return {"person": subject, "admin": said.admin}


def current(*, subject: str, at: datetime) -> dict[str, Any] | None:
    person = User.objects.filter(username=subject).first()
    return {"person": subject, "admin": person.is_staff} if person else None


def since(*, document: dict[str, Any] | None, at: datetime) -> dict[str, Any] | None:
    return document


def check(*, subject: str, document: dict[str, Any] | None, at: datetime, proposing: bool) -> None:
    if document["admin"]:
        people.named([(subject, "/person")])
    elif not _others(subject).exists():
        raise LastAdmin()


def consequences(*, subject: str, document: dict[str, Any] | None, at: datetime) -> list[str]:
    check(subject=subject, document=document, at=at, proposing=True)
    others = User.objects.filter(is_staff=True).exclude(username=subject).count()
    if document["admin"] and others == 1:
        return [words.said("From then on every change needs a second admin.")]
    if not document["admin"] and others == 1:
        return [words.said("One admin is left then, whose changes nobody confirms.")]
    return []


def put(confirmed: Confirmed) -> None:
    """Staff see the pages of the map; a superuser finds Django's admin open, where people are made. Neither decides."""
    made = confirmed.proposed["admin"]
    User.objects.filter(username=confirmed.subject).update(is_staff=made, is_superuser=made)


def _others(subject: str) -> Any:
    return User.objects.filter(is_staff=True, is_active=True).exclude(username=subject)
