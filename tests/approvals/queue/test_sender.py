"""The sender: a receipt is on its way as soon as the decision is heard of, and nobody loses one it did not hear of."""

import threading
import time
from datetime import UTC, datetime

import pytest

from approvals import nudge, reviews, tasks
from approvals.models import Action
from approvals.queue import reader, sender
from tests.journeys.running import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def listening(queue):
    """A sender that runs, until the test ends; it has surely subscribed."""
    stop, others = threading.Event(), _listeners(queue)
    thread = threading.Thread(target=sender.run, args=(stop,))
    thread.start()
    until(lambda: _listeners(queue) > others, limit=5)
    yield thread
    stop.set()
    thread.join(3)
    assert not thread.is_alive()


def _listeners(queue) -> int:
    return queue.client.pubsub_numsub(nudge.CHANNEL)[0][1]


@pytest.fixture
def waiting(queue, intake, refund, alice) -> Action:
    """An ask that came over the queue and waits."""
    queue.send(queue.sealed())
    reader.turn(intake)
    return Action.objects.get()


def test_a_decision_that_is_heard_of_is_sent_at_once(listening, queue, waiting, alice):
    reviews.record(action_id=waiting.pk, reviewer=alice, verdict="approve", at=datetime.now(UTC))
    until(lambda: [reply["state"] for reply in queue.replies()] == ["approved"], limit=3)


def test_what_is_no_settlement_sends_nothing_and_stops_nobody(listening, queue, waiting, alice):
    for said in (b"nonsense", b"[]", b'{"event":"asked","actions":[]}', b'"settled"'):
        queue.client.publish(nudge.CHANNEL, said)
    time.sleep(0.2)
    assert listening.is_alive() and not queue.replies()
    reviews.record(action_id=waiting.pk, reviewer=alice, verdict="deny", at=datetime.now(UTC))
    until(lambda: len(queue.replies()) == 1, limit=3)


def test_what_nobody_heard_of_is_sent_by_the_sweep(queue, waiting, alice):
    reviews.record(action_id=waiting.pk, reviewer=alice, verdict="approve", at=datetime.now(UTC))
    assert not queue.replies()
    tasks.sweep()
    assert len(queue.replies()) == 1
