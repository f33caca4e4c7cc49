"""The Celery tasks: each asks for one verb and finds by query what is due. A task lost or run twice changes nothing."""

from datetime import UTC, datetime

from celery import shared_task
from django.conf import settings

from accounts import servers, signins

from . import (
    answers,
    attention,
    changes,
    custody,
    deadlines,
    drills,
    erasing,
    sequencing,
    simulating,
    tallying,
    vetting,
)
from .queue import replies

SWEEP = "approvals.tasks.sweep"
RECHECK = "approvals.tasks.recheck"
SIMULATE = "approvals.tasks.simulate"
RETAIN = "approvals.tasks.retain"


@shared_task(name=SWEEP)
def sweep() -> int:
    """Settle what expired, warn and escalate, apply changes that are due, forget what was used, hand over what is owed,
    and give the ledger's entries their leaves.

    Returns how many expired.
    """
    at = datetime.now(UTC)
    expired = deadlines.sweep(at=at)
    deadlines.sweep_timers(at=at)
    servers.sweep(at=at)
    answers.sweep(at=at)
    replies.hand_over()
    if (waiting := simulating.take_up(at=at)) is not None:
        simulate.apply_async((waiting,), retry=False)
    changes.due(at=at)
    sequencing.run(at=at)  # last: a ledger that contradicts its head stops nothing else
    return expired


@shared_task(name=SIMULATE)
def simulate(simulation_id: int) -> None:
    """Count a simulation to its end. Lost, it is taken up again; what goes wrong here is said on its page."""
    try:
        simulating.run(simulation_id=simulation_id, clock=lambda: datetime.now(UTC))
    except Exception as error:
        why = f"It stopped on an error of this console: {type(error).__name__}. The worker’s log has the rest."
        simulating.fail(simulation_id=simulation_id, why=why, at=datetime.now(UTC))
        raise


@shared_task(name=RECHECK)
def recheck() -> int:
    """Count what the days came to, enter what became of signing keys, if that is missing. Find the rules that nobody
    could meet any more, because people left or are away; return how many are new.
    """
    at = datetime.now(UTC)
    tallying.run(at=at)
    custody.enter(at=at)
    signins.sweep(at=at)
    attention.watch(at=at)
    drills.run(at=at)
    return vetting.recheck(at=at)


@shared_task(name=RETAIN)
def retain() -> int:
    """Erase the payloads of what was decided longer ago than they are kept; return how many."""
    at, done = datetime.now(UTC), 0
    while found := erasing.sweep(at=at, days=settings.RETAIN_DAYS):
        done += found
    return done
