"""Naming the owners: who is asked about an action, from the duties on its checkpoint."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from . import access
from .models import Assignment, Duty, Why


@dataclass(frozen=True, slots=True)
class Named:
    """A row of the table of assignments, on its way there (see `rows.Light`)."""

    table: ClassVar = Assignment
    action_id: UUID
    owner_id: int
    role: str
    at: datetime
    duty: str = Duty.APPROVAL
    why: str = Why.OWNER
    on_behalf_of_id: int | None = None
    membership_id: int | None = None


def eligible(owners: Iterable[access.Owner], *, subject: str, principal: str) -> list[access.Owner]:
    """Return the owners who may decide: everybody but the person on whose behalf it happens."""
    return [
        owner
        for owner in owners
        if not access.is_own(username=owner.username, email=owner.email, names=(subject, principal))
    ]


def name(*, action_id: UUID, owners: Iterable[access.Owner], at: datetime) -> list[Named]:
    """Return the rows, not yet written, that say these owners were asked."""
    return [Named(action_id, owner.user_id, owner.role, at) for owner in owners]
