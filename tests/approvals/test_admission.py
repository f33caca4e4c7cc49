"""Asks that a rule or a grant decides, or that a bound turns away; and who is asked in a batch after another."""

from datetime import timedelta

import pytest

from accounts import roles, servers
from approvals import errors
from approvals.intake import bounds
from approvals.models import Action, Assignment, Entry, Finding, Receipt, Sighting
from tests.approvals.admitting import claims, flood, refusals
from tests.asks import ask, submit
from tests.publishing import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def allowed(now):
    return publish(
        checkpoint="shop/small", pattern="refund", effect="allow", roles={}, valid_seconds=120, at=now,
        arguments={"properties": {"amount": {"maximum": 5000}}, "required": ["amount"]},
    )  # fmt: skip


def amount(value, **changes) -> dict:
    params = {"name": "refund", "arguments": {"order": "A1", "amount": value}}
    return ask(mcp={"method": "tools/call", "params": params}, **changes)


def test_what_a_rule_allows_is_approved_at_once_on_the_basis_of_the_policy(allowed, shop, now):
    admitted = submit(shop, at=now)
    action, said = admitted.action, claims(admitted.action)
    assert (action.state, action.reason, action.policy) == ("approved", "policy", allowed)
    assert (said["decision"], said["basis"], said["reviews"]) == ("approved", "policy", [])
    assert said["pol"] == {"checkpoint": "shop/small", "rev": 1, "dig": allowed.dig, "need": 0}
    assert said["exp"] == said["iat"] + 120 and "grant" not in said
    assert not Assignment.objects.exists() and bytes(admitted.receipt.jws) == bytes(Receipt.objects.get().jws)
    assert [line.event for line in Entry.objects.filter(action=action)] == ["action.submitted", "action.approved"]
    assert not Finding.objects.exists()


def test_what_fits_no_rule_by_name_is_denied_and_noted_for_its_checkpoint(allowed, shop, now):
    action = submit(shop, amount(5001), at=now).action
    assert (action.state, action.reason, claims(action)["reason"]) == ("denied", "outside_policy", "outside_policy")
    noted = Finding.objects.get()
    assert (noted.code, noted.checkpoint_id, noted.server, noted.about, noted.action_id) == (
        "outside_policy", allowed.checkpoint_id, shop, "refund", action.pk,
    )  # fmt: skip


def test_what_a_rule_denies_is_denied_and_nothing_to_look_at(refund, alice, shop, now):
    publish(checkpoint="frozen", pattern="*", effect="deny", roles={}, at=now)
    action = submit(shop, at=now).action
    assert (action.state, action.reason, action.checkpoint.name) == ("denied", "policy_denied", "frozen")
    assert not Finding.objects.exists() and not Assignment.objects.exists()


def test_a_condition_that_fails_denies_and_tells_the_owner_of_exceptions_why(refund, alice, shop, now):
    place = publish(checkpoint="careless", pattern="*", when="args.total > 5", at=now).checkpoint
    assert submit(shop, at=now).action.reason == "policy_error"
    noted = Finding.objects.get()
    assert (noted.code, noted.checkpoint) == ("policy_error", place) and noted.detail.startswith("total is not there.")


def test_conditions_know_the_server_the_signals_and_on_whose_behalf_it_is(alice, shop, now):
    shop.environment = "production"
    shop.save()
    publish(
        checkpoint="known", pattern="refund", at=now,
        when="server == 'shop' && environment == 'production' && signals.risk == 3 && subject == 'dana'"
        " && principal == 'erin' && params.arguments == args && kind == 'tool_call' && now.getFullYear() > 2025",
    )  # fmt: skip
    value = ask(subject="dana", origin={"principal": "erin"}, signals={"risk": 3})
    assert submit(shop, value, at=now).action.state == "pending"


def test_what_is_not_on_the_servers_own_list_is_denied_and_noted(refund, alice, shop, now):
    shop.tools = ["read_*"]
    shop.save()
    action = submit(shop, at=now).action
    assert (action.state, action.reason, action.checkpoint) == ("denied", "not_listed", None)
    assert (Finding.objects.get().code, Finding.objects.get().checkpoint) == ("not_listed", None)


def test_every_name_a_server_asks_by_is_seen(refund, alice, shop, now):
    submit(shop, at=now)
    submit(shop, ask(tool="drop_database"), key="k2", at=now)
    assert set(Sighting.objects.values_list("kind", "name")) == {
        ("tool_call", "refund"),
        ("tool_call", "drop_database"),
    }
    assert Finding.objects.get().code == "no_checkpoint"


