"""Everybody at once, on PostgreSQL: always exactly one decision, one receipt, one winner.

And everybody else told the truth.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections

from accounts import roles
from approvals import deadlines, errors, intake, redemption, reviews, withdrawal
from approvals.models import Action, Assignment, Delivery, Entry, Receipt, Review
from tests import publishing
from tests.asks import ask, identity, item, submit

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = 25


@pytest.fixture(autouse=True)
def on_postgres():
    assert connection.vendor == "postgresql", "a race on SQLite proves nothing: writers queue there anyway"


def at_once(*calls):
    """Run the calls in threads that start together; return results and refusals in order."""
    barrier = threading.Barrier(len(calls))

    def run(call):
        barrier.wait(timeout=20)
        try:
            return call()
        except errors.Refusal as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, call) for call in calls]]


@pytest.fixture
def place(alice, bob, now):
    def publish(need: int):
        return publishing.publish(
            checkpoint="shop/refund", kind="tool_call", pattern="refund", need=need, deadline_seconds=600,
            roles={"approval": "payments-owner"}, at=now,
        )  # fmt: skip

    return publish


def verdict(action, person, said, at, *, apart: bool = False):
    """A call that says this; `apart` in a transaction of its own, as of another web process."""

    def alone():
        given = reviews.Given(action_id=action.pk, reviewer=person, verdict=said)
        return reviews.record_many(given=[given], at=at)[0]

    return alone if apart else lambda: reviews.record(action_id=action.pk, reviewer=person, verdict=said, at=at)


@pytest.fixture(params=["one process", "two processes"])
def apart(request) -> bool:
    return request.param == "two processes"


def one_ending(action) -> str:
    """The action's one decision, after checking that every trace of it agrees."""
    state = Action.objects.get(pk=action.pk).state
    assert state != "pending"
    assert Receipt.objects.get(action=action).decision == state
    assert Delivery.objects.filter(action=action).count() == 1
    endings = Entry.objects.filter(
        action=action, event__in=[f"action.{s}" for s in ("approved", "denied", "expired", "withdrawn")]
    )
    assert [entry.event for entry in endings] == [f"action.{state}"]
    return state


def test_approve_against_deny_has_one_winner_and_the_loser_is_told(place, apart, alice, bob, shop, now):
    place(1)
    for number in range(ROUNDS):
        action = submit(shop, key=f"k{number}", at=now).action
        said = [(alice, "approve"), (bob, "deny")]
        answers = at_once(*(verdict(action, who, what, now, apart=apart) for who, what in said))
        state = one_ending(action)
        winners = [a for a in answers if isinstance(a, reviews.Recorded)]
        losers = [a for a in answers if isinstance(a, errors.AlreadySettled)]
        assert [w.state for w in winners] == [state]
        assert [loser.state for loser in losers] == [state]
        assert Review.objects.filter(action=action).count() == 1


def test_two_of_two_at_once_do_not_leave_it_pending(place, apart, alice, bob, shop, now):
    place(2)
    for number in range(ROUNDS):
        action = submit(shop, key=f"k{number}", at=now).action
        answers = at_once(*(verdict(action, who, "approve", now, apart=apart) for who in (alice, bob)))
        assert one_ending(action) == "approved"
        assert sorted(a.state for a in answers) == ["approved", "pending"]


def test_a_double_click_is_one_review(place, apart, alice, shop, now):
    place(2)
    for number in range(ROUNDS):
        action = submit(shop, key=f"k{number}", at=now).action
        answers = at_once(*[verdict(action, alice, "approve", now, apart=apart)] * 4)
        assert sum(isinstance(a, errors.AlreadyReviewed) for a in answers) == 3
        assert Review.objects.filter(action=action).count() == 1


def test_review_against_expiry_has_one_ending_and_no_late_approval(place, alice, shop, now):
    place(1)
    for number in range(ROUNDS):
        action = submit(shop, key=f"k{number}", at=now).action
        before, after = action.deadline_at - timedelta(milliseconds=1), action.deadline_at
        at_once(
            verdict(action, alice, "approve", before),
            lambda at=after: deadlines.sweep(at=at),
            lambda at=after: deadlines.sweep(at=at),
        )
        deadlines.sweep(at=after)
        state = one_ending(action)
        assert state in ("approved", "expired")
        if state == "approved":
            assert Action.objects.get(pk=action.pk).settled_at < action.deadline_at


def test_withdrawal_against_approval_has_one_ending(place, alice, shop, now):
    place(1)
    who = identity(shop)
    for number in range(ROUNDS):
        action = submit(shop, key=f"k{number}", at=now).action
        at_once(
            verdict(action, alice, "approve", now),
            lambda pk=action.pk: withdrawal.withdraw(action_id=pk, server=who, at=now),
        )
        assert one_ending(action) in ("approved", "withdrawn")


def test_64_consumes_of_one_approval_have_one_winner(place, alice, shop, now):
    place(1)
    who = identity(shop)
    action = submit(shop, at=now).action
    verdict(action, alice, "approve", now)()
    at = datetime.now(UTC)
    calls = [lambda k=k: redemption.consume(action_id=action.pk, server=who, key=f"c{k}", at=at) for k in range(64)]
    answers = at_once(*calls)
    assert sum(isinstance(a, redemption.Consumed) for a in answers) == 1
    assert sum(isinstance(a, errors.AlreadyConsumed) for a in answers) == 63
    assert Entry.objects.filter(action=action, event="action.consumed").count() == 1


def test_one_key_from_many_doors_is_one_action(place, alice, shop, now):
    place(1)
    for number in range(ROUNDS):
        one, other = item(shop, key=f"k{number}"), item(shop, ask(subject="erin"), key=f"k{number}")
        calls = [lambda i=i: intake.submit_many(items=[i], at=now)[0] for i in (one, one, one, other)]
        answers = at_once(*calls)
        admitted = [a for a in answers if isinstance(a, intake.Admitted)]
        assert Action.objects.filter(idempotency_key=f"k{number}").count() == 1
        assert sum(a.new for a in admitted) == 1
        assert {a.action.pk for a in admitted} == {Action.objects.get(idempotency_key=f"k{number}").pk}
        assert all(isinstance(a, intake.Admitted | errors.IdempotencyConflict) for a in answers)
    assert Assignment.objects.count() == 2 * ROUNDS


def test_two_revisions_at_once_are_two_revisions(alice, now, db):
    roles.give(role="payments-owner", user=alice, at=now)

    def publish():
        return publishing.publish(
            checkpoint="shop/refund", kind="tool_call", pattern="refund", need=1, deadline_seconds=600,
            roles={"approval": "payments-owner"}, at=now,
        ).revision  # fmt: skip

    publish()
    assert sorted(at_once(publish, publish, publish, publish)) == [2, 3, 4, 5]
