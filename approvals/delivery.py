"""Handing receipts over to the servers' reply queues: at least once, in the order they fell due, from rows that survive everything."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from .models import Delivery

BATCH = 500
LONGEST_PAUSE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Message:
    """One receipt on its way."""

    server: str
    action_id: UUID
    state: str
    key: str
    receipt: bytes


type Publish = Callable[[Sequence[Message]], None]


def hand_over(*, publish: Publish, at: datetime, limit: int = BATCH) -> int:
    """Publish up to `limit` receipts that are owed, then mark them delivered; return how many.

    `publish` runs before the mark commits: a crash between the two delivers twice, never not at all. When it raises, the
    rows stay owed and wait longer each time.
    """
    owed: list[Delivery] = []
    try:
        with transaction.atomic():
            owed += _owed(at=at, limit=limit)
            if owed:
                publish([_message(row) for row in owed])
                Delivery.objects.filter(pk__in=[row.pk for row in owed]).update(delivered_at=at, attempts=F("attempts") + 1)
    except Exception:
        _postpone(owed, at=at)
        raise
    return len(owed)


def _owed(*, at: datetime, limit: int) -> list[Delivery]:
    rows = (
        Delivery.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(delivered_at=None, due_at__lte=at)
        .select_related("action__server", "action__receipt")
        .defer("action__body", "action__context")
        .order_by("due_at", "action_id")
    )
    return list(rows[:limit])


def _message(row: Delivery) -> Message:
    action = row.action
    return Message(action.server.name, action.pk, action.state, action.idempotency_key, bytes(action.receipt.jws))


def _postpone(rows: Sequence[Delivery], *, at: datetime) -> None:
    for row in rows:
        pause = min(timedelta(seconds=2 ** min(row.attempts, 12)), LONGEST_PAUSE) * random.uniform(0.8, 1.2)
        Delivery.objects.filter(pk=row.pk, delivered_at=None).update(due_at=at + pause, attempts=F("attempts") + 1)
