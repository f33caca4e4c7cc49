"""A server that forgot the call while people thought: it is started over once, and the answer says so."""

from .ends import FORM


async def test_a_forgotten_state_starts_the_call_over_once_and_says_so(engine, desk):
    ends = engine()
    call = ends.call(modern=True)
    ends.input_required(call, confirm=FORM)
    await desk.decide("elicitation_form", "deny")
    retry = await ends.server_got(2)
    _forgotten(ends, retry["id"])
    fresh = await ends.server_got(3)
    assert not {"inputResponses", "requestState"} & fresh["params"].keys()
    ends.input_required(fresh["id"], state="s-2", confirm=FORM)
    again = await ends.server_got(4)
    assert again["params"]["inputResponses"] == {"confirm": {"action": "decline"}}
    assert await desk.count() == 1
    ends.answer(again["id"], {"content": [{"type": "text", "text": "done"}]})
    said = await ends.host_got()
    assert said["id"] == call
    assert "started over" in said["result"]["content"][1]["text"]
    assert "placet.gate/started-over" in said["result"]["_meta"]


async def test_a_state_that_is_forgotten_twice_ends_the_call(engine, desk):
    ends = engine()
    ends.input_required(ends.call(modern=True), confirm=FORM)
    await desk.decide("elicitation_form", "deny")
    _forgotten(ends, (await ends.server_got(2))["id"])
    ends.input_required((await ends.server_got(3))["id"], state="s-2", confirm=FORM)
    _forgotten(ends, (await ends.server_got(4))["id"])
    assert (await ends.host_got())["error"]["code"] == -32602
    assert len(ends.server) == 4


async def test_another_question_after_a_fresh_start_is_another_ask(engine, desk):
    ends = engine()
    ends.input_required(ends.call(modern=True), confirm=FORM)
    await desk.decide("elicitation_form", "deny")
    _forgotten(ends, (await ends.server_got(2))["id"])
    ends.input_required((await ends.server_got(3))["id"], confirm=FORM | {"message": "Refund A2?"})
    ask = await desk.asked("elicitation_form")
    assert ask["params"]["message"] == "Refund A2?"
    assert len(ends.server) == 3


async def test_the_hosts_own_answer_is_reused_for_the_same_ask_after_a_fresh_start(engine, desk):
    ends = engine()
    ends.input_required(ends.call(modern=True), confirm=FORM)
    await desk.decide("elicitation_form")
    await ends.host_got()
    call = ends.call(modern=True, inputResponses={"confirm": {"action": "accept"}}, requestState="s-1")
    _forgotten(ends, call)
    ends.input_required((await ends.server_got(3))["id"], state="s-2", confirm=FORM)
    again = await ends.server_got(4)
    assert again["params"]["inputResponses"] == {"confirm": {"action": "accept"}}
    assert await desk.count() == 1


async def test_other_errors_are_not_taken_for_a_forgotten_state(engine, desk):
    ends = engine()
    ends.input_required(ends.call(modern=True), confirm=FORM)
    await desk.decide("elicitation_form", "deny")
    retry = await ends.server_got(2)
    ends.server_says({"jsonrpc": "2.0", "id": retry["id"], "error": {"code": -32602, "message": "Unknown order"}})
    assert (await ends.host_got())["error"]["message"] == "Unknown order"
    assert len(ends.server) == 2


def _forgotten(ends, identifier) -> None:
    error = {"code": -32602, "message": "Invalid or expired requestState", "data": {"reason": "invalid_request_state"}}
    ends.server_says({"jsonrpc": "2.0", "id": identifier, "error": error})
