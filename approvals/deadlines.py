"""Deadlines: what nobody decided in time expires, with a receipt that says so."""

from datetime import datetime

from django.db import transaction

from . import settlement
from .models import Action, State

BATCH = 200


def sweep(*, at: datetime, limit: int = 10_000) -> int:
    """Settle as expired up to `limit` actions whose deadline has passed; return how many.

    Batches are short transactions. Rows another process holds are skipped: it is deciding them, or sweeping too.
    """
    done = 0
    while done < limit:
        found = _batch(at=at, limit=min(BATCH, limit - done))
        done += found
        if not found:
            break
    return done


@transaction.atomic
def _batch(*, at: datetime, limit: int) -> int:
    due = (
        Action.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(state=State.PENDING, deadline_at__lte=at)
        .select_related("policy__checkpoint", "server")
        .prefetch_related("reviews")
        .order_by("deadline_at", "id")[:limit]
    )
    cases = [settlement.expired(action) for action in due]
    if cases:
        settlement.settle_many(cases, at=at)
    return len(cases)
