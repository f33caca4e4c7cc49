"""Results of type input_required: each ask an action of its own, one bundle, one retry when all are settled."""

import asyncio
import json

import pytest

from .ends import COMPLETION, FORM, LINK, SAMPLING

BOTH = {"confirm": FORM, "bank": LINK}


async def test_a_released_round_reaches_the_host_in_the_servers_own_bytes(engine, desk):
    ends = engine()
    call = ends.call(modern=True)
    raw = ends.input_required(call, confirm=FORM)
    ask = await desk.asked("elicitation_form")
    assert ends.host == []
    await desk.says(ask)
    await ends.host_got()
    assert ends.host == [raw]
    assert ask["context"]["origin"]["name"] == "refund"
    assert ask["context"]["revision"] == "2026-07-28"


async def test_the_hosts_own_retry_passes_as_it_is(engine, desk):
    ends = engine()
    call = ends.call(modern=True)
    ends.input_required(call, confirm=FORM)
    ask = await desk.decide("elicitation_form")
    await ends.host_got()
    ends.call(modern=True, inputResponses={"confirm": {"action": "accept"}}, requestState="s-1")
    assert json.loads(ends.server[1])["params"]["requestState"] == "s-1"
    assert await desk.outcome_of(ask) == ("succeeded", "accept")


@pytest.mark.parametrize("method", ["prompts/get", "resources/read"])
async def test_prompts_and_resources_may_ask_too(engine, desk, method):
    ends = engine()
    call = ends.call(modern=True, method=method)
    raw = ends.input_required(call, confirm=FORM)
    await desk.decide("elicitation_form")
    await ends.host_got()
    assert ends.host == [raw]


async def test_asks_of_one_result_are_actions_of_one_bundle_and_wait_for_each_other(engine, desk):
    ends = engine()
    raw = ends.input_required(ends.call(modern=True), **BOTH)
    form, link = await desk.asked("elicitation_form"), await desk.asked("elicitation_url")
    bundles = [ask["context"]["bundle"] for ask in (form, link)]
    assert {bundle["key"] for bundle in bundles} == {"confirm", "bank"}
    assert len({bundle["id"] for bundle in bundles}) == 1 and bundles[0]["size"] == 2
    await desk.says(form)
    await asyncio.sleep(0.2)
    assert ends.host == []
    await desk.says(link)
    await ends.host_got()
    assert ends.host == [raw]


async def test_of_a_mixed_round_the_host_sees_what_was_released_and_the_gate_adds_the_no(engine, desk):
    ends = engine()
    ends.input_required(ends.call(modern=True), **BOTH)
    await desk.decide("elicitation_form")
    await desk.decide("elicitation_url", "deny")
    seen = (await ends.host_got())["result"]
    assert seen["inputRequests"].keys() == {"confirm"}
    assert seen["requestState"] == "s-1"
    ends.call(modern=True, inputResponses={"confirm": {"action": "accept"}}, requestState="s-1")
    sent = (await ends.server_got(2))["params"]
    assert sent["inputResponses"] == {"confirm": {"action": "accept"}, "bank": {"action": "decline"}}
    assert sent["requestState"] == "s-1"


async def test_when_nothing_is_left_for_the_host_the_gate_retries(engine, desk):
    ends = engine()
    raw = b'{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"refund","arguments":{"n":1.50}, "x":[1e2]}}'
    ends.host_says(raw)
    ends.answer(5, {"resultType": "input_required", "requestState": "ü\u2028", "inputRequests": {
        "confirm": {"method": "elicitation/create", "params": FORM}}})  # fmt: skip
    await desk.decide("elicitation_form", "deny")
    retry = await ends.server_got(2)
    assert retry["id"] != 5
    assert b'"arguments":{"n":1.50},"x":[1e2]' in ends.server[1]
    assert retry["params"]["inputResponses"] == {"confirm": {"action": "decline"}}
    assert retry["params"]["requestState"] == "ü\u2028"
    ends.server_says(json.dumps({"jsonrpc": "2.0", "id": retry["id"], "result": {"content": [1.5]}}).encode())
    assert (await ends.host_got()) == {"jsonrpc": "2.0", "id": 5, "result": {"content": [1.5]}}


async def test_a_refused_sampling_ends_the_call_and_nothing_is_retried(engine, desk):
    ends = engine()
    call = ends.call(modern=True)
    ends.input_required(call, ask=SAMPLING, confirm=FORM)
    form = await desk.decide("elicitation_form")
    await desk.decide("sampling", "deny")
    said = await ends.host_got()
    assert (said["id"], said["error"]["code"]) == (call, -1)
    assert len(ends.server) == 1
    assert (await desk.outcome_of(form))[0] == "failed"


async def test_a_sampling_without_a_decision_ends_the_call_without_a_no(engine):
    ends = engine(url="http://127.0.0.1:9", patience=0.1)
    ends.input_required(ends.call(modern=True), ask=SAMPLING)
    said = await ends.host_got()
    assert said["result"]["isError"] is True
    assert "console could not be reached" in said["result"]["content"][0]["text"]
    assert len(ends.server) == 1


async def test_completions_of_a_retry_are_held_too(engine, desk):
    ends = engine(hold_result=True)
    ends.input_required(ends.call(modern=True), ask=SAMPLING)
    await desk.decide("sampling")
    await ends.host_got()
    ends.call(modern=True, inputResponses={"ask": COMPLETION}, requestState="s-1")
    second = await desk.asked("sampling_result")
    assert len(ends.server) == 1
    await desk.says(second)
    assert (await ends.server_got(2))["params"]["inputResponses"] == {"ask": COMPLETION}


