"""Floods on the queue: senders take turns, and what is one too many waits for its place, neither lost nor buried."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from placet.receipts import FileSigner

from accounts import servers
from approvals.errors import TooMany
from approvals.models import Action
from approvals.queue import Message, reader
from approvals.queue.broker import MEDIA_TYPE, BrokerIntake, _publish
from approvals.queue.patience import Patience
from approvals.queue.stream import StreamIntake
from approvals.queue.turns import Turns
from tests.approvals.queue.conftest import Shop

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def bakery(queue, tmp_path, now):
    """Another server's end of the queue."""
    key = FileSigner.generate(tmp_path / "bakery.pem")
    servers.register(name="bakery", public_key=json.dumps(key.public_jwk()).encode(), at=now)
    return Shop(queue.client, key)


class Said:
    """A source that hands out these messages, and remembers what was told to it."""

    def __init__(self, *messages: Message) -> None:
        self.messages, self.given_back = list(messages), 0

    def receive(self, *, limit: int, seconds: float):
        taken, self.messages = self.messages[:limit], self.messages[limit:]
        return taken

    def give_back(self) -> None:
        self.given_back += 1


def message(who: str, number: int) -> Message:
    return Message(f"{who}{number}", f"{who}.{number}.".encode())


def test_senders_take_turns_and_each_keeps_its_order():
    turns = Turns(source := Said(*(message("a", n) for n in range(300)), message("b", 0), message("c", 0)))
    assert [each.handle for each in turns.receive(limit=200, seconds=0)][:5] == ["a0", "b0", "c0", "a1", "a2"]
    turns.give_back()
    assert turns.receive(limit=200, seconds=0) == [] and source.given_back == 1


def test_who_was_told_to_wait_is_put_off_without_a_look_each_to_a_place_of_its_own():
    patience = Patience()
    refused = [(message("a", n), TooMany("", seconds=20 + 2 * n, whole=True, every=2.0)) for n in range(2)]
    due = [each.due for each in patience.put_off(refused, at=AT)]
    assert due == [AT + timedelta(seconds=20), AT + timedelta(seconds=22)]
    tried, deferred = patience.hopeless([message("a", 7), message("b", 0), message("a", 8)], at=AT)
    assert [each.handle for each in tried] == ["b0"]
    assert [each.due for each in deferred] == [AT + timedelta(seconds=24), AT + timedelta(seconds=26)]
    tried, deferred = patience.hopeless([message("a", 9)], at=AT + timedelta(seconds=21))
    assert len(tried) == 1 and not deferred


def test_nobody_is_put_off_for_longer_than_a_raised_bound_may_take_to_be_felt():
    patience = Patience()
    patience.put_off([(message("a", 0), TooMany("", seconds=40, whole=True, every=60.0))], at=AT)
    _, deferred = patience.hopeless([message("a", n) for n in range(1, 30)], at=AT)
    assert deferred[0].due == AT + timedelta(seconds=100) and deferred[-1].due == AT + timedelta(minutes=10)


def bounded(server, **bounds) -> None:
    for name, bound in bounds.items():
        setattr(server, name, bound)
    server.save()


def test_one_too_many_waits_and_is_admitted_when_there_is_a_place(queue, intake, refund, alice, shop, monkeypatch):
    bounded(shop, per_minute=2)
    queue.send(*(queue.sealed(key=f"k{n}") for n in range(5)))
    assert reader.turn(intake) == 5 and Action.objects.count() == 2
    assert (queue.waiting(), queue.dead(), queue.client.zcard("placet.intake.later")) == (0, [], 3)
    assert reader.turn(intake) == 0, "nothing is due yet"
    due = [at for _, at in queue.client.zrange("placet.intake.later", 0, -1, withscores=True)]
    assert due[1] - due[0] == pytest.approx(30, abs=1.1) == due[2] - due[1]

    bounded(shop, per_minute=None)
    for envelope in queue.client.zrange("placet.intake.later", 0, -1):
        queue.client.zadd("placet.intake.later", {envelope: 1})
    monkeypatch.setattr(intake, "_looked_at", 0.0)
    assert reader.turn(intake) == 3 and Action.objects.count() == 5
    assert queue.client.zcard("placet.intake.later") == 0 and queue.dead() == []


def test_a_flood_of_one_server_lets_the_ask_of_another_through(queue, bakery, valkey, refund, alice, shop):
    bounded(shop, per_minute=10)
    with queue.client.pipeline() as pipe:
        for sealed in [queue.sealed(key=f"k{n}") for n in range(900)]:
            pipe.xadd("placet.intake", {"envelope": sealed})
        pipe.execute()
    bakery.send(bakery.sealed(key="one", iss="urn:placet:server:bakery"))
    source, patience = Turns(StreamIntake(valkey)), Patience()
    assert reader.turn(source, patience=patience) == 200
    assert sorted(Action.objects.values_list("server__name", flat=True)) == ["bakery", *["shop"] * 10]
    while reader.turn(source, patience=patience):
        pass
    assert Action.objects.count() == 11 and queue.waiting() == 0
    assert queue.client.zcard("placet.intake.later") == 890 and queue.dead() == []


def test_what_is_read_ahead_is_not_taken_for_held_by_the_dead(queue, valkey, refund, alice, monkeypatch):
    slow, other = StreamIntake(valkey, claim_idle=0.05), StreamIntake(valkey, claim_idle=0.05)
    queue.send(queue.sealed())
    assert len(slow.receive(limit=5, seconds=0.1)) == 1
    for _ in range(8):
        slow._claimed_at = 0.0
        assert slow.receive(limit=5, seconds=0.02) == []
    (held,) = queue.client.xpending_range("placet.intake", "placet", "-", "+", 5)
    assert held["times_delivered"] == 1 and held["consumer"] == slow._name.encode()
    monkeypatch.setattr(slow, "_held", set())
    time.sleep(0.06)
    assert len(other.receive(limit=5, seconds=0.1)) == 1, "of the dead it is taken over"


def test_a_broker_without_a_later_gets_it_back_at_the_end_of_the_line(queue, settings, refund, alice, shop):
    settings.BROKER_URL = "memory://"
    source = BrokerIntake("memory://")
    bounded(shop, per_minute=1)
    with source._open() as line, line.Producer() as producer:
        for n in range(3):
            _publish(producer, queue.sealed(key=f"b{n}"), queue="placet.intake", content_type=MEDIA_TYPE)
    assert reader.turn(source) == 3 and Action.objects.count() == 1
    bounded(shop, per_minute=None)
    assert reader.turn(source) == 2 and Action.objects.count() == 3
    source.close()
