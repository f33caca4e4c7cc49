"""Grants: who may give one, of what, within which bounds; what it says and covers; how it ends."""

import json
from datetime import timedelta

import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from accounts import roles
from approvals import grants, keys, policy, reviews
from approvals.errors import AlreadyRevoked, BadGrant, NotAnOwner, NotFound, NotGrantable, OwnAsk
from approvals.models import Entry, Grant
from approvals.rules import covering
from approvals.rules.covering import Limit
from tests.asks import ask, submit
from tests.publishing import rule

from .granting import BOUNDS, TERMS, rules

pytestmark = pytest.mark.django_db

# ── What is covered ──────────────────────────────────────────────────────────────────────────────────────────────────

PARAMS = {"name": "refund", "arguments": {"order": "A1", "amount": 4200, "rush": True, "rate": 0.5, "x": None}}


def covered(params=PARAMS, kind="tool_call", **limits):
    return covering.schema(kind=kind, params=params, limits=limits)


def changed(**arguments):
    return PARAMS | {"arguments": PARAMS["arguments"] | arguments}


def test_nothing_chosen_covers_the_very_same_call_and_no_other():
    same = covered()
    assert covering.covers(same, params=PARAMS)
    for other in (changed(order="A2"), changed(amount=4201), changed(rush=False), changed(x=0), changed(more=1)):
        assert not covering.covers(same, params=other)


def test_a_call_with_more_around_its_arguments_is_another_call():
    assert not covering.covers(covered(), params=PARAMS | {"_meta": {"urgent": True}})
    assert not covering.covers(covered(), params={"name": "refund"})


def test_true_is_not_one():
    assert not covering.covers(covered(), params=changed(rush=1))


@pytest.mark.parametrize(
    ("amount", "fits"), [(5000, True), (0, True), (5001, False), (-1, False), ("1", False), (1.5, False)]
)
def test_a_number_is_bounded_above_and_by_nought_below(amount, fits):
    assert covering.covers(covered(amount=Limit("most", 5000)), params=changed(amount=amount)) is fits


def test_any_value_is_any_of_the_same_type():
    any_order = covered(order=Limit("any"))
    assert covering.covers(any_order, params=changed(order="B9"))
    assert not covering.covers(any_order, params=changed(order={"all": True}))


def test_a_bound_under_the_value_of_the_ask_itself_is_refused():
    with pytest.raises(BadGrant):
        covered(amount=Limit("most", 4199))


def test_a_bound_on_a_text_is_refused():
    with pytest.raises(BadGrant):
        covered(order=Limit("most", 9))


def test_an_argument_that_is_not_there_cannot_be_widened():
    with pytest.raises(BadGrant):
        covered(other=Limit("any"))


def test_other_kinds_are_covered_as_they_were_and_no_other():
    params = {"mode": "url", "message": "Sign in", "url": "https://bank.example/"}
    exact = covered(params, kind="elicitation_url")
    assert covering.covers(exact, params=params)
    assert not covering.covers(exact, params=params | {"url": "https://bank.example/2"})
    with pytest.raises(BadGrant):
        covered(params, kind="elicitation_url", url=Limit("any"))


def test_what_is_too_large_to_repeat_is_refused():
    with pytest.raises(BadGrant):
        covered({"name": "refund", "arguments": {"log": "x" * 40_000}})


# ── Giving ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_grant_says_who_allowed_what_and_anybody_can_verify_it(grant, approved, alice):
    read = jws.deserialize_compact(bytes(grant.jws), KeySet.import_key_set(keys.jwks()), algorithms=["Ed25519"])
    claims = json.loads(read.payload)
    assert read.headers()["typ"] == "placet-grant+jwt"
    assert (claims["by"], claims["role"], claims["aud"]) == ("user:alice", "payments-owner", "urn:placet:server:shop")
    assert (claims["uses"], claims["per_hour"], claims["exp"] - claims["iat"]) == (3, 2, 3600)
    assert claims["covers"] == json.loads(bytes(grant.covers))
    assert claims["like"] == {"id": str(approved.pk), "dig": approved.dig}
    assert claims["pol"]["dig"] == approved.policy.dig


def test_a_grant_stands_in_the_ledger_by_its_digest(grant):
    line = Entry.objects.get(event="grant.given")
    assert (line.actor, line.action_id, line.dig) == ("user:alice", grant.like_id, grants.dig(grant))


@pytest.mark.parametrize(
    "terms",
    [{"uses": 11}, {"uses": 0}, {"seconds": 86_401}, {"seconds": 59}, {"per_hour": 0}, {"uses": 2, "per_hour": 3}],
)
def test_nobody_grants_more_than_the_rule_allows(approved, alice, now, terms):
    usual = {"uses": 1, "seconds": 3600, "per_hour": 1}
    with pytest.raises(BadGrant):
        grants.create(action_id=approved.pk, person=alice, terms=grants.Terms(**usual | terms), at=now)
    assert not Grant.objects.exists()


def test_a_rule_without_bounds_allows_no_grant(asked, alice, now):
    reviews.record(action_id=asked.pk, reviewer=alice, verdict="approve", at=now)
    with pytest.raises(NotGrantable, match="allows no grants"):
        grants.offer(action_id=asked.pk, person=alice, at=now)


