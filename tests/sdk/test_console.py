"""Submit, wait, act, report: against a real console over real HTTP."""

import subprocess
import sys
import textwrap
import threading
import time
from functools import partial
from pathlib import Path

import pytest
from placet import (
    AsyncConsole,
    Console,
    Denied,
    Expired,
    Floor,
    NotVerified,
    OutcomeUnknown,
    Refused,
    SqliteSpent,
    StillPending,
    Unreachable,
    Withdrawn,
)  # fmt: skip
from placet.submissions import Action

from .forge import receipts as forge

SDK = Path(__file__).parents[2] / "sdk"
REFUND = {"name": "refund", "arguments": {"order": "A1", "amount": 42}}


@pytest.fixture
def shop_side(console, token, jwks, owners):
    with Console(console, token=token, pin=jwks, patience=2) as side:
        yield side


def test_an_approved_ask_runs_once_and_its_outcome_is_on_record(shop_side, owners):
    action = shop_side.submit(kind="tool_call", subject="dana@example.org", **REFUND)
    owners.decide(action.id)
    approved = shop_side.wait(action)
    assert approved.run(lambda order, amount: f"{order}: {amount}") == "A1: 42"
    assert (approved.name, approved.reviewers, approved.edited) == ("refund", ["user:alice"], False)
    assert shop_side.read(action)["outcome"]["status"] == "succeeded"
    with pytest.raises(OutcomeUnknown):
        approved.run(lambda **arguments: None)


def test_waiting_ends_within_a_second_of_the_decision(shop_side, owners):
    action = shop_side.submit(**REFUND)
    decided: list[float] = []

    def later():
        time.sleep(0.3)
        owners.decide(action.id)
        decided.append(time.monotonic())

    thread = threading.Thread(target=later)
    thread.start()
    shop_side.wait(action)
    thread.join()
    assert time.monotonic() - decided[0] < 1


def test_a_no_is_raised_with_its_note(shop_side, owners):
    action = shop_side.submit(**REFUND)
    owners.decide(action.id, "deny", note="Not without the order form.")
    with pytest.raises(Denied) as no:
        shop_side.wait(action)
    assert (no.value.decision, no.value.reason, no.value.note) == (
        "denied",
        "owner_denied",
        "Not without the order form.",
    )


def test_an_ask_that_nobody_owns_is_denied_at_once(shop_side):
    action = shop_side.submit(name="rm", arguments={"path": "/"})
    assert action.state == "denied"
    with pytest.raises(Denied) as no:
        shop_side.wait(action)
    assert no.value.reason == "no_checkpoint"


def test_silence_until_the_deadline_is_expiry_and_not_a_no(shop_side):
    from datetime import UTC, datetime, timedelta

    from approvals import deadlines

    action = shop_side.submit(timeout="5s", **REFUND)
    deadlines.sweep(at=datetime.now(UTC) + timedelta(seconds=6), limit=10)
    with pytest.raises(Expired):
        shop_side.wait(action)


def test_what_is_withdrawn_is_over(shop_side, owners):
    action = shop_side.submit(**REFUND)
    assert shop_side.withdraw(action) == "withdrawn"
    with pytest.raises(Withdrawn):
        shop_side.wait(action)


def test_withdrawing_too_late_tells_how_it_ended(shop_side, owners):
    action = shop_side.submit(**REFUND)
    owners.decide(action.id)
    assert shop_side.withdraw(action) == "approved"


def test_a_failure_is_reported_and_still_raised(shop_side, owners):
    action = shop_side.submit(**REFUND)
    owners.decide(action.id)
    approved = shop_side.wait(action)
    with pytest.raises(ZeroDivisionError):
        approved.run(lambda **arguments: 1 / 0)
    assert shop_side.read(action)["outcome"] == {"status": "failed", "note": "ZeroDivisionError"}


def test_patience_of_the_caller_ends_the_wait_and_not_the_ask(shop_side, owners):
    action = shop_side.submit(**REFUND)
    with pytest.raises(StillPending):
        shop_side.wait(action, timeout=0)
    owners.decide(action.id)
    assert shop_side.wait(action).name == "refund"


def test_the_same_key_is_the_same_ask(shop_side):
    first = shop_side.submit(key="refund of order A1", nonce="n" * 22, **REFUND)
    again = shop_side.submit(key="refund of order A1", nonce="n" * 22, **REFUND)
    assert first.id == again.id
    with pytest.raises(Refused) as conflict:
        shop_side.submit(key="refund of order A1", name="payout", arguments={})
    assert (conflict.value.code, conflict.value.status) == ("idempotency_conflict", 409)


def test_an_ask_with_a_flaw_is_refused_with_its_place(shop_side):
    with pytest.raises(Refused) as refused:
        shop_side.submit(origin={"colour": "blue"}, **REFUND)
    assert (refused.value.status, refused.value.pointer) == (422, "/origin/colour")


def test_own_asks_are_listed_page_by_page(shop_side):
    made = [shop_side.submit(session="s-81", **REFUND).id for _ in range(3)]
    shop_side.submit(session="another", **REFUND)
    shop_side.withdraw(made[0])
    assert [action["id"] for action in shop_side.actions(session="s-81", state="pending")] == [made[2], made[1]]


def test_a_stranger_is_told_so_at_once(console, jwks, owners):
    began = time.monotonic()
    with pytest.raises(Refused) as refused:
        Console(console, token="plc_1_nothing", pin=jwks).submit(**REFUND)
    assert refused.value.status == 401
    assert time.monotonic() - began < 2