async def test_a_denied_completion_of_a_retry_never_reaches_the_server(engine, desk):
    ends = engine(hold_result=True)
    ends.input_required(ends.call(modern=True), ask=SAMPLING)
    await desk.decide("sampling")
    await ends.host_got()
    call = ends.call(modern=True, inputResponses={"ask": COMPLETION}, requestState="s-1")
    await desk.decide("sampling_result", "deny")
    said = await ends.host_got(2)
    assert (said["id"], said["error"]["code"]) == (call, -1)
    assert len(ends.server) == 1


async def test_a_completion_that_nobody_released_is_refused(engine):
    ends = engine(hold_result=True)
    ends.call(modern=True, inputResponses={"ask": COMPLETION}, requestState="forged")
    assert "does not know which approval" in json.dumps(await ends.host_got())
    assert ends.server == []


async def test_an_answer_to_an_ask_that_waits_is_refused(engine, desk):
    ends = engine()
    ends.input_required(ends.call(modern=True), state=None, confirm=FORM)
    await desk.asked("elicitation_form")
    ends.call(modern=True, inputResponses={"confirm": {"action": "accept"}})
    assert "not released" in json.dumps(await ends.host_got())
    assert len(ends.server) == 1


async def test_an_approval_serves_one_retry(engine, desk):
    ends = engine()
    ends.input_required(ends.call(modern=True), confirm=FORM)
    await desk.decide("elicitation_form")
    await ends.host_got()
    for _ in range(2):
        ends.call(modern=True, inputResponses={"confirm": {"action": "accept"}}, requestState="s-1")
    assert len(ends.server) == 2
    assert "used once" in json.dumps(await ends.host_got(2))


async def test_a_second_answer_without_a_state_is_a_new_call_and_its_answers_stay_here(engine, desk):
    ends = engine()
    ends.input_required(ends.call(modern=True), None, confirm=FORM)
    await desk.decide("elicitation_form")
    await ends.host_got()
    for _ in range(2):
        last = ends.call(modern=True, inputResponses={"confirm": {"action": "accept"}})
    first, again = (json.loads(sent)["params"] for sent in ends.server[1:])
    assert first["inputResponses"] == {"confirm": {"action": "accept"}} and "inputResponses" not in again
    ends.input_required(last, None, confirm=FORM)
    await desk.asked("elicitation_form")
    assert len(ends.host) == 1


async def test_roots_need_nobody_and_state_alone_passes(engine, desk):
    ends = engine()
    call = ends.call(modern=True)
    asked = {"resultType": "input_required", "inputRequests": {"roots": {"method": "roots/list"}}, "requestState": "s"}
    raw = ends.answer(call, asked)
    again = ends.call(modern=True, requestState="s")
    leg = ends.answer(again, {"resultType": "input_required", "requestState": "s2"})
    assert ends.host == [raw, leg]


@pytest.mark.parametrize(
    "request_",
    [
        {"method": "tools/call", "params": {"name": "rm", "arguments": {}}},
        {"method": "shell/run", "params": {}},
        {"method": "elicitation/create", "params": {"mode": "voice", "message": "?"}},
        {"method": "elicitation/create"},
        {"method": "elicitation/create", "params": FORM | {"URL": "https://x.example.test/"}},
        "free text",
    ],
)
async def test_unknown_asks_fail_closed_and_readably(engine, desk, request_):
    ends = engine()
    call = ends.call(modern=True)
    ends.answer(call, {"resultType": "input_required", "inputRequests": {"x": request_}, "requestState": "s"})
    said = await ends.host_got()
    assert (said["id"], said["result"]["isError"]) == (call, True)
    assert "does not pass the gate" in said["result"]["content"][0]["text"]
    assert await desk.count() == 0


@pytest.mark.parametrize(
    "result",
    [
        {"resultType": "dream"},
        {"resultType": "complete", "inputRequests": {}},
        {"ResultType": "input_required", "content": []},
        {"resultType": "complete", "INPUTREQUESTS": {}},
    ],
)
async def test_unknown_results_fail_closed(engine, result):
    ends = engine()
    ends.answer(ends.call(modern=True), result)
    assert "does not pass the gate" in json.dumps(await ends.host_got())


async def test_an_edit_reaches_the_host_in_place_of_the_servers_words(engine, desk):
    from placet.gate import requests
    from placet.gate.answers import Outcome
    from placet.gate.channels import Ask

    params = FORM | {"_meta": {"progressToken": 1}}
    raw = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "elicitation/create", "params": params}).encode()
    ask = Ask("elicitation_form", "elicitation/create", params)
    changed = requests.edited(raw, ("params",), ask, Outcome("released", "a", FORM | {"message": "Sure?"}, True))
    assert json.loads(changed)["params"] == params | {"message": "Sure?"}


async def test_a_call_that_the_host_gives_up_takes_its_asks_back(engine, desk):
    ends = engine()
    call = ends.call(modern=True)
    ends.input_required(call, **BOTH)
    form, link = await desk.asked("elicitation_form"), await desk.asked("elicitation_url")
    ends.host_says({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": call}})
    await desk.becomes(form, "withdrawn")
    await desk.becomes(link, "withdrawn")
    assert ends.host == [] and len(ends.server) == 1


async def test_a_cancelled_retry_is_cancelled_by_the_id_the_server_knows(engine, desk):
    ends = engine()
    call = ends.call(modern=True)
    ends.input_required(call, confirm=FORM)
    await desk.decide("elicitation_form", "deny")
    retry = await ends.server_got(2)
    ends.host_says({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": call}})
    assert (await ends.server_got(3))["params"]["requestId"] == retry["id"]
    ends.answer(retry["id"], {"content": []})
    assert ends.host == []
