"""The host's own tool calls, held before they reach the server."""

import json

import pytest

from .ends import FORM

HELD = {"hold": ("refund*",)}


async def test_a_held_call_reaches_the_server_in_its_own_bytes_after_a_yes(engine, desk):
    ends = engine(**HELD)
    raw = b'{"jsonrpc":"2.0","id":"c 1", "method":"tools/call","params":{"name":"refund","arguments":{"n":1.50}}}'
    ends.host_says(raw)
    ask = await desk.asked("tool_call")
    assert ends.server == []
    assert ask["params"] == {"name": "refund", "arguments": {"n": 1.5}}
    await desk.says(ask)
    await ends.server_got()
    assert ends.server == [raw]
    answer = ends.server_says(b'{"jsonrpc":"2.0","id":"c 1","result":{"content":[],"isError":false} }')
    assert ends.host == [answer]
    assert (await desk.outcome_of(ask))[0] == "succeeded"


async def test_a_held_call_that_is_denied_never_runs(engine, desk):
    ends = engine(**HELD)
    call = ends.call()
    await desk.decide("tool_call", "deny", note="Ask Bob.")
    said = await ends.host_got()
    assert (said["id"], said["result"]["isError"]) == (call, True)
    assert "Ask Bob." in said["result"]["content"][0]["text"]
    assert ends.server == []


async def test_a_held_call_without_a_console_never_runs(engine):
    ends = engine(url="http://127.0.0.1:9", patience=0.1, **HELD)
    ends.call()
    assert "console could not be reached" in json.dumps(await ends.host_got())
    assert ends.server == []


async def test_other_tools_and_other_methods_pass(engine, desk):
    ends = engine(**HELD)
    ends.call("lookup")
    ends.call("refund", method="prompts/get")
    assert len(ends.server) == 2
    assert await desk.count() == 0


@pytest.mark.parametrize("params", [{"name": 7}, {"name": "refund", "arguments": [1]}, {}])
async def test_calls_of_no_known_form_are_refused_while_calls_are_held(engine, params):
    ends = engine(**HELD)
    ends.host_says({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    assert "does not pass" in json.dumps(await ends.host_got())
    assert ends.server == []


@pytest.mark.parametrize(
    "more", [{"inputResponses": {}}, {"requestState": None}, {"inputResponses": {"a": {}}, "requestState": "x"}]
)
async def test_a_retry_that_belongs_to_no_released_call_is_no_way_around(engine, more):
    ends = engine(**HELD)
    ends.call(modern=True, **more)
    assert "no approval that this retry belongs to" in json.dumps(await ends.host_got())
    assert ends.server == []


async def test_the_retry_of_a_released_call_is_part_of_it_once(engine, desk):
    ends = engine(**HELD)
    call = ends.call(modern=True)
    await desk.decide("tool_call")
    await ends.server_got()
    ends.input_required(call, confirm=FORM)
    await desk.decide("elicitation_form")
    await ends.host_got()
    for _ in range(2):
        ends.call(modern=True, inputResponses={"confirm": {"action": "accept"}}, requestState="s-1")
    assert len(ends.server) == 2
    assert "no approval that this retry belongs to" in json.dumps(await ends.host_got(2))


async def test_hostile_tool_names_are_only_names(engine, desk, any_tool):
    ends = engine(hold=("*",))
    name = "../../etc\u202e<script>\u0000"[:-1] + '"; DROP'
    ends.call(name)
    ask = await desk.asked("tool_call")
    assert ask["params"]["name"] == name
    await desk.says(ask, "deny")
    await ends.host_got()


async def test_a_name_the_console_does_not_take_is_refused(engine):
    ends = engine(hold=("*",))
    ends.call("x" * 5000)
    assert "does not take this ask" in json.dumps(await ends.host_got())
    assert ends.server == []


async def test_a_host_that_follows_tasks_gets_one_for_a_held_call(engine, desk):
    ends = engine(**HELD)
    ends.call(modern=True, capabilities={"extensions": {"io.modelcontextprotocol/tasks": {}}})
    task = (await ends.host_got())["result"]["taskId"]
    await desk.decide("tool_call")
    sent = await ends.server_got()
    poll = {"jsonrpc": "2.0", "method": "tasks/cancel", "id": "p", "params": {"taskId": task}}
    ends.host_says(poll)
    assert json.loads(ends.server[1])["params"] == {"requestId": sent["id"]}


async def test_an_owners_edit_holds_for_every_later_leg_of_the_call(engine):
    from placet.gate.calls import Call

    ends = engine()
    raw = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"refund","arguments":{"n":900}}}'
    call = Call("tools/call", b"1", ends.session, ends, raw)
    before = call.identity
    call.amend({("params", "arguments"): b'{"n":9}'})
    assert json.loads(call.raw)["params"]["arguments"] == {"n": 9}
    assert call.identity == before
