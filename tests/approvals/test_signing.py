"""Reviews signed by passkeys: what is signed, what is refused, and that anybody can check it afterwards."""

import dataclasses
import json
from datetime import timedelta

import pytest
from placet import canonical, jws
from placet.errors import NotVerified
from placet.receipts import Directory, Expected, Floor, MemorySpent, Pin, verify

from accounts import absences, directory, passkeys, roles
from accounts.errors import BadCeremony, CeremonyOver, ForeignOrigin, UnknownPasskey, UnverifiedPerson
from accounts.models import Passkey, User
from approvals import errors, glass, keys, reviews, signing
from approvals.models import Edit, Finding, Review
from tests.approvals.authenticator import PRESENT, Authenticator
from tests.approvals.signing import device_of, given, say, sign
from tests.asks import ask, submit
from tests.publishing import publish

pytestmark = pytest.mark.django_db


def claims(receipt):
    return json.loads(jws.decode(bytes(receipt.jws).split(b".")[1]))


def checked(action, receipt, *, at, need=1, level=2):
    """The receipt as its server verifies it at level 2, with the directory pinned."""
    body = json.loads(bytes(action.body))["value"]
    return verify(
        bytes(receipt.jws), pin=Pin(keys.jwks(), issuer=claims(receipt)["iss"]),
        expect=Expected(
            action=str(action.pk), nonce=action.nonce, kind=action.kind, effective=body, audience=action.server.urn
        ),
        now=at.timestamp(), spent=MemorySpent(), floor=Floor(need=need, level=level),
        directory=Directory(directory.export(at=at)),
    )  # fmt: skip


@pytest.fixture
def wants(shop, alice, bob, now):
    """A refund at a checkpoint where each yes needs a passkey."""
    publish(checkpoint="shop/refund", pattern="refund", passkey="required", deadline_seconds=600, at=now)
    return submit(shop, at=now).action


@pytest.mark.parametrize("alg", [-7, -8, -257])
def test_a_signed_yes_is_proven_to_whoever_pinned_the_directory(wants, alice, now, later, alg):
    recorded = say(device_of(alice, at=now, alg=alg), wants, alice, at=later)
    (review,) = claims(recorded.receipt)["reviews"]
    assert sorted(review["webauthn"]) == ["authenticatorData", "clientDataJSON", "id", "signature"]
    kept = Review.objects.get()
    assert canonical.canonical(review["stmt"]) == bytes(kept.stmt)
    assert checked(wants, recorded.receipt, at=later)


def test_people_sign_together_and_for_somebody_away(shop, alice, bob, carol, now, later):
    publish(checkpoint="shop/payout", pattern="payout", need=2, passkey="required", deadline_seconds=600, at=now)
    action = submit(shop, ask(tool="payout"), at=now).action
    absences.declare(person=bob, delegates={"payments-owner": carol}, at=now)
    assert say(device_of(alice, at=now), action, alice, at=later).state == "pending"
    last = say(device_of(carol, at=now), action, carol, at=later)
    assert [r["stmt"]["on_behalf_of"] for r in claims(last.receipt)["reviews"]] == [None, "user:bob"]
    assert checked(action, last.receipt, at=later, need=2)


def test_where_passkeys_are_wanted_a_yes_needs_one_and_a_no_does_not(wants, alice, bob, later):
    with pytest.raises(errors.PasskeyMissing):
        reviews.record(action_id=wants.pk, reviewer=alice, verdict="approve", at=later)
    assert reviews.record(action_id=wants.pk, reviewer=bob, verdict="deny", at=later).state == "denied"


def test_where_none_is_wanted_one_may_be_used_and_a_no_signed_too(asked, asked_payout, alice, bob, now, later):
    device = device_of(alice, at=now)
    say(device, asked, alice, at=later)
    last = say(device, asked_payout, alice, "deny", at=later, note="wrong account")
    assert "webauthn" in claims(last.receipt)["reviews"][0]
    assert all(row.webauthn for row in Review.objects.all())


def test_making_a_statement_records_nothing_and_refuses_what_recording_would(wants, alice, carol, mallory, later):
    assert reviews.stated(given=given(wants, alice), at=later)
    for person, refusal in ((carol, errors.NotFound), (mallory, errors.NotFound)):
        with pytest.raises(refusal):
            reviews.stated(given=given(wants, person), at=later)
    with pytest.raises(errors.StaleView):
        reviews.stated(given=given(wants, alice, seen="x" * 43), at=later)
    with pytest.raises(errors.AlreadySettled):
        reviews.stated(given=given(wants, alice), at=wants.deadline_at)
    wants.refresh_from_db()
    assert wants.state == "pending" and not Review.objects.exists()


