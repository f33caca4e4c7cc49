"""Beside an ask stands what its checkpoint decided last: how, by whom and why; for whoever holds a duty there."""

from datetime import timedelta

import pytest

from approvals import reviews
from approvals.models import Assignment, Duty, Why
from tests.asks import ask, submit

from .browsing import action_page, get, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def before(refund, shop, alice, bob, now):
    """Eight refunds that were denied, the last of them for a reason."""
    for n in range(8):
        action = submit(shop, key=str(n), at=now - timedelta(minutes=9 - n)).action
        reviews.record(
            action_id=action.pk, reviewer=bob, verdict="deny", note=f"reason {n}", at=now - timedelta(minutes=9 - n)
        )
    return submit(shop, key="w", at=now).action


def test_the_last_decisions_of_the_checkpoint_stand_beside_an_ask(client, before, alice):
    page = words(get(client, alice, action_page(before)))
    assert "Lately here" in page and "“reason 7”" in page and "by bob" in page
    assert "“reason 2”" in page and "“reason 1”" not in page  # six of them


def test_another_checkpoint_is_not_told_of(client, before, payout, shop, alice, now):
    other = submit(shop, ask(tool="payout"), key="p", at=now).action
    assert "Lately here" not in get(client, alice, action_page(other)).text


def test_whoever_was_only_asked_by_name_is_not_told(client, before, mallory, carol, now):
    Assignment.objects.create(
        action=before, owner=carol, role="data-owner", duty=Duty.APPROVAL, why=Why.REASSIGNED, at=now
    )
    answer = get(client, carol, action_page(before))
    assert answer.status_code == 200 and "Lately here" not in answer.text


def test_what_is_decided_is_not_told_beside(client, before, alice, now):
    reviews.record(action_id=before.pk, reviewer=alice, verdict="approve", at=now)
    assert "Lately here" not in get(client, alice, action_page(before)).text
