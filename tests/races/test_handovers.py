"""Decisions, timers and handovers at once, on PostgreSQL: each step once, nobody asked about what is settled."""

from datetime import timedelta

import pytest
from django.db import connection

from accounts import roles
from approvals import deadlines, errors, handovers, reviews
from approvals.models import Action, Assignment, Entry, Finding, Handover
from tests.asks import submit
from tests.publishing import publish

from .test_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = 10


@pytest.fixture(autouse=True)
def on_postgres():
    assert connection.vendor == "postgresql", "a race on SQLite proves nothing: writers queue there anyway"


@pytest.fixture
def asks(alice, bob, carol, shop, now):
    """Refunds that name carol after a minute."""
    publish(
        checkpoint="shop/refund", pattern="refund", deadline_seconds=600, at=now,
        escalation=[{"after_seconds": 60, "role": "data-owner"}],
    )  # fmt: skip
    return [submit(shop, key=f"k{number}", at=now).action for number in range(ROUNDS)]


def test_a_step_fires_once_by_whoever_is_first(asks, alice, bob, now):
    due = now + timedelta(seconds=60)
    for action in asks:
        at_once(
            lambda: deadlines.sweep_timers(at=due), lambda: deadlines.sweep_timers(at=due),
            *(
                lambda who=who, pk=action.pk: handovers.escalate(action_id=pk, person=who, at=due)
                for who in (alice, bob)
            ),
        )  # fmt: skip
    deadlines.sweep_timers(at=due)
    for action in asks:
        assert Entry.objects.filter(action=action, event="action.escalated").count() == 1
        assert Assignment.objects.filter(action=action, why="escalated").count() == 1


def test_nobody_is_added_to_what_was_decided_meanwhile(asks, alice, now):
    due = now + timedelta(seconds=60)
    for action in asks:
        at_once(
            lambda pk=action.pk: reviews.record(action_id=pk, reviewer=alice, verdict="approve", at=due),
            lambda: deadlines.sweep_timers(at=due),
        )
        assert Action.objects.get(pk=action.pk).state == "approved"
        events = list(Entry.objects.filter(action=action).values_list("event", flat=True))
        assert "action.escalated" not in events[events.index("action.approved") :]


def test_the_last_two_to_pass_it_on_name_the_next_once(asks, alice, bob, now):
    for action in asks:
        at_once(
            *(lambda who=who, pk=action.pk: handovers.pass_on(action_id=pk, person=who, at=now) for who in (alice, bob))
        )
        assert Handover.objects.filter(action=action).count() == 2
        assert Assignment.objects.filter(action=action, why="escalated").count() == 1
    assert not Finding.objects.exists()


def test_two_absent_voices_at_once_are_one(alice, bob, shop, now):
    """Alice is back while her delegate decides: one of the two is refused, whoever comes second."""
    from accounts import absences
    from accounts.models import User

    dan = User.objects.create_user("dan")
    roles.take(role="payments-owner", user=bob, at=now)
    roles.give(role="payments-owner", user=User.objects.create_user("erin"), at=now)
    publish(checkpoint="shop/refund", pattern="refund", need=2, deadline_seconds=600, at=now)
    absences.declare(person=alice, delegates={"payments-owner": dan}, at=now)
    for number in range(ROUNDS):
        action = submit(shop, key=f"d{number}", at=now).action
        answers = at_once(
            *(
                lambda who=who, pk=action.pk: reviews.record(action_id=pk, reviewer=who, verdict="approve", at=now)
                for who in (alice, dan)
            )
        )
        assert sum(isinstance(each, errors.AlreadySpokenFor) for each in answers) == 1
        assert Action.objects.get(pk=action.pk).state == "pending"