def test_a_sampling_whose_result_is_reviewed_says_so_in_its_receipt(alice, shop, now):
    said = {"kind": "sampling", "pattern": "sampling/createMessage", "effect": "allow", "roles": {}, "at": now}
    publish(checkpoint="thinking", review_result=True, **said)
    params = {"messages": [{"role": "user", "content": {"type": "text", "text": "hi"}}], "maxTokens": 9}
    value = ask(kind="sampling", mcp={"method": "sampling/createMessage", "params": params})
    (detail,) = claims(submit(shop, value, at=now).action)["authorization_details"]
    assert detail["result"] == "review"
    publish(checkpoint="thinking", **said)
    (detail,) = claims(submit(shop, value, key="k2", at=now).action)["authorization_details"]
    assert "result" not in detail


def test_a_server_asks_so_many_times_a_minute_and_is_told_when_to_come_again(refund, alice, shop, now):
    shop.per_minute = 3
    shop.save()
    first, late = flood(shop, 2, at=now), now + timedelta(seconds=20)
    assert not refusals(first)
    refused = refusals(flood(shop, 4, at=late, start=10))
    assert [each.seconds for each in refused] == [40, 60, 80] and refused[0].code == "too_many"
    assert Action.objects.count() == 3 == Entry.objects.exclude(action=None).count(), "one too many leaves nothing"
    assert not refusals(flood(shop, 2, at=now + timedelta(seconds=61), start=20))


def test_a_bound_of_waiting_asks_is_free_again_when_some_are_decided(refund, alice, shop, now, later):
    from approvals import reviews

    shop.pending_most = 2
    shop.save()
    answers = flood(shop, 3, at=now)
    assert len(refusals(answers)) == 1 and refusals(answers)[0].seconds == 30
    reviews.record(action_id=answers[0].action.pk, reviewer=alice, verdict="deny", at=later)
    assert len(refusals(flood(shop, 2, at=later, start=10))) == 1


def test_what_is_decided_at_once_does_not_wait(allowed, shop, now):
    shop.pending_most = 1
    shop.save()
    assert not refusals(flood(shop, 3, at=now))


def test_a_rule_bounds_each_server_for_itself_and_only_what_it_is_about(alice, shop, now):
    crm = servers.register(name="crm", at=now)
    publish(checkpoint="bounded", pattern="refund", caps={"per_minute": 1}, at=now)
    publish(checkpoint="waiting", pattern="payout", caps={"pending": 1}, at=now)
    publish(checkpoint="free", pattern="read", at=now)
    assert len(refusals(flood(shop, 3, at=now))) == 2
    assert len(refusals(flood(shop, 3, at=now, start=10, value=ask(tool="payout")))) == 2
    assert not refusals(flood(shop, 3, at=now, start=20, value=ask(tool="read")))
    assert not refusals(flood(crm, 1, at=now))


def test_the_same_ask_again_is_no_new_one(refund, alice, shop, now, later):
    shop.per_minute = 1
    shop.save()
    first = submit(shop, at=now)
    again = submit(shop, at=later)
    assert (again.new, again.action.pk) == (False, first.action.pk)
    assert isinstance(submit(shop, ask(subject="erin"), at=later), errors.IdempotencyConflict)
    assert isinstance(submit(shop, key="k2", at=later), errors.TooMany)


def test_servers_and_rules_without_bounds_cost_no_question(refund, alice, shop, now, monkeypatch):
    def counted(self):
        raise RuntimeError("counted")

    monkeypatch.setattr(bounds.Bounds, "_read", counted)
    assert submit(shop, key="free", at=now).new
    shop.per_minute = 5
    shop.save()
    with pytest.raises(RuntimeError):
        submit(shop, key="bounded", at=now)


def test_who_left_the_role_since_the_batch_before_is_not_asked(refund, alice, bob, shop, now, later):
    """Holders of the roles that the last batch came to are read along with the next one, never remembered."""
    submit(shop, at=now)
    roles.take(role="payments-owner", user=bob, at=now)
    after = submit(shop, key="after", at=later).action
    assert {each.owner.username for each in after.assignments.all()} == {"alice"}


def test_a_batch_after_one_of_other_roles_finds_its_own_owners(refund, alice, carol, shop, now, later):
    submit(shop, at=now)
    publish(checkpoint="shop/close", kind="tool_call", pattern="close", roles={"approval": "accounts-owner"}, at=now)
    roles.give(role="accounts-owner", user=carol, at=now)
    after = submit(shop, ask(tool="close"), key="close", at=later).action
    assert {each.owner.username for each in after.assignments.all()} == {"carol"}
