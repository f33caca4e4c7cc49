"""Verdicts: who may say yes or no, what it takes, and what everybody else is told."""

import base64
import json
from datetime import timedelta

import pytest

from accounts import absences, roles
from accounts.models import User
from approvals import errors, reviews, rows, settlement
from approvals.models import Action, Delivery, Entry, Receipt
from tests.asks import ask, submit
from tests.publishing import publish

pytestmark = pytest.mark.django_db


def claims(receipt: Receipt) -> dict:
    payload = bytes(receipt.jws).split(b".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + b"=="))


def test_an_owner_approves_and_the_receipt_names_her_role_policy_and_digest(asked, refund, alice, later):
    recorded = reviews.record(action_id=asked.pk, reviewer=alice, verdict="approve", at=later)
    said = claims(recorded.receipt)
    assert recorded.state == "approved"
    assert said["decision"] == "approved" and said["act"] == {"sub": "urn:placet:server:shop"}
    assert said["authorization_details"][0]["dig"] == asked.dig == said["req"]["dig"]
    assert said["pol"] == {"checkpoint": "shop/refund", "rev": 1, "dig": refund.dig, "need": 1}
    (review,) = said["reviews"]
    assert (review["stmt"]["sub"], review["stmt"]["role"]) == ("user:alice", "payments-owner")
    assert review["stmt"]["eff"] == asked.dig


def test_a_decision_writes_receipt_ledger_and_delivery_together(asked, alice, later):
    reviews.record(action_id=asked.pk, reviewer=alice, verdict="approve", at=later)
    assert Delivery.objects.get(pk=asked.pk).delivered_at is None
    events = Entry.objects.filter(action=asked).values_list("event", "actor")
    assert list(events) == [
        ("action.submitted", "urn:placet:server:shop"),
        ("action.reviewed.approve", "user:alice"),
        ("action.approved", "user:alice"),
    ]


def test_a_denial_carries_the_reason_and_nothing_that_could_be_taken_for_a_yes(asked, bob, later):
    recorded = reviews.record(action_id=asked.pk, reviewer=bob, verdict="deny", note=" wrong environment ", at=later)
    said = claims(recorded.receipt)
    assert (said["decision"], said["reason"], said["note"]) == ("denied", "owner_denied", "wrong environment")
    assert "act" not in said and "authorization_details" not in said


def test_two_people_make_a_quorum_of_two(asked_payout, alice, bob, later):
    first = reviews.record(action_id=asked_payout.pk, reviewer=alice, verdict="approve", at=later)
    assert (first.state, first.approvals, first.receipt) == ("pending", 1, None)
    second = reviews.record(action_id=asked_payout.pk, reviewer=bob, verdict="approve", at=later)
    assert second.state == "approved"
    assert [r["stmt"]["sub"] for r in claims(second.receipt)["reviews"]] == ["user:alice", "user:bob"]


def test_one_person_is_not_a_quorum_of_two(asked_payout, alice, later):
    reviews.record(action_id=asked_payout.pk, reviewer=alice, verdict="approve", at=later)
    with pytest.raises(errors.AlreadyReviewed):
        reviews.record(action_id=asked_payout.pk, reviewer=alice, verdict="approve", at=later)
    assert Action.objects.get(pk=asked_payout.pk).state == "pending"


def test_one_denial_ends_a_quorum_of_two(asked_payout, alice, bob, later):
    reviews.record(action_id=asked_payout.pk, reviewer=alice, verdict="approve", at=later)
    assert reviews.record(action_id=asked_payout.pk, reviewer=bob, verdict="deny", at=later).state == "denied"


def test_second_verdict_is_refused_and_told_who_and_when(asked, alice, bob, later):
    reviews.record(action_id=asked.pk, reviewer=alice, verdict="approve", at=later)
    with pytest.raises(errors.AlreadySettled) as refused:
        reviews.record(action_id=asked.pk, reviewer=bob, verdict="deny", at=later)
    assert (refused.value.state, refused.value.by, refused.value.at) == ("approved", ("alice",), later)


@pytest.mark.parametrize("stranger", ["mallory", "carol"])
def test_what_is_not_yours_is_not_found(asked, stranger, request, later):
    with pytest.raises(errors.NotFound):
        reviews.record(action_id=asked.pk, reviewer=request.getfixturevalue(stranger), verdict="approve", at=later)


def test_a_superuser_is_not_a_reviewer(asked, mallory, later):
    mallory.is_superuser = True
    mallory.save()
    with pytest.raises(errors.NotFound):
        reviews.record(action_id=asked.pk, reviewer=mallory, verdict="approve", at=later)


def test_a_rule_that_wants_a_passkey_takes_no_yes_without_one(shop, alice, bob, now, later):
    publish(checkpoint="shop/refund", pattern="refund", passkey="required", at=now)
    action = submit(shop, at=now).action
    with pytest.raises(errors.PasskeyMissing):
        reviews.record(action_id=action.pk, reviewer=alice, verdict="approve", at=later)
    assert reviews.record(action_id=action.pk, reviewer=bob, verdict="deny", at=later).state == "denied"


def test_a_person_who_left_the_role_sees_what_they_were_asked_and_decides_nothing(asked, alice, later):
    roles.take(role="payments-owner", user=alice, at=later)
    with pytest.raises(errors.NotAnOwner):
        reviews.record(action_id=asked.pk, reviewer=alice, verdict="approve", at=later)


@pytest.mark.parametrize("field", ["subject", "principal"])
@pytest.mark.parametrize(
    "name", ["alice", "user:Alice", "alice@example.org", "mailto:Alice@Example.org", " alice ", "ａlice", "ali\u200bce"]
)
def test_nobody_approves_their_own_ask(refund, alice, bob, shop, now, later, field, name):
    alice.email = "alice@example.org"
    alice.save()
    value = ask(subject=name) if field == "subject" else ask(origin={"principal": name})
    action = submit(shop, value, at=now).action
    with pytest.raises(errors.OwnAsk):
        reviews.record(action_id=action.pk, reviewer=alice, verdict="approve", at=later)
    assert not action.assignments.filter(owner=alice).exists()
    assert reviews.record(action_id=action.pk, reviewer=bob, verdict="approve", at=later).state == "approved"


def test_a_view_that_is_not_what_would_be_signed_is_refused(asked, refund, alice, later):
    with pytest.raises(errors.StaleView):
        reviews.record(action_id=asked.pk, reviewer=alice, verdict="approve", seen="x" * 43, at=later)
    seen = settlement.shown(asked, policy=refund)
    assert (
        reviews.record(action_id=asked.pk, reviewer=alice, verdict="approve", seen=seen, at=later).state == "approved"
    )


def test_no_verdict_counts_from_the_deadline_on(asked, alice):
    with pytest.raises(errors.AlreadySettled) as refused:
        reviews.record(action_id=asked.pk, reviewer=alice, verdict="approve", at=asked.deadline_at)
    assert refused.value.state == "expired"
    assert Action.objects.get(pk=asked.pk).state == "expired"
    assert claims(Receipt.objects.get(pk=asked.pk))["decision"] == "expired"


def test_an_approval_never_outlives_the_deadline(asked, alice):
    late = asked.deadline_at - timedelta(seconds=7)
    recorded = reviews.record(action_id=asked.pk, reviewer=alice, verdict="approve", at=late)
    assert recorded.receipt.expires_at == asked.deadline_at


def test_an_approval_may_be_given_for_less_time_but_not_for_more(asked, alice, later):
    with pytest.raises(errors.BadValidity):
        reviews.record(action_id=asked.pk, reviewer=alice, verdict="approve", at=later, valid_seconds=601)
    recorded = reviews.record(action_id=asked.pk, reviewer=alice, verdict="approve", at=later, valid_seconds=20)
    assert recorded.receipt.expires_at == later + timedelta(seconds=20)


def test_a_verdict_is_yes_or_no_and_a_note_is_short(asked, alice, later):
    with pytest.raises(errors.UnknownVerdict):
        reviews.record(action_id=asked.pk, reviewer=alice, verdict="maybe", at=later)
    with pytest.raises(errors.TextTooLong):
        reviews.record(action_id=asked.pk, reviewer=alice, verdict="deny", note="x" * 1999, at=later)


def test_owners_talk_and_strangers_do_not(asked, alice, mallory, later):
    reviews.comment(action_id=asked.pk, author=alice, text="Looks like slip R-771.", at=later)
    assert asked.comments.get().text == "Looks like slip R-771."
    with pytest.raises(errors.NotFound):
        reviews.comment(action_id=asked.pk, author=mallory, text="let me in", at=later)
    with pytest.raises(errors.TextMissing):
        reviews.comment(action_id=asked.pk, author=alice, text="  ", at=later)


def test_the_largest_receipt_a_policy_allows_is_one_that_every_verifier_reads(shop, now, later):
    """Seven reviews by people with the longest names, each standing in for somebody with the longest name."""
    role = "r" * 150
    people = [User.objects.create_user(f"{number}{'p' * 149}") for number in range(7)]
    for number, person in enumerate(people):
        away = User.objects.create_user(f"{number}{'a' * 149}")
        roles.give(role=role, user=away, at=now)
        absences.declare(person=away, delegates={role: person}, at=now)
    usual = {"kind": "tool_call", "pattern": "*", "deadline_seconds": 60, "roles": {"approval": role}, "at": now}
    publish(checkpoint="c" * 120, need=7, **usual)
    value = ask(tool="t" * 256, subject="s" * 256, nonce="n" * 128)
    for verdict in ("approve", "deny"):
        action = submit(shop, value, key=verdict, at=now).action
        for person in people[:6]:
            reviews.record(action_id=action.pk, reviewer=person, verdict="approve", at=later)
        note = "\x01" * 333 if verdict == "deny" else ""
        last = reviews.record(action_id=action.pk, reviewer=people[6], verdict=verdict, note=note, at=later)
        assert len(last.receipt.jws) <= 16 * 1024
    with pytest.raises(errors.BadPolicy):
        publish(checkpoint="x", need=8, **usual)


def given(action: Action, reviewer: User, verdict: str = "approve", **how) -> reviews.Given:
    return reviews.Given(action_id=action.pk, reviewer=reviewer, verdict=verdict, **how)


def test_verdicts_that_arrive_together_count_one_after_the_other(asked, asked_payout, alice, bob, later):
    answers = reviews.record_many(
        given=[given(asked_payout, alice), given(asked, bob), given(asked_payout, bob), given(asked, alice, "deny")],
        at=later,
    )
    assert [getattr(answer, "state", None) for answer in answers[:3]] == ["pending", "approved", "approved"]
    assert isinstance(answers[3], errors.AlreadySettled) and answers[3].by == ("bob",)
    assert [answer.receipt is not None for answer in answers[:3]] == [False, True, True]
    assert Receipt.objects.count() == 2
    assert [r["stmt"]["sub"] for r in claims(answers[2].receipt)["reviews"]] == ["user:alice", "user:bob"]


def test_one_refused_verdict_takes_no_other_with_it(asked, asked_payout, alice, mallory, later):
    refused, wrong, counted = reviews.record_many(
        given=[given(asked, mallory), given(asked, alice, "maybe"), given(asked_payout, alice)], at=later
    )
    assert (refused.code, wrong.code, counted.state) == ("not_found", "unknown_verdict", "pending")
    assert not Receipt.objects.exists()


def test_two_late_verdicts_together_settle_one_expiry(asked, alice, bob):
    answers = reviews.record_many(given=[given(asked, alice), given(asked, bob)], at=asked.deadline_at)
    assert [answer.state for answer in answers] == ["expired", "expired"]
    assert Receipt.objects.get().decision == "expired"


def test_a_verdict_takes_two_turns_with_the_database(asked, alice, later, monkeypatch):
    turns, turn = [], rows.turn
    monkeypatch.setattr(rows, "turn", lambda *steps: turns.append(len(steps)) or turn(*steps))
    reviews.record(action_id=asked.pk, reviewer=alice, verdict="approve", at=later)
    # lock; earlier reviews, roles, duties, what was added, all at once
    # move, review, receipt, delivery, lines, all at once
    assert turns == [2, 1]