def test_a_second_caller_cannot_use_the_approval_again(shop_side, owners, console, token, jwks):
    action = shop_side.submit(**REFUND)
    owners.decide(action.id)
    kept = action.to_json()
    shop_side.wait(action)
    with pytest.raises(OutcomeUnknown):
        shop_side.wait(action)
    with pytest.raises(OutcomeUnknown):
        Console(console, token=token, pin=jwks).wait(Action.from_json(kept))


def test_an_action_kept_as_text_is_waited_for_after_a_restart(shop_side, owners, console, token, jwks):
    kept = shop_side.submit(**REFUND).to_json()
    action = Action.from_json(kept)
    owners.decide(action.id)
    assert Console(console, token=token, pin=jwks).wait(action).arguments == REFUND["arguments"]


def test_a_valid_receipt_below_the_callers_floor_is_refused_and_not_consumed(console, token, jwks, owners):
    side = Console(console, token=token, pin=jwks, floor=Floor(need=2))
    action = side.submit(**REFUND)
    owners.decide(action.id)
    with pytest.raises(NotVerified) as refused:
        side.wait(action)
    assert refused.value.code == "need_below_floor"
    assert side.read(action)["consumption"] is None


def test_two_approvals_by_two_people_meet_a_floor_of_two(console, token, jwks, owners):
    side = Console(console, token=token, pin=jwks, floor=Floor(need=2))
    action = side.submit(name="payout", arguments={"iban": "DE00"})
    owners.decide(action.id, by="alice")
    owners.decide(action.id, by="bob")
    assert side.wait(action).reviewers == ["user:alice", "user:bob"]


def test_a_receipt_signed_by_a_key_that_is_not_pinned_is_refused(console, token, owners):
    side = Console(console, token=token, pin=forge.PIN)
    action = side.submit(**REFUND)
    owners.decide(action.id)
    with pytest.raises(NotVerified) as refused:
        side.wait(action)
    assert (refused.value.step, refused.value.code) == (3, "unknown_key")


def test_keys_may_be_believed_on_first_use_when_asked_for(console, token, owners):
    side = Console(console, token=token, pin="first-use", server="shop")
    action = side.submit(**REFUND)
    owners.decide(action.id)
    assert side.wait(action).name == "refund"


def test_a_receipt_for_another_server_is_refused(console, token, jwks, owners):
    side = Console(console, token=token, pin=jwks, server="bank")
    action = side.submit(**REFUND)
    owners.decide(action.id)
    with pytest.raises(NotVerified) as refused:
        side.wait(action)
    assert refused.value.code == "wrong_audience"


def test_a_server_may_sign_each_request_with_its_key(console, jwks, owners, key_file):
    side = Console(console, key=key_file("till"), server="till", pin=jwks)
    action = side.submit(**REFUND)
    owners.decide(action.id)
    approved = side.wait(action)
    approved.report("succeeded", "r-17")
    approved.report("succeeded", "r-17")
    with pytest.raises(Refused) as conflict:
        approved.report("failed")
    assert conflict.value.code == "outcome_conflict"


def test_a_console_that_is_not_there_is_unreachable(jwks):
    side = Console("http://127.0.0.1:9", token="plc_1_x", pin=jwks, patience=0.3)
    with pytest.raises(Unreachable):
        side.submit(**REFUND)


def test_what_was_used_is_remembered_in_a_file(tmp_path, console, token, jwks, owners):
    side = Console(console, token=token, pin=jwks, spent=SqliteSpent(tmp_path / "spent.db"))
    action = side.submit(**REFUND)
    owners.decide(action.id)
    approved = side.wait(action)
    assert not SqliteSpent(tmp_path / "spent.db").spend(jti=approved.verified.claims["jti"], action="another")
    assert not SqliteSpent(tmp_path / "spent.db").spend(jti="another", action=action.id)


async def test_the_awaited_console_does_the_same(console, token, jwks, owners):
    from asgiref.sync import sync_to_async

    async def refund(order: str, amount: int) -> str:
        return f"{order}: {amount}"

    async with AsyncConsole(console, token=token, pin=jwks) as side:
        action = await side.submit(**REFUND)
        await sync_to_async(owners.decide)(action.id)
        approved = await side.wait(action)
        assert await approved.arun(refund) == "A1: 42"
        assert (await side.read(action))["outcome"]["status"] == "succeeded"
        taken_back = await side.submit(**REFUND)
        assert await side.withdraw(taken_back) == "withdrawn"
        with pytest.raises(Withdrawn):
            await side.wait(taken_back)


def test_a_caller_killed_between_use_and_act_never_acts_a_second_time(tmp_path, console, token, jwks, owners):
    """The process dies at the worst moment: the approval is used, and nothing is done yet."""
    import json

    side = Console(console, token=token, pin=jwks)
    action = side.submit(**REFUND)
    owners.decide(action.id)
    (tmp_path / "action.json").write_text(action.to_json())
    (tmp_path / "jwks.json").write_text(json.dumps(jwks))
    program = textwrap.dedent("""
        import os, pathlib, signal, sys
        from placet import Console
        from placet.submissions import Action
        folder = pathlib.Path(sys.argv[1])
        console = Console(sys.argv[2], token=sys.argv[3], pin=folder / "jwks.json")
        approved = console.wait(Action.from_json((folder / "action.json").read_text()))
        if sys.argv[4] == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        (folder / "acted").touch()
    """)
    command = [sys.executable, "-c", program, str(tmp_path), console, token]
    run = partial(subprocess.run, timeout=30, check=False, capture_output=True, text=True, env={"PYTHONPATH": str(SDK)})
    assert run([*command, "die"]).returncode == -9
    again = run([*command, "act"])
    assert "OutcomeUnknown" in again.stderr
    assert not (tmp_path / "acted").exists()
