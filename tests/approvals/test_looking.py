"""A rule may want an ask looked at for a while before a yes; what was open is in the statement."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from approvals import glass, looking, reviews, settlement
from approvals.errors import BadPolicy, LookedTooShort
from approvals.models import Look, Review
from approvals.rules import policies
from tests.asks import ask, submit
from tests.publishing import publish


@pytest.fixture
def slow(alice, bob, shop, now):
    publish(
        checkpoint="shop/refund", pattern="refund", need=1, dwell_seconds=30, break_glass="payments-owner",
        exceptions=["payments-owner"], at=now,
    )  # fmt: skip
    return submit(shop, at=now).action


def say(action, person, at, verdict="approve", **more):
    seen = settlement.shown(action, policy=action.policy)
    return reviews.record(action_id=action.pk, reviewer=person, verdict=verdict, seen=seen, at=at, **more)


def seen_by(action, person, at):
    return looking.look(action, person=person, shown=settlement.shown(action, policy=action.policy), at=at)


@pytest.mark.django_db
def test_a_yes_before_its_time_is_refused_and_then_taken(slow, alice, now):
    assert seen_by(slow, alice, now) == now + timedelta(seconds=30)
    with pytest.raises(LookedTooShort, match="1 s are left"):
        say(slow, alice, now + timedelta(seconds=29, milliseconds=500))
    assert say(slow, alice, now + timedelta(seconds=30)).state == "approved"


@pytest.mark.django_db
def test_looking_again_does_not_begin_anew_and_another_persons_look_does_not_count(slow, alice, bob, now):
    seen_by(slow, alice, now)
    assert seen_by(slow, alice, now + timedelta(seconds=20)) == now + timedelta(seconds=30)
    with pytest.raises(LookedTooShort, match="Open its page first"):
        say(slow, bob, now + timedelta(seconds=60))


@pytest.mark.django_db
def test_a_no_and_a_broken_glass_never_wait(slow, alice, bob, shop, now):
    assert say(slow, alice, now, verdict="deny", note="no").state == "denied"
    other = submit(shop, key="k2", at=now).action
    assert glass.break_glass(action_id=other.pk, person=bob, reason="fire", at=now)


@pytest.mark.django_db
def test_a_script_that_showed_nothing_has_looked_at_nothing(slow, alice, now):
    with pytest.raises(LookedTooShort):
        reviews.record(action_id=slow.pk, reviewer=alice, verdict="approve", at=now + timedelta(minutes=5))


@pytest.mark.django_db
def test_showing_it_in_a_shell_is_looking_at_it(slow, alice):
    said = StringIO()
    call_command("show", str(slow.pk), username="alice", stdout=said)
    assert "string  params/name\n    refund" in said.getvalue()
    assert Look.objects.filter(action=slow, person=alice).exists()
    said = StringIO()
    call_command("show", str(slow.pk), username="alice", as_json=True, stdout=said)
    assert json.loads(said.getvalue())["body"]["params"]["name"] == "refund"


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["mallory", "nobody"])
def test_a_shell_shows_nothing_to_whom_the_page_shows_nothing(slow, mallory, who):
    with pytest.raises(SystemExit):
        call_command("show", str(slow.pk), username=who, stderr=StringIO())


@pytest.mark.django_db
def test_the_page_says_when_a_yes_is_taken_and_refuses_by_name(client, slow, alice):
    client.force_login(alice)
    address = reverse("action", args=[slow.pk])
    page = client.get(address).text
    assert "Approve is live in" in page and "data-dwells" in page
    seen = settlement.shown(slow, policy=slow.policy)
    answer = client.post(reverse("decide", args=[slow.pk]), {"verdict": "approve", "seen": seen}, follow=True)
    assert "The rule wants this looked at for longer before a yes." in answer.text
    Look.objects.update(at=slow.created_at - timedelta(minutes=1))
    assert "data-dwells" not in client.get(address).text


@pytest.mark.django_db
def test_a_rule_without_it_leaves_no_row(client, alice, bob, shop, now):
    publish(checkpoint="shop/refund", pattern="refund", need=1, at=now)
    action = submit(shop, at=now).action
    client.force_login(alice)
    client.get(reverse("action", args=[action.pk]))
    assert not Look.objects.exists()


@pytest.mark.django_db
def test_what_was_open_is_in_the_statement_and_on_the_page(client, alice, bob, shop, now):
    publish(checkpoint="shop/refund", pattern="refund", need=1, at=now)
    value = ask()
    value["mcp"]["params"]["arguments"]["note"] = "long " * 1_000
    action = submit(shop, value, at=now).action
    client.force_login(alice)
    seen = settlement.shown(action, policy=action.policy)
    said = {"verdict": "approve", "seen": seen}
    refused = client.post(reverse("decide", args=[action.pk]), said)
    assert "told=unopened" in refused.headers["Location"] and not Review.objects.exists()
    answer = client.post(reverse("decide", args=[action.pk]), said | {"opened": "/params/arguments/note"}, follow=True)
    assert json.loads(Review.objects.get().stmt)["opened"] == 1
    assert "1 large value opened" in answer.text


@pytest.mark.parametrize("seconds", [-1, 601, 1.5])
def test_a_time_to_look_has_bounds(seconds):
    with pytest.raises(BadPolicy):
        policies.read({"checkpoint": "c", "kind": "tool_call", "pattern": "*", "dwell_seconds": seconds,
                       "needs": [{"role": "r", "count": 1}]})  # fmt: skip


def test_nobody_may_be_made_to_look_past_the_deadline():
    with pytest.raises(BadPolicy, match="before the deadline"):
        policies.read({"checkpoint": "c", "kind": "tool_call", "pattern": "*", "dwell_seconds": 60,
                       "deadline_seconds": 60, "needs": [{"role": "r", "count": 1}]})  # fmt: skip
