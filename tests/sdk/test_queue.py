"""Asks over a broker: signed envelopes in, receipts back, nothing lost for good. The console's own reader answers."""

import threading
import time
from datetime import UTC, datetime

import pytest
from placet import Console, Denied, MemorySpent, OutcomeUnknown, SqliteSpent, StillPending, prepare
from placet.queue import Queue

from tests.approvals.editing import edit, editable

REFUND = {"name": "refund", "arguments": {"order": "A1", "amount": 42}}


class Worker:
    """The console's side of the queue, one turn at a time."""

    def admit(self) -> int:
        from approvals.queue import reader, url

        source = reader.opened(url())
        try:
            return reader.turn(source)
        finally:
            source.close()

    def deliver(self) -> int:
        from approvals import delivery
        from approvals.queue import replies

        return delivery.hand_over(publish=replies.publish, at=datetime.now(UTC))

    def action(self, submission) -> str:
        from approvals.models import Action

        return str(Action.objects.get(idempotency_key=submission.key).pk)


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture(params=["redis", "kombu"])
def broker(request, valkey, settings) -> str:
    """Redis streams, and a broker that kombu speaks to."""
    settings.BROKER_URL = "memory://" if request.param == "kombu" else ""
    if request.param == "kombu":
        from kombu.transport.memory import Transport

        Transport.global_state.clear()
        Transport.Channel.queues.clear()
        from approvals.queue import replies

        replies._broker.cache_clear()
    return settings.BROKER_URL or valkey


@pytest.fixture
def till(broker, console, jwks, owners, key_file, tmp_path):
    """The till, which has a broker and no way to the console itself."""
    terms = {"server": "till", "key": key_file("till"), "pin": jwks, "issuer": console}
    with Queue(broker, spent=SqliteSpent(tmp_path / "spent.db"), lost_after=0.4, **terms) as queue:
        yield queue


def test_an_ask_over_the_queue_is_decided_and_runs_once(till, worker, owners):
    submission = till.submit(**REFUND)
    assert worker.admit() == 1
    owners.decide(worker.action(submission))
    assert worker.deliver() == 1
    approved = till.wait(submission, timeout=10)
    assert approved.run(lambda order, amount: (order, amount)) == ("A1", 42)
    with pytest.raises(OutcomeUnknown):
        till._redeemed(
            submission, {"action": approved.action, "state": "approved", "receipt": approved.receipt.decode()}
        )


def test_what_an_owner_made_of_it_comes_over_the_queue_too(till, worker, owners):
    from approvals.models import Action

    editable(at=datetime.now(UTC))
    submission = till.submit(**REFUND)
    worker.admit()
    asked = Action.objects.select_related("policy__checkpoint", "server").get(pk=worker.action(submission))
    edit(asked, owners.people["alice"], {"/amount": 40}, at=datetime.now(UTC))
    worker.deliver()
    approved = till.wait(submission, timeout=10)
    assert approved.edited and approved.arguments == {"order": "A1", "amount": 40}


def test_a_no_comes_over_the_queue_too(till, worker, owners):
    submission = till.submit(**REFUND)
    worker.admit()
    owners.decide(worker.action(submission), "deny", note="No.")
    worker.deliver()
    with pytest.raises(Denied) as no:
        till.wait(submission, timeout=10)
    assert no.value.note == "No."


def test_a_lost_reply_is_told_again_when_the_ask_is_sent_again(till, worker, owners):
    submission = till.submit(**REFUND)
    worker.admit()
    owners.decide(worker.action(submission))
    worker.deliver()
    till._line.take(seconds=0.2)  # somebody else's fault took it away
    with pytest.raises(StillPending):
        till.wait(submission, timeout=0.1)
    answers = threading.Thread(target=lambda: (time.sleep(0.7), worker.admit(), worker.deliver()))
    answers.start()
    assert till.wait(submission, timeout=10).name == "refund"
    answers.join()


def test_many_asks_go_in_one_go_and_come_back_in_any_order(till, worker, owners):
    submissions = [prepare(name="refund", arguments={"order": f"A{number}"}) for number in range(20)]
    till.send(submissions)
    assert worker.admit() == 20
    for submission in reversed(submissions):
        owners.decide(worker.action(submission))
    worker.deliver()
    assert [till.wait(each, timeout=10).arguments["order"] for each in submissions] == [f"A{n}" for n in range(20)]


def test_with_a_console_a_lost_reply_is_read_there_and_the_approval_consumed_online(
    broker, console, jwks, owners, key_file, worker
):
    key = key_file("till")
    with Console(console, key=key, server="till", pin=jwks) as side:
        queue = Queue(broker, server="till", key=key, pin=jwks, console=side, lost_after=0.1)
        submission = queue.submit(**REFUND)
        worker.admit()
        owners.decide(worker.action(submission))
        approved = queue.wait(submission, timeout=10)  # nothing was delivered
        approved.report("succeeded")
        assert side.read(approved.action)["outcome"]["status"] == "succeeded"


def test_with_a_console_even_an_ask_that_the_broker_lost_arrives(broker, console, jwks, owners, key_file):
    key = key_file("till")
    with Console(console, key=key, server="till", pin=jwks) as side:
        queue = Queue(broker, server="till", key=key, pin=jwks, console=side, lost_after=0.1)
        submission = prepare(**REFUND)  # never sent
        decide = threading.Thread(target=lambda: (time.sleep(0.5), owners.decide(Worker().action(submission))))
        decide.start()
        assert queue.wait(submission, timeout=10).name == "refund"
        decide.join()


def test_without_a_console_there_must_be_a_memory_that_lasts(valkey, jwks, key_file):
    key = key_file("till")
    for spent in (None, MemorySpent()):
        with pytest.raises(TypeError, match="spent"):
            Queue(valkey, server="till", key=key, pin=jwks, issuer="x", spent=spent)


def test_an_envelope_of_a_stranger_is_not_admitted(broker, console, jwks, owners, tmp_path, worker):
    from placet import FileSigner

    from approvals.models import Action

    stranger = FileSigner.generate(tmp_path / "mallory.pem")
    spent = SqliteSpent(tmp_path / "spent.db")
    Queue(broker, server="till", key=stranger, pin=jwks, issuer=console, spent=spent).submit(**REFUND)
    worker.admit()
    assert not Action.objects.exists()