def test_more_people_needed_is_no_one_persons_word(shop, alice, bob, now):
    rules(now, need=2)
    action = submit(shop, at=now).action
    for person in (alice, bob):
        reviews.record(action_id=action.pk, reviewer=person, verdict="approve", at=now)
    with pytest.raises(NotGrantable, match="2 people"):
        grants.offer(action_id=action.pk, person=alice, at=now)


def test_what_was_denied_is_not_granted(decided, alice, now):
    no = decided("deny", order="A1", amount=1)
    with pytest.raises(NotGrantable, match="denied"):
        grants.offer(action_id=no.pk, person=alice, at=now)


def test_what_is_pending_is_previewed_only(open_rule, shop, alice, now):
    action = submit(shop, at=now).action
    assert not grants.offer(action_id=action.pk, person=alice, at=now).final
    with pytest.raises(NotGrantable, match="Approve it first"):
        grants.create(action_id=action.pk, person=alice, terms=TERMS, at=now)


def test_nobody_grants_the_like_of_their_own_ask(open_rule, shop, alice, bob, now):
    action = submit(shop, ask(subject="user:alice"), at=now).action
    reviews.record(action_id=action.pk, reviewer=bob, verdict="approve", at=now)
    with pytest.raises(OwnAsk):
        grants.create(action_id=action.pk, person=alice, terms=TERMS, at=now)


def test_who_holds_the_role_no_more_grants_nothing(approved, alice, later):
    roles.take(role="payments-owner", user=alice, at=later)
    with pytest.raises((NotFound, NotGrantable)):
        grants.create(action_id=approved.pk, person=alice, terms=TERMS, at=later)


def test_who_only_logs_sees_and_cannot_grant(shop, alice, carol, now):
    rules(now, roles={"approval": "payments-owner", "logging": "data-owner"})
    action = submit(shop, at=now).action
    reviews.record(action_id=action.pk, reviewer=alice, verdict="approve", at=now)
    with pytest.raises(NotGrantable, match="payments-owner"):
        grants.offer(action_id=action.pk, person=carol, at=now)


def test_for_a_stranger_there_is_nothing_to_grant(approved, mallory, now):
    with pytest.raises(NotFound):
        grants.offer(action_id=approved.pk, person=mallory, at=now)


def test_a_rule_that_wants_a_passkey_or_leaves_the_owner_out_is_kept(shop, alice, bob, now):
    shop.owner = alice
    shop.save()
    rules(now, exclude_server_owner=True)
    action = submit(shop, at=now).action
    reviews.record(action_id=action.pk, reviewer=bob, verdict="approve", at=now)
    with pytest.raises(NotGrantable, match="own shop"):
        grants.offer(action_id=action.pk, person=alice, at=now)
    policy.publish(rule=rule(checkpoint="shop/refund", pattern="refund", grants=BOUNDS, passkey="required"), at=now)
    with pytest.raises(NotGrantable, match="passkey"):
        grants.offer(action_id=action.pk, person=bob, at=now)


# ── Looking back ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_preview_counts_what_it_would_have_covered_and_names_what_was_denied(decided, approved, alice, bob, now):
    decided(order="A2", amount=100)
    mine = decided("deny", note="wrong order", order="A3", amount=200)
    theirs = decided("deny", by=bob, order="A4", amount=300)
    decided("deny", order="A5", amount=90_000)
    offered = grants.offer(action_id=approved.pk, person=alice, at=now)
    limits = {"amount": Limit("most", 5000), "order": Limit("any")}
    seen = grants.preview(offered=offered, limits=limits, person=alice)
    assert (seen.covered, seen.looked_at, seen.mine) == (4, 5, 1)
    assert {(each.action.pk, each.mine) for each in seen.denied} == {(mine.pk, True), (theirs.pk, False)}
    assert grants.preview(offered=offered, limits={}, person=alice).covered == 1


# ── Ending ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_whoever_may_approve_here_revokes_at_once(grant, bob, later):
    grants.revoke(grant_id=grant.pk, by=bob, at=later)
    grant.refresh_from_db()
    assert (grant.revoked_by, grant.revoked_at) == (bob, later)
    assert Entry.objects.get(event="grant.revoked").actor == "user:bob"
    with pytest.raises(AlreadyRevoked):
        grants.revoke(grant_id=grant.pk, by=bob, at=later)


def test_an_admin_revokes_without_any_duty(grant, carol, later):
    carol.is_staff = True
    carol.save()
    assert grants.revoke(grant_id=grant.pk, by=carol, at=later)


def test_strangers_and_loggers_do_not_revoke(grant, mallory, carol, now, later):
    with pytest.raises(NotFound):
        grants.revoke(grant_id=grant.pk, by=mallory, at=later)
    rules(now, roles={"approval": "payments-owner", "logging": "data-owner"})
    with pytest.raises(NotAnOwner):
        grants.revoke(grant_id=grant.pk, by=carol, at=later)


def test_too_many_grants_of_one_kind_are_refused(approved, alice, now, monkeypatch):
    monkeypatch.setattr(grants, "MOST_ALIKE", 1)
    grants.create(action_id=approved.pk, person=alice, terms=TERMS, at=now)
    with pytest.raises(BadGrant, match="Revoke one first"):
        grants.create(action_id=approved.pk, person=alice, terms=TERMS, at=now + timedelta(seconds=1))
