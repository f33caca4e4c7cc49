"""Receipts on their way back: each server's own queue, at least once, whatever happens to Redis."""

from datetime import UTC, datetime, timedelta

import pytest

from approvals import delivery, reviews, tasks
from approvals.models import Action, Delivery, Receipt
from approvals.queue import BrokerAway, reader, replies
from tests.asks import ask


@pytest.fixture
def decided(queue, intake, refund, alice) -> Action:
    """An ask that came over the queue and was approved."""
    queue.send(queue.sealed())
    reader.turn(intake)
    action = Action.objects.get()
    reviews.record(action_id=action.pk, reviewer=alice, verdict="approve", at=datetime.now(UTC))
    return action


def test_a_decision_reaches_its_server_as_the_stored_bytes(queue, decided):
    assert replies.hand_over() == 1
    (reply,) = queue.replies()
    assert (reply["action"], reply["state"], reply["key"]) == (str(decided.pk), "approved", "k1")
    assert reply["receipt"].encode() == bytes(Receipt.objects.get().jws)


def test_what_was_delivered_is_not_delivered_again(queue, decided):
    assert (replies.hand_over(), replies.hand_over()) == (1, 0) and len(queue.replies()) == 1


def test_an_ask_denied_at_once_is_answered_too(queue, intake):
    queue.send(queue.sealed(ask(tool="launch")))
    reader.turn(intake)
    replies.hand_over()
    assert [reply["state"] for reply in queue.replies()] == ["denied"]


def test_many_are_handed_over_in_few_turns(queue, intake):
    queue.send(*(queue.sealed(ask(tool="launch"), key=f"k{i}") for i in range(60)))
    while reader.turn(intake):
        pass
    assert replies.hand_over() == 60 and len({reply["key"] for reply in queue.replies()}) == 60


def test_who_asks_again_for_what_is_decided_gets_its_lost_reply_again(queue, intake, decided):
    replies.hand_over()
    queue.client.flushall()
    queue.send(queue.sealed())
    reader.turn(intake)
    replies.hand_over()
    assert [reply["state"] for reply in queue.replies()] == ["approved"] and queue.dead() == []


def test_while_redis_is_away_receipts_stay_owed(queue, decided, settings):
    here, settings.REDIS_URL = settings.REDIS_URL, "redis://127.0.0.1:1/0"
    assert replies.hand_over() == 0
    assert Delivery.objects.get().delivered_at is None
    settings.REDIS_URL = here
    assert delivery.hand_over(publish=replies.publish, at=datetime.now(UTC) + timedelta(seconds=3)) == 1
    assert len(queue.replies()) == 1


def test_a_sender_that_died_in_between_is_replaced_after_its_lease(queue, decided):
    def die(messages):
        raise KeyboardInterrupt

    at = datetime.now(UTC)
    with pytest.raises(KeyboardInterrupt):
        delivery.hand_over(publish=die, at=at)
    assert delivery.hand_over(publish=replies.publish, at=at + timedelta(seconds=1)) == 0
    assert delivery.hand_over(publish=replies.publish, at=at + delivery.LEASE) == 1


def test_without_any_broker_receipts_stay_owed(decided, settings):
    settings.REDIS_URL = None
    with pytest.raises(BrokerAway):
        replies.publish([])
    assert replies.hand_over() == 0 and Delivery.objects.get().delivered_at is None


def test_the_sweep_expires_and_hands_over(queue, intake, refund, alice):
    queue.send(queue.sealed(ask(timeout="1s")))
    reader.turn(intake)
    Action.objects.get()
    import time

    time.sleep(1.1)
    assert tasks.sweep() == 1
    assert [reply["state"] for reply in queue.replies()] == ["expired"]
