"""What an owner made of an ask on a real console is what runs at the server's, and nothing else."""

from datetime import UTC, datetime

import pytest
from placet import AsyncConsole, Console, NotVerified

from tests.approvals.editing import edit, editable, seen

REFUND = {"name": "refund", "arguments": {"order": "A1", "amount": 4200}}


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def shop_side(console, token, jwks, owners):
    editable(edit=["/amount", "/order"], at=now())
    with Console(console, token=token, pin=jwks, patience=2) as side:
        yield side


def changed(action_id: str, owners, changes: dict, *, by: str = "alice") -> None:
    from approvals.models import Action

    found = Action.objects.select_related("policy__checkpoint", "server").get(pk=action_id)
    edit(found, owners.people[by], changes, at=now())


def test_a_tool_runs_with_what_the_owner_made_of_its_arguments(shop_side, owners):
    action = shop_side.submit(**REFUND)
    changed(action.id, owners, {"/amount": 40, "/order": "A\u202e1"})
    approved = shop_side.wait(action, timeout=10)
    assert approved.edited and approved.reviewers == ["user:alice"]
    assert approved.arguments == {"order": "A\u202e1", "amount": 40}
    assert approved.run(lambda order, amount: (order, amount)) == ("A\u202e1", 40)
    assert shop_side.read(action)["outcome"]["status"] == "succeeded"


def test_two_people_sign_the_same_edited_bytes(console, token, jwks, owners):
    editable(need=2, at=now())
    with Console(console, token=token, pin=jwks, patience=2) as side:
        action = side.submit(**REFUND)
        owners.decide(action.id, by="alice")
        changed(action.id, owners, {"/amount": 40}, by="bob")
        assert side.read(action)["state"] == "pending" and "edit" not in side.read(action)
        owners.decide(action.id, by="alice")
        approved = side.wait(action, timeout=10)
        assert approved.arguments["amount"] == 40 and sorted(approved.reviewers) == ["user:alice", "user:bob"]


def test_an_edited_receipt_that_came_another_way_is_redeemed_with_the_edit(shop_side, owners):
    action = shop_side.submit(**REFUND)
    changed(action.id, owners, {"/amount": 40})
    receipt = shop_side.read(action)["receipt"].encode()
    assert shop_side.redeem(action, receipt).arguments["amount"] == 40


def test_a_server_that_is_handed_another_object_runs_nothing(shop_side, owners, monkeypatch):
    from placet import flows

    action = shop_side.submit(**REFUND)
    changed(action.id, owners, {"/amount": 40})
    decided = flows._decided

    def lies(*args, **said):
        receipt, told = yield from decided(*args, **said)
        told["params"]["arguments"]["amount"] = 41
        return receipt, told

    monkeypatch.setattr(flows, "_decided", lies)
    with pytest.raises(NotVerified) as refused:
        shop_side.wait(action, timeout=10)
    assert (refused.value.step, refused.value.code) == (10, "wrong_object")
    assert shop_side.read(action)["consumption"] is None


async def test_the_asynchronous_console_returns_the_edit_too(console, token, jwks, owners):
    from asgiref.sync import sync_to_async

    await sync_to_async(editable)(at=now())
    side = AsyncConsole(console, token=token, pin=jwks, patience=2)
    action = await side.submit(**REFUND)
    await sync_to_async(changed)(action.id, owners, {"/amount": 40})
    approved = await side.wait(action, timeout=10)
    assert approved.edited and approved.arguments["amount"] == 40
    await side.close()


def test_what_was_seen_is_another_digest_once_it_was_changed(shop_side, owners):
    from approvals.models import Action

    action = shop_side.submit(**REFUND)
    before = seen(Action.objects.select_related("policy__checkpoint", "server").get(pk=action.id))
    changed(action.id, owners, {"/amount": 40})
    after = seen(Action.objects.select_related("policy__checkpoint", "server").get(pk=action.id))
    assert before != after
