"""Changes as rows: their documents as canonical bytes, and the digest that the ledger names them by."""

import json
from datetime import datetime
from typing import Any

from placet import canonical

from accounts.models import User

from ..models import Change

type Document = dict[str, Any]


def write(
    author: User, about: str, subject: str, stands: Document | None, wanted: Document | None, *, note: str,
    effective_at: datetime, at: datetime,
) -> Change:  # fmt: skip
    said: Document = {
        "about": about, "subject": subject, "current": stands, "proposed": wanted, "author": author.urn, "note": note,
        "effective_at": effective_at.isoformat(),
    }  # fmt: skip
    return Change.objects.create(
        about=about, subject=subject, current=as_bytes(stands), proposed=as_bytes(wanted), note=note, author=author,
        dig=canonical.digest("change", said), created_at=at, effective_at=effective_at,
    )  # fmt: skip


def as_bytes(document: Document | None) -> bytes | None:
    return None if document is None else canonical.canonical(document)


def said(kept: bytes | None) -> Document | None:
    return None if kept is None else json.loads(bytes(kept))
