"""The Celery tasks: each asks for one verb and finds by query what is due. A task lost or run twice changes nothing."""

from datetime import UTC, datetime

from celery import shared_task

from accounts import servers

from . import deadlines, delivery
from .queue import BrokerAway, replies

SWEEP, DELIVER = "approvals.tasks.sweep", "approvals.tasks.deliver"
ROUNDS = 20  # batches a delivery task hands over before it lets others run


@shared_task(name=SWEEP)
def sweep() -> int:
    """Settle what expired, forget used request ids, and hand over what is still owed; returns how many expired."""
    at = datetime.now(UTC)
    expired = deadlines.sweep(at=at)
    servers.sweep(at=at)
    hand_over()
    return expired


@shared_task(name=DELIVER)
def deliver() -> int:
    """Hand over the receipts that are owed; returns how many."""
    return hand_over()


def hand_over() -> int:
    """Batch after batch until nothing is owed. A broker that is away is tried again at the next sweep."""
    done = 0
    for _ in range(ROUNDS):
        try:
            found = delivery.hand_over(publish=replies.publish, at=datetime.now(UTC))
        except BrokerAway:
            break
        done += found
        if found < delivery.BATCH:
            break
    return done
