"""What is sent again, what is not, when it is given up: conversations played by hand, without network or clock."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from placet import Action, Expired, NotApproved, OutcomeUnknown, Refused, Unreachable, flows, prepare
from placet.flows import Call, Pause, Reply, Trust
from placet.receipts import DENIAL, Pin

from .forge import receipts as forge

LOST = None


def answer(status: int = 200, **members) -> Reply:
    return Reply(status, {}, json.dumps(members).encode())


def play(flow, *replies):
    """Answer each call with the next reply; returns the calls and what the flow returned."""
    calls, script = [], list(replies)
    try:
        step = next(flow)
        while True:
            if isinstance(step, Pause):
                step = flow.send(None)
            else:
                calls.append(step)
                step = flow.send(script.pop(0))
    except StopIteration as end:
        assert not script
        return calls, end.value


def trust(**terms) -> Trust:
    return Trust(base="https://console.example.org", pin=Pin(forge.PIN), audience=forge.SHOP, **terms)


@pytest.fixture
def action() -> Action:
    submission = prepare(name="refund", arguments={"order": "A1", "amount": 42}, nonce=forge.NONCE)
    return Action(forge.ACTION, submission, "pending", datetime.now(UTC) + timedelta(minutes=5))


def decided(claims: dict, *, typ: str = "placet-approval+jwt", **members) -> Reply:
    now = int(datetime.now(UTC).timestamp())
    fresh = forge.changed(claims, iat=now, nbf=now, exp=now + 300)
    return answer(state=claims["decision"], receipt=forge.sealed(fresh, typ=typ), **members)


def test_a_lost_answer_is_asked_for_again_under_the_same_key():
    submission = prepare(name="refund", arguments={})
    created = answer(201, id=forge.ACTION, state="pending", deadline_at="2026-11-23T10:00:00Z")
    busy = Reply(503, {"retry-after": "1"}, b"")
    calls, action = play(flows.submit(submission, trust=trust()), LOST, busy, created)
    assert [call.key for call in calls] == [submission.key] * 3
    assert {call.body for call in calls} == {submission.body}
    assert action.deadline_at == datetime(2026, 11, 23, 10, tzinfo=UTC)


def test_a_named_pause_is_kept():
    flow = flows.submit(prepare(name="refund"), trust=trust())
    assert isinstance(next(flow), Call)
    assert flow.send(Reply(503, {"retry-after": "7"}, b"")) == Pause(7.0)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 415, 422])
def test_a_no_to_the_call_is_not_asked_twice(status):
    problem = answer(status, code="the_code", detail="why", pointer="/kind")
    with pytest.raises(Refused) as refused:
        play(flows.submit(prepare(name="refund"), trust=trust()), problem)
    assert (refused.value.code, refused.value.status, refused.value.pointer) == ("the_code", status, "/kind")


@pytest.mark.parametrize("body", [b"<html>sign in to the wifi</html>", b"[]", b""])
def test_an_answer_that_is_not_the_consoles_is_no_answer(body):
    with pytest.raises(Refused) as refused:
        play(flows.submit(prepare(name="refund"), trust=trust()), Reply(200, {}, body))
    assert refused.value.code == "not_understood"


def test_a_console_that_stays_away_is_given_up():
    with pytest.raises(Unreachable):
        play(flows.submit(prepare(name="refund"), trust=trust(patience=-1)), LOST)


def test_what_runs_is_what_was_asked_and_the_order_is_verify_then_use(action):
    calls, verified = play(flows.wait(action, trust=trust(), timeout=None), decided(forge.approval()), answer())
    assert verified.effective == forge.REFUND
    assert [call.target.partition("?")[0].rpartition("/")[2] for call in calls] == [forge.ACTION, "consume"]


def test_a_lost_answer_to_the_use_is_asked_for_again_under_the_same_key(action):
    calls, _ = play(flows.wait(action, trust=trust(), timeout=None), decided(forge.approval()), LOST, answer())
    assert calls[1].key == calls[2].key == action.consume_key


def test_an_approval_that_others_used_is_never_run(action):
    with pytest.raises(OutcomeUnknown):
        play(
            flows.wait(action, trust=trust(), timeout=None),
            decided(forge.approval()),
            answer(409, code="already_consumed"),
        )


def test_a_use_that_nobody_confirms_is_no_permission(action):
    with pytest.raises(Unreachable):
        play(flows.wait(action, trust=trust(patience=-1), timeout=None), decided(forge.approval()), LOST)


def test_a_forged_approval_is_not_even_consumed(action):
    forged = answer(state="approved", receipt=forge.sealed(forge.approval(), signer=forge.MALLORY))
    with pytest.raises(NotApproved):
        play(flows.wait(action, trust=trust(), timeout=None), forged)


def test_a_denial_that_claims_to_be_an_approval_is_still_a_denial(action):
    lie = decided(forge.refusal("expired", "expired"), typ=DENIAL)
    with pytest.raises(Expired):
        play(flows.wait(action, trust=trust(), timeout=None), lie)


def test_an_edited_object_is_what_runs(action):
    edited = {"method": "tools/call", "params": {"name": "refund", "arguments": {"order": "A1", "amount": 40}}}
    reply = decided(forge.approval(edited), edit=edited)
    _, verified = play(flows.wait(action, trust=trust(), timeout=None), reply, answer())
    assert verified.params["arguments"]["amount"] == 40


def test_a_console_that_is_silent_past_its_own_deadline_is_not_waited_for(action):
    action.deadline_at = datetime.now(UTC) - timedelta(seconds=flows.GRACE_SECONDS + 1)
    with pytest.raises(Unreachable):
        play(flows.wait(action, trust=trust(), timeout=None), answer(state="pending", receipt=None))


def test_keys_believed_on_first_use_are_kept(action):
    believing = trust()
    believing.pin = None
    about, jwks = answer(issuer=forge.ISSUER), answer(**forge.PIN)
    play(flows.wait(action, trust=believing, timeout=None), decided(forge.approval()), about, jwks, answer())
    assert believing.pin.issuer == forge.ISSUER


def test_a_caller_that_never_knew_its_name_learns_it_once(action):
    learning = trust()
    learning.audience = None
    play(flows.wait(action, trust=learning, timeout=None), decided(forge.approval()), answer())
    assert learning.audience == forge.SHOP


def test_an_ask_is_fixed_when_it_is_made():
    arguments = {"order": "A1"}
    submission = prepare(name="refund", arguments=arguments, timeout=timedelta(minutes=10), subject=None)
    arguments["order"] = "B2"
    assert submission.value["mcp"]["params"]["arguments"] == {"order": "A1"}
    assert submission.value["timeout"] == "600s"
    assert "subject" not in submission.value
    assert Action.from_json(Action("a", submission, "pending", datetime.now(UTC)).to_json()).submission == submission


def test_other_kinds_are_asked_as_their_mcp_params():
    params = {"messages": [], "maxTokens": 5}
    submission = prepare(kind="sampling", mcp={"method": "sampling/createMessage", "params": params})
    assert submission.effective == {"method": "sampling/createMessage", "params": params}
    with pytest.raises(TypeError):
        prepare(kind="sampling", name="refund")
