"""Days are counted once they are over and again while they are not; counts agree with what happened."""

from datetime import timedelta

import pytest

from approvals import reviews, tallying
from approvals.models import Action, TalliedDay, Tally
from tests.asks import submit
from tests.publishing import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def noon(now):
    return now.replace(hour=12, minute=0, second=0) - timedelta(days=1)


def decided(shop, who, verdict, *, after, at, key, value=None):
    action = submit(shop, value, key=key, at=at).action
    reviews.record(action_id=action.pk, reviewer=who, verdict=verdict, at=at + timedelta(seconds=after))
    return action


def counts(what):
    return {(each.name, each.number): each.count for each in Tally.objects.filter(what=what)}


@pytest.fixture
def busy(refund, shop, alice, bob, noon):
    """Two approved, one denied, one that ran out while nobody looked, one that the rule allowed, one still pending."""
    decided(shop, alice, "approve", after=7, at=noon, key="a")
    decided(shop, bob, "approve", after=199, at=noon, key="b")
    decided(shop, bob, "deny", after=7, at=noon, key="c")
    ended = [submit(shop, key=key, at=noon).action for key in "de"]
    Action.objects.filter(pk=ended[0].pk).update(state="expired", settled_at=noon + timedelta(seconds=600))
    Action.objects.filter(pk=ended[1].pk).update(state="approved", reason="policy", settled_at=noon)
    submit(shop, key="f", at=noon)


def test_a_day_is_counted_by_how_asks_ended_and_how_long_people_took(busy, alice, bob, noon, now):
    assert tallying.run(at=now) == 2  # yesterday and today
    assert counts("asked") == {("", 0): 6}
    ended = {"approved/": 2, "denied/owner_denied": 1, "expired/": 1, "approved/policy": 1}
    assert counts("ended") == {(name, 0): count for name, count in ended.items()}
    assert counts("took") == {("small", 7): 2, ("small", 180): 1}  # in steps of about a tenth
    assert counts("said") == {("", alice.pk): 1, ("", bob.pk): 2}
    assert counts("unheard") == {("", 0): 1} and counts("edited") == {}


def test_a_day_that_is_over_is_never_counted_again(busy, noon, now):
    tallying.run(at=now)
    before = list(Tally.objects.values_list("pk", flat=True))
    TalliedDay.objects.filter(day=now.date()).delete()
    closed = TalliedDay.objects.filter(day=noon.date()).update(until=now.replace(hour=0, minute=10))
    assert closed and tallying.run(at=now) == 1
    assert set(before) <= set(Tally.objects.values_list("pk", flat=True))


def test_a_day_that_goes_on_is_counted_again_but_not_at_every_turn(refund, shop, alice, noon):
    submit(shop, key="a", at=noon)
    assert tallying.run(at=noon) == 1
    submit(shop, key="b", at=noon)
    assert tallying.run(at=noon + timedelta(minutes=4)) == 0
    assert counts("asked") == {("", 0): 1}
    assert tallying.run(at=noon + timedelta(minutes=5)) == 1
    assert counts("asked") == {("", 0): 2}


def test_what_was_committed_late_is_counted_after_midnight(refund, shop, noon):
    late = noon.replace(hour=23, minute=58)
    assert tallying.run(at=late) == 0  # nothing was ever asked
    submit(shop, key="a", at=noon)
    assert tallying.run(at=late) == 1
    submit(shop, key="b", at=late)
    midnight = noon.replace(hour=0) + timedelta(days=1)
    assert tallying.run(at=midnight + timedelta(minutes=3)) == 2  # yesterday's end, and the new day
    assert counts("asked") == {("", 0): 2}
    assert tallying.run(at=midnight + timedelta(minutes=11)) == 2
    assert tallying.run(at=midnight + timedelta(minutes=12)) == 0


def test_a_long_past_is_counted_a_few_days_at_a_time(refund, shop, now):
    submit(shop, key="old", at=now - timedelta(days=40))
    assert [tallying.run(at=now) for _ in range(4)] == [14, 14, 13, 0]


def test_every_length_of_time_keeps_two_figures(shop, alice, noon, now):
    publish(checkpoint="slow", pattern="refund", roles={"approval": "payments-owner"}, deadline_seconds=86_400, at=noon)
    for after in (0, 99, 101, 599, 32_401):
        decided(shop, alice, "approve", after=after, at=noon - timedelta(hours=11), key=str(after))
    tallying.run(at=now)
    assert sorted(number for _, number in counts("took")) == [0, 90, 100, 550, 30_000]
