"""The Celery tasks: each asks for one verb and finds by query what is due. A task lost or run twice changes nothing."""

from datetime import UTC, datetime

from celery import shared_task

from accounts import servers

from . import deadlines
from .queue import replies

SWEEP = "approvals.tasks.sweep"


@shared_task(name=SWEEP)
def sweep() -> int:
    """Settle what expired, forget used request ids, and hand over what is still owed; returns how many expired."""
    at = datetime.now(UTC)
    expired = deadlines.sweep(at=at)
    servers.sweep(at=at)
    replies.hand_over()
    return expired
