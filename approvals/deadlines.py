"""Deadlines: what nobody decided in time expires, with a receipt that says so; and what is due before them."""

from datetime import datetime

from django.db import transaction

from . import escalation, settlement
from .models import Action, State, Timer

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


def sweep_timers(*, at: datetime, limit: int = 10_000) -> int:
    """Fire up to `limit` timers that are due: warnings, and steps of escalation. Return how many fired.

    Their actions are locked first, as a decision locks them: so no step fires beside a decision, or twice. What another
    process holds is skipped, and met again by the next sweep.
    """
    done = 0
    while done < limit:
        fired = _fire(at=at, limit=min(BATCH, limit - done))
        done += fired
        if not fired:
            break
    return done


@transaction.atomic
def _fire(*, at: datetime, limit: int) -> int:
    due = Timer.objects.filter(fired_at=None, due_at__lte=at).order_by("due_at").values("action_id")[:limit]
    held = (
        Action.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(pk__in=due)
        .select_related("policy__checkpoint", "server")
        .defer("body")
        .order_by("id")
    )
    return escalation.fire_due({action.pk: action for action in held}, at=at)


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
