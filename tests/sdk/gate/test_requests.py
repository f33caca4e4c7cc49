"""Requests of the server to the host: held until decided, released in their own bytes, or refused in the protocol's."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async

from .ends import COMPLETION, FORM, LINK, SAMPLING

ASKS = [
    ("elicitation/create", FORM, "elicitation_form"),
    ("elicitation/create", LINK | {"elicitationId": "e1"}, "elicitation_url"),
    ("sampling/createMessage", SAMPLING, "sampling"),
]


@pytest.mark.parametrize(("method", "params", "kind"), ASKS)
async def test_an_ask_is_held_and_then_reaches_the_host_in_its_own_bytes(engine, desk, method, params, kind):
    ends = engine()
    ends.initialize()
    ends.call()
    raw = b' {"jsonrpc" :"2.0","extra":[1.0, 2e3],"id":"s1","method":%b,"params":%b}' % (
        json.dumps(method).encode(), json.dumps(params).encode()
    )  # fmt: skip
    ends.server_says(raw)
    ask = await desk.asked(kind)
    assert ends.host == []
    await desk.says(ask)
    await ends.host_got()
    assert ends.host == [raw]
    assert ask["params"] == params


async def test_the_hosts_answer_to_what_was_released_passes_as_it_is(engine, desk):
    ends = engine()
    ends.initialize()
    ends.call()
    ends.ask("elicitation/create", FORM)
    ask = await desk.decide("elicitation_form")
    await ends.host_got()
    ends.clear()
    raw = ends.host_says(b'{"jsonrpc":"2.0", "id":"s1","result":{"action":"accept","content":{"ok":true}}}')
    assert ends.server == [raw]
    assert await desk.outcome_of(ask) == ("succeeded", "accept")


@pytest.mark.parametrize(("verdict", "action"), [("deny", "decline"), ("expire", "cancel")])
@pytest.mark.parametrize(("method", "params", "kind"), ASKS[:2])
async def test_an_elicitation_that_is_not_released_is_answered_by_the_gate(
    engine, desk, method, params, kind, verdict, action
):
    ends = engine()
    ends.initialize()
    ends.call()
    ends.clear()
    ends.ask(method, params, 7)
    await _end(desk, kind, verdict)
    assert await ends.server_got() == {"jsonrpc": "2.0", "id": 7, "result": {"action": action}}
    assert ends.host == []


@pytest.mark.parametrize(("verdict", "code"), [("deny", -1), ("expire", -32603)])
async def test_a_sampling_that_is_not_released_is_an_error_for_the_server(engine, desk, verdict, code):
    ends = engine()
    ends.initialize()
    ends.call()
    ends.clear()
    ends.ask("sampling/createMessage", SAMPLING)
    await _end(desk, "sampling", verdict)
    error = (await ends.server_got())["error"]
    assert error["code"] == code
    assert code != -1 or error["message"] == "User rejected sampling request"
    assert ends.host == []


async def test_a_form_that_asks_for_a_secret_is_cancelled_and_its_server_told_why(engine, desk):
    ends = engine()
    ends.initialize()
    ends.call()
    ends.clear()
    schema = {"type": "object", "properties": {"password": {"type": "string"}}}
    ends.ask("elicitation/create", {"message": "Sign in.", "requestedSchema": schema}, 7)
    result = (await ends.server_got())["result"]
    assert result["action"] == "cancel" and ends.host == []
    assert "asks_for_secret" in result["_meta"]["placet.gate/refused"] and "URL mode" in str(result)
    assert not await desk.count()


async def test_a_console_that_is_away_means_cancel(engine):
    ends = engine(url="http://127.0.0.1:9", patience=0.2)
    ends.initialize()
    ends.call()
    ends.clear()
    ends.ask("elicitation/create", FORM)
    ends.ask("sampling/createMessage", SAMPLING, "s2")
    await ends.server_got(2)
    said = {one["id"]: one for one in map(json.loads, ends.server)}
    assert said["s1"]["result"] == {"action": "cancel"}
    assert "console could not be reached" in said["s2"]["error"]["message"]
    assert ends.host == []


async def test_an_ask_that_the_console_does_not_take_is_not_released(engine):
    ends = engine()
    ends.initialize()
    ends.call()
    ends.clear()
    ends.ask("elicitation/create", LINK | {"url": "http://bank.example.test/plain"})
    result = (await ends.server_got())["result"]
    assert result["action"] == "cancel" and result["_meta"]["placet.gate/refused"].startswith("bad_url")
    assert ends.host == []


async def test_an_answer_to_what_was_not_released_never_reaches_the_server(engine, desk):
    ends = engine()
    ends.initialize()
    ends.call()
    ends.clear()
    ends.ask("elicitation/create", FORM)
    await desk.asked("elicitation_form")
    ends.host_says({"jsonrpc": "2.0", "id": "s1", "result": {"action": "accept", "content": {"ok": True}}})
    assert ends.server == []
    await desk.decide("elicitation_form", "deny")
    assert (await ends.server_got())["result"] == {"action": "decline"}


async def test_only_the_first_of_two_answers_passes(engine, desk):
    ends = engine()
    ends.initialize()
    ends.call()
    ends.ask("elicitation/create", FORM)
    await desk.decide("elicitation_form")
    await ends.host_got()
    ends.clear()
    for choice in ("decline", "accept"):
        ends.host_says({"jsonrpc": "2.0", "id": "s1", "result": {"action": choice}})
    assert [json.loads(raw)["result"]["action"] for raw in ends.server] == ["decline"]


async def test_a_completion_is_held_a_second_time(engine, desk):
    ends = engine(hold_result=True)
    ends.initialize()
    ends.call()
    ends.ask("sampling/createMessage", SAMPLING)
    first = await desk.decide("sampling")
    await ends.host_got()
    ends.clear()
    raw = ends.host_says({"jsonrpc": "2.0", "id": "s1", "result": COMPLETION})
    second = await desk.asked("sampling_result")
    assert ends.server == []
    assert (second["params"], second["context"]["sampling_action"]) == (COMPLETION, first["id"])
    await desk.says(second)
    await ends.server_got()
    assert ends.server == [raw]


async def test_a_completion_that_is_denied_never_reaches_the_server(engine, desk):
    ends = engine(hold_result=True)
    ends.initialize()
    ends.call()
    ends.ask("sampling/createMessage", SAMPLING)
    await desk.decide("sampling")
    await ends.host_got()
    ends.clear()
    ends.host_says({"jsonrpc": "2.0", "id": "s1", "result": COMPLETION})
    await desk.decide("sampling_result", "deny")
    assert (await ends.server_got())["error"]["message"] == "User rejected sampling request"


async def test_the_completion_of_a_hosts_task_is_held_too(engine, desk):
    ends = engine(hold_result=True)
    ends.initialize()
    ends.call()
    ends.ask("sampling/createMessage", SAMPLING | {"task": {"ttl": 60000}})
    first = await desk.decide("sampling")
    await ends.host_got()
    ends.host_says({"jsonrpc": "2.0", "id": "s1", "result": {"task": {"taskId": "h1", "status": "working"}}})
    ends.clear()
    ends.ask("tasks/result", {"taskId": "h1"}, "s2")
    assert len(ends.host) == 1
    ends.host_says({"jsonrpc": "2.0", "id": "s2", "result": COMPLETION})
    second = await desk.asked("sampling_result")
    assert ends.server == []
    assert second["context"]["sampling_action"] == first["id"]
    await desk.says(second)
    assert (await ends.server_got())["result"]["model"] == "m-1"


async def test_an_ask_of_a_task_names_the_call_that_became_the_task(engine, desk):
    ends = engine()
    ends.initialize()
    first = ends.call("refund")
    ends.answer(first, {"task": {"taskId": "t1", "status": "working"}})
    ends.call("payout")
    ends.call("rebate")
    ends.ask("elicitation/create", FORM | {"_meta": {"io.modelcontextprotocol/related-task": {"taskId": "t1"}}})
    ask = await desk.decide("elicitation_form")
    assert ask["context"]["origin"]["name"] == "refund"
    assert "_meta" not in ask["params"]
    assert "related-task" in json.dumps(await ends.host_got(2))


async def test_with_two_calls_under_way_no_origin_is_claimed(engine, desk):
    ends = engine()
    ends.initialize()
    ends.call("refund")
    ends.call("payout")
    ends.ask("elicitation/create", FORM)
    assert "name" not in (await desk.asked("elicitation_form"))["context"]["origin"]


async def test_what_the_server_takes_back_is_withdrawn(engine, desk):
    ends = engine()
    ends.initialize()
    ends.call()
    ends.ask("elicitation/create", FORM)
    ask = await desk.asked("elicitation_form")
    ends.server_says({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "s1"}})
    await desk.becomes(ask, "withdrawn")
    assert ends.host == []


async def test_what_the_host_gives_up_is_withdrawn_and_cancelled_for_the_server(engine, desk):
    ends = engine()
    ends.initialize()
    call = ends.call()
    ends.ask("elicitation/create", FORM)
    ask = await desk.asked("elicitation_form")
    ends.clear()
    raw = ends.host_says({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": call}})
    await desk.becomes(ask, "withdrawn")
    await ends.server_got(2)
    assert ends.server[0] == raw
    assert json.loads(ends.server[1])["result"] == {"action": "cancel"}


async def test_a_host_that_leaves_takes_its_asks_with_it(engine, desk):
    ends = engine()
    ends.initialize()
    ends.call()
    ends.ask("sampling/createMessage", SAMPLING)
    ask = await desk.asked("sampling")
    await ends.session.close()
    await desk.becomes(ask, "withdrawn")


async def test_a_server_that_dies_ends_the_call_readably(engine, desk):
    ends = engine()
    ends.initialize()
    call = ends.call()
    ends.ask("sampling/createMessage", SAMPLING)
    ask = await desk.asked("sampling")
    await ends.session.server_gone("exit code 3")
    said = await ends.host_got()
    assert said["id"] == call
    assert "exit code 3" in said["result"]["content"][0]["text"]
    await desk.becomes(ask, "withdrawn")


async def test_progress_is_told_to_a_host_that_wants_it(engine, desk):
    ends = engine(progress_every=0.05, park_after=0.01)
    ends.initialize()
    ends.call(token="p1")
    said = {"progressToken": "p1", "progress": 3, "total": 9}
    ends.server_says({"jsonrpc": "2.0", "method": "notifications/progress", "params": said})
    ends.ask("elicitation/create", FORM)
    await ends.host_got(4)
    steps = [json.loads(raw)["params"] for raw in ends.host]
    assert {step["progressToken"] for step in steps} == {"p1"}
    values = [step["progress"] for step in steps]
    assert values == sorted(set(values)) and values[0] == 3 and values[-1] < 4
    await desk.decide("elicitation_form")


async def _end(desk, kind: str, verdict: str) -> None:
    from approvals import deadlines

    await desk.asked(kind)
    if verdict == "deny":
        await desk.decide(kind, "deny")
    else:
        await sync_to_async(deadlines.sweep)(at=datetime.now(UTC) + timedelta(minutes=11), limit=10)
    await asyncio.sleep(0)