@pytest.mark.parametrize(
    ("how", "refusal"),
    [
        ({"flags": PRESENT}, UnverifiedPerson), ({"crossOrigin": True}, ForeignOrigin),
        ({"origin": "https://evil.example"}, ForeignOrigin),
        ({"type": "webauthn.create"}, BadCeremony),
    ],
)  # fmt: skip
def test_an_assertion_that_does_not_hold_decides_nothing(wants, alice, now, later, how, refusal):
    with pytest.raises(refusal):
        say(device_of(alice, at=now), wants, alice, at=later, how=how)
    assert not Review.objects.exists()


def test_only_ones_own_passkey_that_counts_signs(wants, alice, bob, now, later):
    mine, his = device_of(alice, at=now), device_of(bob, at=now)
    stmt = reviews.stated(given=given(wants, alice), at=later)
    for device in (his, Authenticator.here()):
        with pytest.raises(UnknownPasskey):
            reviews.record(
                action_id=wants.pk, reviewer=alice, verdict="approve", at=later,
                signed=signing.Signed(stmt, device.sign(stmt)),
            )  # fmt: skip
    signed = signing.Signed(stmt, mine.sign(stmt))
    passkeys.revoke(passkey_id=Passkey.objects.get(person=alice).pk, by=alice, at=later)
    with pytest.raises(UnknownPasskey):
        reviews.record(action_id=wants.pk, reviewer=alice, verdict="approve", signed=signed, at=later)


def test_a_passkey_signs_nothing_that_was_stated_before_it_counted(wants, alice, now, later):
    device = device_of(alice, at=later + timedelta(minutes=1, seconds=5))
    with pytest.raises(UnknownPasskey):
        say(device, wants, alice, at=later)


def test_what_was_signed_is_recorded_or_nothing(wants, alice, bob, now, later):
    device = device_of(alice, at=now)
    yes = sign(device, wants, alice, at=later)
    with pytest.raises(errors.StaleView):  # a yes is no signed no
        reviews.record(action_id=wants.pk, reviewer=alice, verdict="deny", signed=yes, at=later)
    said = json.loads(yes.stmt)
    for change in ({"role": "data-owner"}, {"eff": "x" * 43}, {"iat": "now"}, {"rnd": 7}, {"more": 1}):
        other = canonical.canonical(said | change)
        with pytest.raises(errors.StaleView):
            reviews.record(
                action_id=wants.pk, reviewer=alice, verdict="approve", at=later,
                signed=signing.Signed(other, device.sign(other)),
            )  # fmt: skip
    with pytest.raises(errors.StaleView):
        reviews.record(
            action_id=wants.pk, reviewer=alice, verdict="approve", at=later,
            signed=dataclasses.replace(yes, stmt=b"\xff"),
        )  # fmt: skip
    assert reviews.record(action_id=wants.pk, reviewer=alice, verdict="approve", signed=yes, at=later).receipt


def test_a_statement_is_good_for_two_minutes_and_not_from_the_future(wants, alice, now, later):
    device = device_of(alice, at=now)
    signed = sign(device, wants, alice, at=later)
    for at in (later + timedelta(seconds=122), later - timedelta(seconds=2)):
        with pytest.raises(CeremonyOver):
            reviews.record(action_id=wants.pk, reviewer=alice, verdict="approve", signed=signed, at=at)
    at = later + timedelta(seconds=119)
    recorded = reviews.record(action_id=wants.pk, reviewer=alice, verdict="approve", signed=signed, at=at)
    assert claims(recorded.receipt)["reviews"][0]["stmt"]["iat"] == int(later.timestamp())
    assert checked(wants, recorded.receipt, at=at)


def test_the_same_word_twice_counts_once(asked_payout, alice, now, later):
    device = device_of(alice, at=now)
    signed = sign(device, asked_payout, alice, at=later)
    whole = {"action_id": asked_payout.pk, "reviewer": alice, "verdict": "approve", "signed": signed, "at": later}
    reviews.record(**whole)
    with pytest.raises(errors.AlreadyReviewed):
        reviews.record(**whole)


def test_an_edit_is_signed_as_it_would_run_and_voids_what_was_signed_before(shop, alice, bob, now, later):
    publish(checkpoint="shop/refund", pattern="refund", passkey="required", edit=["/amount"], need=2, at=now)
    action = submit(shop, at=now).action
    one, other = device_of(alice, at=now), device_of(bob, at=now)
    earlier = sign(other, action, bob, at=later)
    from approvals import settlement

    seen = settlement.shown(action, policy=action.policy)
    changed = {"changes": {"/amount": 40}, "seen": seen}
    wrong = sign(one, action, alice, at=later, **changed)
    with pytest.raises(errors.StaleView):  # other bytes than those that were signed
        reviews.record(
            action_id=action.pk, reviewer=alice, verdict="approve", signed=wrong, at=later,
            changes={"/amount": 41}, seen=seen,
        )  # fmt: skip
    assert not Edit.objects.exists()
    say(one, action, alice, at=later, **changed)
    with pytest.raises(errors.StaleView):
        reviews.record(action_id=action.pk, reviewer=bob, verdict="approve", signed=earlier, at=later)
    last = say(other, action, bob, at=later)
    assert {r["stmt"]["eff"] for r in claims(last.receipt)["reviews"]} == {Edit.objects.get().dig}
    assert all("webauthn" in r for r in claims(last.receipt)["reviews"])


