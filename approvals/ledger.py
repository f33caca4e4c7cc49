"""What happened: one append-only line for every change, written in the transaction that makes it.

Digests, never payloads.
"""

from datetime import datetime
from uuid import UUID

from . import rows
from .models import Entry


def line(*, event: str, actor: str, at: datetime, action_id: UUID | None = None, dig: str = "") -> Entry:
    """Return a line, not yet written."""
    return Entry(event=event, actor=actor, action_id=action_id, dig=dig, at=at)


def record(*, event: str, actor: str, at: datetime, action_id: UUID | None = None, dig: str = "") -> None:
    rows.insert([line(event=event, actor=actor, at=at, action_id=action_id, dig=dig)])
