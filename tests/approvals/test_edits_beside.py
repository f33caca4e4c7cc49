"""An edit beside everything else: other rules, deadlines, withdrawals, glass and grants."""

from datetime import timedelta

import pytest

from approvals import deadlines, errors, glass, grants, redemption, withdrawal
from approvals.models import Action, Edit, Entry
from approvals.queries import records
from tests.approvals.editing import AMOUNT, approve, edit, editable, seen
from tests.approvals.test_reviews import claims
from tests.asks import identity, submit
from tests.publishing import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(alice, bob, shop, now):
    """A refund whose amount may be changed; one yes is enough."""
    editable(at=now)
    return submit(shop, at=now).action


@pytest.fixture
def two(alice, bob, shop, now):
    """The same, and two must say yes."""
    editable(need=2, at=now)
    return submit(shop, at=now).action


LEAVING = [
    ({"when": "args.amount < 5000"}, {}, 6000, "outside of every rule"),
    ({}, {"effect": "deny", "roles": {}, "when": "args.amount == 13"}, 13, "shop/other denies"),
    ({}, {"when": "args.amount > 10000"}, 20_000, "would stop at shop/other"),
    ({}, {"effect": "allow", "roles": {}, "when": "args.amount < 10"}, 5, "would stop at shop/other"),
    ({"when": "args.amount != 7 || args.none == 1"}, {}, 7, "could not be evaluated"),
    ({"arguments": AMOUNT}, {}, 10_001, "outside of every rule"),
]


@pytest.mark.parametrize(("said", "other", "amount", "why"), LEAVING)
def test_an_ask_is_not_changed_into_one_of_another_rule(alice, shop, now, later, said, other, amount, why):
    editable(at=now, **said)
    if other:
        publish(checkpoint="shop/other", pattern="refund", at=now, **other)
    action = submit(shop, at=now).action
    with pytest.raises(errors.EditLeavesRule, match=why):
        edit(action, alice, {"/amount": amount}, at=later)
    assert edit(action, alice, {"/amount": 40}, at=later).state == "approved"


def test_the_log_and_the_ledger_name_the_digest_that_was_used(one, alice, shop, later):
    edit(one, alice, at=later)
    redemption.consume(action_id=one.pk, server=identity(shop), key="c", at=later)
    kept = Edit.objects.get(action=one)
    assert Entry.objects.get(event="action.consumed").dig == kept.dig
    (row,) = records.table([one.checkpoint_id], since=later, until=later + timedelta(seconds=1))
    said = dict(zip(records.HEADER, row, strict=True))
    assert (said["digest"], said["edited_digest"]) == (one.dig, kept.dig)


def test_the_log_says_which_yes_was_of_older_bytes(two, alice, bob, later):
    approve(two, bob, at=later)
    edit(two, alice, at=later)
    approve(two, bob, at=later)
    (row,) = records.table([two.checkpoint_id], since=later, until=later + timedelta(seconds=1))
    said = dict(zip(records.HEADER, row, strict=True))["reviewers"]
    mine = "as payments-owner"
    assert said == f"bob approve {mine}, before the edit; alice approve {mine}; bob approve {mine}"


def test_once_the_rule_was_revised_an_older_ask_is_decided_as_it_is(one, alice, now, later):
    editable(at=now, need=1, valid_seconds=60)
    with pytest.raises(errors.EditLeavesRule, match="changed since"):
        edit(one, alice, at=later)
    assert approve(one, alice, at=later).state == "approved"


def test_a_rule_that_lists_nothing_lets_nobody_change_anything(asked, alice, later):
    with pytest.raises(errors.NotEditable):
        edit(asked, alice, at=later)


def test_what_expires_or_is_withdrawn_after_an_edit_repeats_what_was_said_of_the_newest_bytes(
    two, alice, bob, shop, later
):
    approve(two, alice, at=later)
    edit(two, bob, at=later)
    withdrawal.withdraw(action_id=two.pk, server=identity(shop), at=later)
    said = claims(Action.objects.get(pk=two.pk).receipt)
    assert [r["stmt"]["sub"] for r in said["reviews"]] == ["user:bob"]


def test_silence_after_an_edit_expires_with_what_was_said_of_the_newest_bytes(two, alice, bob, later):
    approve(two, alice, at=later)
    edit(two, bob, at=later)
    deadlines.sweep(at=later + timedelta(hours=1))
    assert [r["stmt"]["sub"] for r in claims(Action.objects.get(pk=two.pk).receipt)["reviews"]] == ["user:bob"]


def test_breaking_the_glass_approves_the_newest_bytes_and_changes_nothing_itself(alice, bob, carol, shop, now, later):
    editable(
        need=2, break_glass="data-owner", roles={"approval": "payments-owner", "exceptions": "payments-owner"}, at=now
    )
    action = submit(shop, at=now).action
    before = seen(action)
    edit(action, alice, at=later)
    with pytest.raises(errors.StaleView):
        glass.break_glass(action_id=action.pk, person=carol, reason="the bank closes", seen=before, at=later)
    said = claims(
        glass.break_glass(action_id=action.pk, person=carol, reason="the bank closes", seen=seen(action), at=later)
    )
    assert said["authorization_details"][0]["dig"] == Edit.objects.get(action=action).dig


def test_what_was_changed_is_no_example_for_a_grant(alice, bob, shop, now, later):
    editable(grants={"uses": 5, "seconds": 3600}, at=now)
    action = submit(shop, at=now).action
    edit(action, alice, at=later)
    with pytest.raises(errors.NotGrantable):
        grants.offer(action_id=action.pk, person=alice, at=later)
