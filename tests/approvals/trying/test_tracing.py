"""Who would get this: the same answer as intake gives, in words, and nothing written."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import roles
from accounts.models import Absence, Delegation, Server
from approvals import grants, intake, submission, tracing
from approvals.errors import TooMany
from approvals.models import Action, Assignment
from approvals.rules.covering import Limit
from tests.asks import item, submit
from tests.publishing import publish

from . import generated
from .granting import call

pytestmark = pytest.mark.django_db


def traced(value, *, at, server="shop"):
    return tracing.trace(ask=submission.read(value), server=server, at=at)


def seats(found):
    return {seat.person: (seat.asked, seat.why) for seat in found.seats}


def test_the_way_is_told_step_by_step(refund, alice, bob, carol, shop, now):
    publish(checkpoint="large", pattern="refund", when="args.amount > 5000", roles={"approval": "data-owner"}, at=now)
    publish(checkpoint="small", pattern="ref*", rank=3, arguments={"properties": {"amount": {"maximum": 9}}}, at=now)
    found = traced(call(order="A1", amount=6000), at=now)
    assert [(rule.policy.checkpoint.name, rule.verdict) for rule in found.rules] == [
        ("large", "wins"), ("shop/refund", "loses"), ("small", "does not fit")
    ]  # fmt: skip
    assert [(value.name, value.text) for value in found.rules[0].values] == [("args.amount", "6000")]
    assert [(misfit.at, misfit.word, misfit.wants) for misfit in found.rules[2].misfits] == [("amount", "maximum", "9")]
    assert (found.state, found.found.policy.checkpoint.name) == ("pending", "large")
    assert seats(found) == {"carol": (True, "asked")}


def test_who_is_left_out_is_named_with_the_reason(refund, alice, bob, shop, now):
    found = traced(call(order="A1", amount=1) | {"subject": "user:alice"}, at=now)
    assert seats(found) == {"alice": (False, "it happens on their behalf"), "bob": (True, "asked")}


def test_who_stands_in_is_named_for_whom(refund, alice, bob, carol, shop, now):
    role = roles.give(role="payments-owner", user=bob, at=now).role
    away = Absence.objects.create(person=bob, starts_at=now - timedelta(1), created_at=now - timedelta(1))
    Delegation.objects.create(absence=away, role=role, delegate=carol)
    found = traced(call(order="A1", amount=1), at=now)
    assert seats(found)["bob"] == (False, "out of office")
    assert next(seat for seat in found.seats if seat.person == "carol").for_whom == "bob"


def test_turns_are_told_apart(alice, bob, carol, shop, now):
    needs = [{"role": "data-owner"}, {"role": "payments-owner"}]
    publish(checkpoint="x", pattern="refund", needs=needs, order="sequential", at=now)
    found = traced(call(order="A1", amount=1), at=now)
    assert seats(found)["carol"][0]
    assert seats(found)["alice"] == (False, "asked when it is their turn")


def test_a_role_that_nobody_holds_is_named(shop, now):
    publish(checkpoint="x", pattern="refund", roles={"approval": "nobody"}, at=now)
    found = traced(call(order="A1", amount=1), at=now)
    assert (found.state, found.reason) == ("denied", "no_owner")
    assert [(seat.role, seat.why) for seat in found.seats] == [("nobody", "nobody holds it")]


def test_what_is_not_on_the_servers_list_gets_no_further(refund, alice, shop, now):
    Server.objects.update(tools=["pay*"])
    found = traced(call(order="A1", amount=1), at=now)
    assert (found.listed, found.state, found.reason) == (False, "denied", "not_listed")


def test_a_full_bound_refuses_before_anything_is_stored(alice, shop, now):
    publish(checkpoint="x", pattern="refund", caps={"per_minute": 1}, at=now)
    submit(shop, call(order="A1", amount=1), at=now)
    found = traced(call(order="A1", amount=2), at=now)
    assert found.code == "too_many"
    assert [(cap.who, cap.per_minute, cap.lately) for cap in found.caps] == [("At x, shop", 1, 1)]


def test_a_stopped_server_and_an_unknown_one_may_not_ask(refund, shop, now):
    assert traced(call(order="A1"), server="nobody", at=now).code == "unauthenticated"
    Server.objects.update(stopped_at=now)
    assert traced(call(order="A1"), at=now).code == "unauthenticated"


def test_nothing_is_written(refund, grant_of, alice, bob, shop, now):
    before = {model: model.objects.count() for model in apps.get_models()}
    for amount in (1, 9000):
        traced(call(order="A1", amount=amount), at=now)
    assert {model: model.objects.count() for model in before} == before


@pytest.fixture
def grant_of(approved, alice, now):
    terms = grants.Terms(uses=3, seconds=3600, per_hour=3, limits={"amount": Limit("most", 5000)})
    return grants.create(action_id=approved.pk, person=alice, terms=terms, at=now)


def test_a_grant_that_covers_is_named_and_used_by_nobody(grant_of, shop, now):
    found = traced(call(order="A1", amount=4999), at=now)
    assert (found.state, found.reason, found.grant.by, found.grant.left) == ("approved", "grant", "alice", 3)
    assert traced(call(order="A1", amount=5001), at=now).grant is None
    assert not grant_of.uses.exists()


# ── The same as intake ───────────────────────────────────────────────────────────────────────────────────────────────


@settings(
    max_examples=40, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(
    drafts=generated.RULES, asks=generated.ASKS, owned=st.booleans(), tools=st.sampled_from([None, None, ["refund*"]])
)
def test_the_trace_says_what_intake_does(drafts, asks, owned, tools, alice, bob, carol, shop, now):
    with transaction.atomic():
        Server.objects.update(owner=alice if owned else None, tools=tools)
        for number, said in enumerate(drafts):
            publish(**generated.rule(number, said, shop), at=now)
        for number, said in enumerate(asks):
            value, at = generated.ask(said), now + timedelta(seconds=number)
            foretold = traced(value, at=at)
            (answer,) = intake.submit_many(items=[item(shop, value, key=f"k{number}")], at=at)
            assert _told(foretold) == _done(answer)
        transaction.set_rollback(True)


def _told(found):
    if found.refused:
        return found.code
    place = found.found.policy.checkpoint.name if found.found.policy else None
    waits = found.state == "pending"
    return found.state, found.reason, place, found.deadline_at, sorted(found.asked) if waits else []


def _done(answer):
    if isinstance(answer, TooMany):
        return answer.code
    action = Action.objects.select_related("checkpoint").get(pk=answer.action.pk)
    asked = Assignment.objects.filter(action=action, duty="approval").values_list("owner_id", flat=True)
    return action.state, action.reason, action.checkpoint and action.checkpoint.name, action.deadline_at, sorted(asked)
