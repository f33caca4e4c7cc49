"""Naming the owners: who is asked about an action, from the duties on its checkpoint."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from . import access
from .models import Assignment


def eligible(owners: Iterable[access.Owner], *, subject: str, principal: str) -> list[access.Owner]:
    """Return the owners who may decide: everybody but the person on whose behalf it happens."""
    return [
        owner
        for owner in owners
        if not access.is_own(username=owner.username, email=owner.email, names=(subject, principal))
    ]


def name(*, action_id: UUID, owners: Iterable[access.Owner], at: datetime) -> list[Assignment]:
    """Return the rows, not yet written, that say these owners were asked."""
    return [Assignment(action_id=action_id, owner_id=o.user_id, role=o.role, at=at) for o in owners]
