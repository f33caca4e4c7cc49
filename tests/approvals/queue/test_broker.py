"""The same queue on a broker that kombu speaks to; here one inside this process."""

import json
from datetime import UTC, datetime

import kombu
import pytest

from approvals import delivery, reviews
from approvals.models import Action, Receipt
from approvals.queue import BrokerAway, reader, replies
from approvals.queue.broker import BrokerIntake


@pytest.fixture
def broker(settings):
    """A broker inside this process."""
    settings.BROKER_URL = "memory://placet-tests"
    with kombu.Connection(settings.BROKER_URL) as line:
        yield line
        for name in ("placet.intake", "placet.intake.dead", "placet.receipts.shop"):
            line.default_channel.queue_purge(name) if name in line.default_channel.queues else None


@pytest.fixture
def source(broker, settings):
    opened = reader.opened(settings.BROKER_URL)
    assert isinstance(opened, BrokerIntake)
    yield opened
    opened.close()


def send(line: kombu.Connection, *sealed: bytes) -> None:
    with line.Producer() as producer:
        for envelope in sealed:
            producer.publish(
                envelope,
                routing_key="placet.intake",
                declare=[kombu.Queue("placet.intake", kombu.Exchange(""), routing_key="placet.intake")],
                content_type="application/jose",
                content_encoding="binary",
            )


def read(line: kombu.Connection, name: str) -> list[kombu.Message]:
    queue = kombu.Queue(name, kombu.Exchange(""), routing_key=name)(line.default_channel)
    queue.declare()
    return list(iter(lambda: queue.get(no_ack=True), None))


def test_asks_come_in_over_a_broker_too(broker, source, queue, refund, alice):
    send(broker, *(queue.sealed(key=f"k{i}") for i in range(5)))
    assert reader.turn(source) == 5
    assert Action.objects.count() == 5 and reader.turn(source) == 0


def test_what_cannot_be_admitted_is_buried_there_with_its_reason(broker, source, queue, refund, alice):
    send(broker, b"nonsense", queue.sealed())
    reader.turn(source)
    (letter,) = read(broker, "placet.intake.dead")
    assert letter.headers["reason"] == "bad_signature" and letter.body in (b"nonsense", "nonsense")
    assert Action.objects.count() == 1


def test_what_was_not_acknowledged_comes_again(broker, source, queue, refund, alice):
    send(broker, queue.sealed())
    assert len(source.receive(limit=5, seconds=0.5)) == 1  # and then the database fails
    source.give_back()
    assert reader.turn(source) == 1 and reader.turn(source) == 0 and Action.objects.count() == 1


def test_receipts_go_back_over_the_broker(broker, source, queue, refund, alice):
    send(broker, queue.sealed())
    reader.turn(source)
    reviews.record(action_id=Action.objects.get().pk, reviewer=alice, verdict="deny", at=datetime.now(UTC))
    assert replies.hand_over() == 1
    (reply,) = read(broker, "placet.receipts.shop")
    said = json.loads(reply.body)
    assert (said["state"], said["key"]) == ("denied", "k1")
    assert said["receipt"].encode() == bytes(Receipt.objects.get().jws)


def test_a_broker_that_is_away_is_named_so(queue, settings):
    settings.BROKER_URL = "amqp://127.0.0.1:1//"
    with pytest.raises(BrokerAway):
        reader.opened(settings.BROKER_URL).receive(limit=1, seconds=0.1)
    with pytest.raises(BrokerAway):
        replies.publish([delivery.Message("shop", Action().pk, "denied", "k1", b"a.b.c")])
