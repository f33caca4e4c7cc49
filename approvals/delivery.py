"""Handing receipts over to the servers' reply queues: at least once, in the order they fell due, from rows."""

import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from .models import Delivery, Edit, State

BATCH = 500
LEASE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Message:
    """One receipt on its way; `edit` are the canonical bytes of what an owner made of the ask it approves."""

    server: str
    action_id: UUID
    state: str
    key: str
    receipt: bytes
    edit: bytes | None = None

    @property
    def fields(self) -> dict[str, str]:
        """What a reply says; `edit` is JSON, and is there only when there is one."""
        edit = {} if self.edit is None else {"edit": json.dumps(json.loads(self.edit)["value"])}
        said = {"action": str(self.action_id), "state": self.state, "key": self.key}
        return said | {"receipt": self.receipt.decode("ascii")} | edit


type Publish = Callable[[Sequence[Message]], None]


def hand_over(*, publish: Publish, at: datetime, limit: int = BATCH) -> int:
    """Publish up to `limit` receipts that are owed, then mark them delivered; return how many.

    The rows are leased for the time being, not locked: a broker that hangs must not hold up those who write. `publish`
    runs before the mark: a crash in between delivers twice, never not at all. When it raises, the rows stay owed and
    wait longer each time.
    """
    owed = _lease(at=at, limit=limit)
    if not owed:
        return 0
    try:
        made = _edits([row.pk for row in owed if row.action.state == State.APPROVED])
        publish([_message(row, made.get(row.pk)) for row in owed])
    except Exception:
        _postpone(owed, at=at)
        raise
    rows = Delivery.objects.filter(pk__in=[row.pk for row in owed], delivered_at=None)
    rows.update(delivered_at=at, attempts=F("attempts") + 1)
    return len(owed)


def owe_again(*, action_ids: Iterable[UUID], at: datetime) -> None:
    """Send these receipts once more: whoever they were for has lost them."""
    Delivery.objects.filter(pk__in=list(action_ids)).exclude(delivered_at=None).update(delivered_at=None, due_at=at)


def _lease(*, at: datetime, limit: int) -> list[Delivery]:
    """Take what is due; whoever else looks finds it due again only after the lease."""
    with transaction.atomic():
        rows = (
            Delivery.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(delivered_at=None, due_at__lte=at)
            .select_related("action__server", "action__receipt")
            .defer("action__body", "action__context")
            .order_by("due_at", "action_id")
        )
        owed = list(rows[:limit])
        if owed:
            Delivery.objects.filter(pk__in=[row.pk for row in owed]).update(due_at=at + LEASE)
    return owed


def _edits(ids: list[UUID]) -> dict[UUID, bytes]:
    """The newest edit of each."""
    found = Edit.objects.filter(action_id__in=ids).order_by("number") if ids else ()
    newest = {edit.action_id: edit for edit in found}
    return {action_id: edit.body for action_id, edit in newest.items() if not edit.is_erased}


def _message(row: Delivery, edit: bytes | None) -> Message:
    action = row.action
    return Message(action.server.name, action.pk, action.state, action.idempotency_key, bytes(action.receipt.jws), edit)


def _postpone(rows: Sequence[Delivery], *, at: datetime) -> None:
    tried: dict[int, list[UUID]] = defaultdict(list)
    for row in rows:
        tried[row.attempts].append(row.pk)
    for attempts, ids in tried.items():
        pause = min(timedelta(seconds=2 ** min(attempts, 5)), LONGEST_PAUSE) * random.uniform(0.8, 1.2)  # noqa: S311 - jitter
        Delivery.objects.filter(pk__in=ids, delivered_at=None).update(due_at=at + pause, attempts=attempts + 1)