def test_a_refused_signature_takes_no_other_verdict_with_it(asked_payout, alice, bob, now, later):
    device = device_of(alice, at=now)
    stmt = reviews.stated(given=given(asked_payout, alice), at=later)
    bad = signing.Signed(stmt, device.sign(b"{}"))
    answers = reviews.record_many(
        given=[given(asked_payout, alice, signed=bad), given(asked_payout, bob)], at=later
    )  # fmt: skip
    assert isinstance(answers[0], BadCeremony) and answers[1].state == "pending"
    assert Review.objects.get().reviewer == bob


def test_breaking_the_glass_where_passkeys_are_wanted_needs_one(shop, alice, bob, carol, now, later):
    rule = {"checkpoint": "shop/refund", "pattern": "refund", "need": 2, "passkey": "required"}
    publish(**rule, break_glass="data-owner", exceptions=["payments-owner"], at=now)
    action = submit(shop, at=now).action
    device = device_of(carol, at=now)
    with pytest.raises(errors.PasskeyMissing):
        glass.break_glass(action_id=action.pk, person=carol, reason="the bank closes", at=later)
    stmt = glass.stated(action_id=action.pk, person=carol, seen=None, at=later)
    receipt = glass.break_glass(
        action_id=action.pk, person=carol, reason="the bank closes", at=later,
        signed=signing.Signed(stmt, device.sign(stmt)),
    )  # fmt: skip
    assert "webauthn" in claims(receipt)["reviews"][0] and Finding.objects.filter(code="break_glass").exists()


def test_more_signatures_than_a_receipt_holds_are_not_taken(shop, alice, now, later):
    with pytest.raises(errors.BadPolicy, match="1 to 4 approvals"):
        publish(checkpoint="shop/refund", pattern="refund", need=5, passkey="required", at=now)
    for name in "pqrs":
        roles.give(role="payments-owner", user=User.objects.create_user(name), at=now)
    publish(checkpoint="shop/refund", pattern="refund", need=5, at=now)
    action = submit(shop, at=now).action
    with pytest.raises(errors.PasskeyNotTaken):
        say(device_of(alice, at=now), action, alice, at=later)
    with pytest.raises(errors.BadPolicy, match="Only what people decide"):
        publish(checkpoint="shop/other", pattern="other", effect="allow", passkey="required", roles={}, at=now)


def test_the_largest_receipt_with_passkeys_is_one_that_every_verifier_reads(shop, now, later, settings):
    """Four reviews by people with the longest names, for somebody with the longest name, by the largest keys."""
    role, people, devices = "r" * 150, [], []
    for number in range(4):
        person, away = (User.objects.create_user(f"{number}{letter * 149}") for letter in "pa")
        roles.give(role=role, user=away, at=now)
        absences.declare(person=away, delegates={role: person}, at=now)
        people.append(person)
        devices.append(device_of(person, at=now, alg=-257, id=bytes([number]) * 128))
    usual = {"kind": "tool_call", "pattern": "*", "deadline_seconds": 600, "roles": {"approval": role}, "at": now}
    publish(checkpoint="c" * 120, need=4, passkey="required", **usual)
    value = ask(tool="t" * 256, subject="s" * 256, nonce="n" * 128)
    padded = {"other_keys_can_be_added_here": "do not compare clientDataJSON against a template. See example"}
    for verdict in ("approve", "deny"):
        action = submit(shop, value, key=verdict, at=now).action
        for device, person in zip(devices[:3], people[:3], strict=True):
            say(device, action, person, at=later, how=padded)
        note = "\x01" * 333 if verdict == "deny" else ""
        last = say(devices[3], action, people[3], verdict, at=later, how=padded, note=note)
        assert len(last.receipt.jws) <= 16 * 1024


def test_an_unsigned_review_is_refused_by_who_wants_proof(asked, alice, later):
    recorded = reviews.record(action_id=asked.pk, reviewer=alice, verdict="approve", at=later)
    assert "webauthn" not in claims(recorded.receipt)["reviews"][0]
    with pytest.raises(NotVerified, match="quorum_unproven"):
        checked(asked, recorded.receipt, at=later)
    assert checked(asked, recorded.receipt, at=later, level=1)
