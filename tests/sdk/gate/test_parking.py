"""Hosts that cannot wait as long as people take: they are told so, and the identical repeat goes on from there."""

import asyncio
import json

import pytest

from .ends import ABLE, COMPLETION, FORM, SAMPLING, Ends

FOLLOWS = ABLE | {"extensions": {"io.modelcontextprotocol/tasks": {}}}
SOON = {"park_after": 0.3}


async def parked(ends, count: int = 1) -> dict:
    said = await ends.host_got(count)
    assert said["result"]["isError"] is True
    assert "Pending approval" in said["result"]["content"][0]["text"]
    return said


async def test_a_modern_call_is_parked_and_its_repeat_gets_the_decision(engine, desk):
    ends = engine(**SOON)
    first = ends.call(modern=True)
    ends.input_required(first, confirm=FORM)
    said = await parked(ends)
    ask = await desk.asked("elicitation_form")
    assert said["id"] == first
    assert ask["id"] in said["result"]["content"][0]["text"]
    assert said["result"]["_meta"]["placet.gate/pending"]["actions"] == [ask["id"]]
    await desk.says(ask)
    await asyncio.sleep(0.3)
    assert len(ends.host) == 1
    again = ends.call(modern=True)
    handed = await ends.host_got(2)
    assert (handed["id"], handed["result"]["resultType"]) == (again, "input_required")
    assert len(ends.server) == 1, "the first leg did not run twice"


async def test_a_repeat_before_the_decision_waits_with_it_and_is_parked_again(engine, desk):
    ends = engine(**SOON)
    ends.input_required(ends.call(modern=True), confirm=FORM)
    await parked(ends)
    second = ends.call(modern=True)
    assert (await parked(ends, 2))["id"] == second
    third = ends.call(modern=True)
    await desk.decide("elicitation_form", "deny")
    retry = await ends.server_got(2)
    ends.answer(retry["id"], {"content": []})
    assert (await ends.host_got(3)) == {"jsonrpc": "2.0", "id": third, "result": {"content": []}}
    assert await desk.count() == 1


@pytest.mark.parametrize("arguments", [{"order": "A2"}, {"order": "A1", "more": 1}])
async def test_another_call_is_no_repeat(engine, desk, arguments):
    ends = engine(**SOON)
    ends.input_required(ends.call(modern=True), confirm=FORM)
    await parked(ends)
    await desk.decide("elicitation_form")
    ends.call(arguments=arguments, modern=True)
    assert len(ends.server) == 2


async def test_another_principal_gets_nothing_of_a_parked_call(engine, desk):
    ends = engine(**SOON)
    ends.input_required(ends.call(modern=True), confirm=FORM)
    await parked(ends)
    await desk.decide("elicitation_form")
    mallory = Ends(ends.shared, principal="user:mallory")
    mallory.call(modern=True)
    assert len(mallory.server) == 1 and mallory.host == []


async def test_a_repeat_in_another_session_of_the_principal_goes_on(engine, desk):
    ends = engine(**SOON)
    ends.input_required(ends.call(modern=True), confirm=FORM)
    await parked(ends)
    await ends.session.close()
    await desk.decide("elicitation_form")
    later = Ends(ends.shared)
    call = later.call(modern=True)
    assert (await later.host_got())["id"] == call
    assert later.server == []


async def test_a_decision_that_nobody_comes_back_for_is_void(engine, desk):
    ends = engine(**SOON, remembered_for=0.2)
    ends.input_required(ends.call(modern=True), confirm=FORM)
    await parked(ends)
    ask = await desk.decide("elicitation_form")
    assert (await desk.outcome_of(ask))[0] == "failed"
    ends.call(modern=True)
    assert len(ends.server) == 2
    assert len(ends.host) == 1


async def test_a_legacy_call_is_parked_while_its_server_goes_on_waiting(engine, desk):
    ends = engine(**SOON)
    ends.initialize()
    ends.call()
    raw = ends.ask("sampling/createMessage", SAMPLING)
    await parked(ends)
    await desk.decide("sampling")
    await asyncio.sleep(0.2)
    assert len(ends.host) == 1, "nothing is released to a host that does not listen"
    again = ends.call()
    await ends.host_got(2)
    assert ends.host[1] == raw
    ends.host_says({"jsonrpc": "2.0", "id": "s1", "result": COMPLETION})
    first = json.loads(ends.server[0])["id"]
    ends.answer(first, {"content": []})
    assert (await ends.host_got(3)) == {"jsonrpc": "2.0", "id": again, "result": {"content": []}}
    assert [json.loads(one).get("method") for one in ends.server] == ["tools/call", None]


async def test_a_result_that_came_meanwhile_is_kept_for_the_repeat(engine, desk):
    ends = engine(**SOON)
    ends.initialize()
    first = ends.call()
    ends.ask("elicitation/create", FORM)
    await parked(ends)
    await desk.decide("elicitation_form", "deny")
    await ends.server_got(2)
    ends.answer(first, {"content": [], "isError": True})
    assert len(ends.host) == 1
    again = ends.call()
    assert (await ends.host_got(2)) == {"jsonrpc": "2.0", "id": again, "result": {"content": [], "isError": True}}


async def test_a_held_call_is_parked_and_runs_only_when_it_comes_again(engine, desk):
    ends = engine(hold=("refund",), **SOON)
    ends.call()
    await parked(ends)
    await desk.decide("tool_call")
    await asyncio.sleep(0.2)
    assert ends.server == []
    again = ends.call()
    assert (await ends.server_got())["id"] == again


async def test_prompts_are_parked_by_an_error(engine, desk):
    ends = engine(**SOON)
    ends.input_required(ends.call(modern=True, method="prompts/get"), confirm=FORM)
    said = await ends.host_got()
    assert "Pending approval" in said["error"]["message"]
    assert said["error"]["data"]["placet.gate/pending"]["actions"]


@pytest.mark.parametrize(
    "more", [{"token": 1}, {"capabilities": ABLE | {"extensions": {"io.modelcontextprotocol/tasks": {}}}}]
)
async def test_hosts_that_can_wait_are_not_parked(engine, desk, more):
    ends = engine(park_after=0.1, progress_every=0.2)
    ends.input_required(ends.call(modern=True, **more), confirm=FORM)
    await asyncio.sleep(0.7)
    assert not any(b"Pending approval" in raw for raw in ends.host)


async def test_parking_can_be_switched_off(engine, desk):
    ends = engine(park_after=0)
    ends.input_required(ends.call(modern=True), confirm=FORM)
    await desk.asked("elicitation_form")
    await asyncio.sleep(0.4)
    assert ends.host == []
