"""The Celery tasks: each asks for one verb and finds by query what is due. A task lost or run twice changes nothing."""

from datetime import UTC, datetime

from celery import shared_task

from accounts import servers

from . import answers, deadlines
from .queue import replies

SWEEP = "approvals.tasks.sweep"


@shared_task(name=SWEEP)
def sweep() -> int:
    """Settle what expired, forget what was used (request ids, answers), hand over what is still owed.

    Returns how many expired.
    """
    at = datetime.now(UTC)
    expired = deadlines.sweep(at=at)
    servers.sweep(at=at)
    answers.sweep(at=at)
    replies.hand_over()
    return expired
