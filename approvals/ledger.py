"""What happened: one append-only line for every change, written in the transaction that makes it.

Digests, never payloads.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from . import rows
from .models import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the ledger, not yet written (see `rows.Light`)."""

    table: ClassVar = Entry
    event: str
    actor: str
    at: datetime
    action_id: UUID | None = None
    dig: str = ""


def record(*, event: str, actor: str, at: datetime, action_id: UUID | None = None, dig: str = "") -> None:
    rows.insert([Line(event=event, actor=actor, at=at, action_id=action_id, dig=dig)])
