"""Using an approval once, reporting what came of it, taking an ask back, and running out of time."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from accounts import servers
from approvals import deadlines, delivery, errors, redemption, reviews, withdrawal
from approvals.models import Action, Consumption, Delivery, Entry, Finding, Policy, Receipt, Review
from tests.asks import ask, identity, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def approved(asked, alice, later):
    reviews.record(action_id=asked.pk, reviewer=alice, verdict="approve", at=later)
    return Action.objects.get(pk=asked.pk)


def consume(action, shop, at, key="once"):
    return redemption.consume(action_id=action.pk, server=identity(shop), key=key, at=at)


def test_an_approval_is_used_once(approved, shop, later):
    assert consume(approved, shop, later).new
    with pytest.raises(errors.AlreadyConsumed):
        consume(approved, shop, later, key="twice")


def test_the_same_key_replays_the_use_even_after_expiry(approved, shop, later):
    consume(approved, shop, later)
    again = consume(approved, shop, later + timedelta(hours=1))
    assert (again.new, again.at) == (False, later)


def test_an_expired_approval_cannot_be_used(approved, shop):
    with pytest.raises(errors.ApprovalExpired):
        consume(approved, shop, Receipt.objects.get(pk=approved.pk).expires_at)


def test_what_is_not_approved_cannot_be_used(asked, shop, bob, later):
    with pytest.raises(errors.NotApproved):
        consume(asked, shop, later)
    reviews.record(action_id=asked.pk, reviewer=bob, verdict="deny", at=later)
    with pytest.raises(errors.NotApproved):
        consume(asked, shop, later)


def test_another_server_finds_nothing_to_use(approved, now, later):
    crm = servers.register(name="crm", at=now)
    for verb in (
        lambda: consume(approved, crm, later),
        lambda: redemption.report(action_id=approved.pk, server=identity(crm), status="failed", at=later),
        lambda: withdrawal.withdraw(action_id=approved.pk, server=identity(crm), at=later),
    ):
        with pytest.raises(errors.NotFound):
            verb()


def test_an_outcome_follows_a_use_and_is_told_once(approved, shop, later):
    def report(status, note=""):
        return redemption.report(action_id=approved.pk, server=identity(shop), status=status, note=note, at=later)

    with pytest.raises(errors.NotConsumed):
        report("succeeded")
    consume(approved, shop, later)
    assert report("succeeded", "ok").status == report("succeeded", "ok").status == "succeeded"
    with pytest.raises(errors.OutcomeConflict):
        report("failed")
    with pytest.raises(errors.BadOutcome):
        report("perhaps")


def test_a_server_takes_its_ask_back_and_may_say_so_again(asked, shop, alice, later):
    withdrawal.withdraw(action_id=asked.pk, server=identity(shop), at=later)
    assert withdrawal.withdraw(action_id=asked.pk, server=identity(shop), at=later).state == "withdrawn"
    assert Receipt.objects.get(pk=asked.pk).decision == "withdrawn"
    with pytest.raises(errors.AlreadySettled):
        reviews.record(action_id=asked.pk, reviewer=alice, verdict="approve", at=later)


def test_a_decided_ask_is_not_taken_back(approved, shop, later):
    with pytest.raises(errors.AlreadySettled):
        withdrawal.withdraw(action_id=approved.pk, server=identity(shop), at=later)


def test_silence_expires_and_is_never_a_yes(asked, now):
    assert deadlines.sweep(at=asked.deadline_at - timedelta(seconds=1)) == 0
    assert deadlines.sweep(at=asked.deadline_at) == 1
    assert deadlines.sweep(at=asked.deadline_at) == 0
    assert Action.objects.get(pk=asked.pk).state == "expired"


def test_an_expiry_keeps_the_reviews_it_had(asked_payout, alice, later):
    reviews.record(action_id=asked_payout.pk, reviewer=alice, verdict="approve", at=later)
    deadlines.sweep(at=asked_payout.deadline_at)
    assert Receipt.objects.get(pk=asked_payout.pk).decision == "expired"


@pytest.mark.parametrize(("status", "found"), [("failed", [("refund", "No such order.")]), ("succeeded", [])])
def test_what_was_approved_and_failed_is_a_finding(approved, shop, later, status, found):
    consume(approved, shop, later)
    for _ in range(2):  # the same report again is the same outcome
        redemption.report(
            action_id=approved.pk, server=identity(shop), status=status, note="No such order.", at=later
        )  # fmt: skip
    rows = Finding.objects.filter(code="outcome_failed", checkpoint=approved.checkpoint, action=approved, count=1)
    assert list(rows.values_list("about", "detail")) == found and Finding.objects.count() == len(found)


def test_a_note_that_no_column_can_hold_is_refused(approved, shop, later):
    consume(approved, shop, later)
    with pytest.raises(errors.NotAnAsk) as refused:
        redemption.report(action_id=approved.pk, server=identity(shop), status="failed", note="a\0b", at=later)
    assert (refused.value.code, refused.value.pointer) == ("bad_character", "/note")


def test_receipts_are_handed_over_and_then_no_longer_owed(approved, later):
    sent = []
    assert delivery.hand_over(publish=sent.extend, at=later) == 1
    assert delivery.hand_over(publish=sent.extend, at=later) == 0
    (message,) = sent
    assert (message.server, message.state, message.key) == ("shop", "approved", "k1")
    assert message.receipt == bytes(Receipt.objects.get(pk=approved.pk).jws)


def test_a_hand_over_that_fails_stays_owed_and_waits(approved, later):
    def broken(messages):
        raise ConnectionError

    with pytest.raises(ConnectionError):
        delivery.hand_over(publish=broken, at=later)
    assert Delivery.objects.get(pk=approved.pk).delivered_at is None
    assert delivery.hand_over(publish=lambda messages: None, at=later) == 0
    assert delivery.hand_over(publish=lambda messages: None, at=later + timedelta(seconds=5)) == 1


@pytest.mark.parametrize("model", [Policy, Review, Receipt, Consumption, Entry])
def test_the_database_refuses_to_change_or_delete_what_was_said(approved, shop, later, model):
    consume(approved, shop, later)
    rows = model.objects.all()
    field = next(f.attname for f in model._meta.concrete_fields if not f.primary_key and not f.is_relation)
    for attempt in (
        lambda: rows.update(**{field: rows.values_list(field, flat=True)[0]}),
        lambda: rows._raw_delete(rows.db),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()


def test_the_database_refuses_a_second_settlement_or_another_body(approved, asked_payout):
    with pytest.raises(DatabaseError), transaction.atomic():
        Action.objects.filter(pk=approved.pk).update(state="denied")
    with pytest.raises(DatabaseError), transaction.atomic():
        Action.objects.filter(pk=asked_payout.pk).update(body=b"\x01")


def test_the_database_refuses_an_approval_after_the_deadline(asked):
    with pytest.raises(DatabaseError), transaction.atomic():
        Action.objects.filter(pk=asked.pk).update(state="approved", settled_at=asked.deadline_at)


def test_submit_is_possible_again_after_all_this(approved, shop, later):
    assert submit(shop, ask(), key="next", at=later).new
