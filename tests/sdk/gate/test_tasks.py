"""Tasks of the extension: ours for hosts that follow tasks, and those of servers that need input (channel 6)."""

import asyncio
import json

import pytest

from .ends import ABLE, FORM, LINK, MODERN, SAMPLING, method_of

FOLLOWS = ABLE | {"extensions": {"io.modelcontextprotocol/tasks": {}}}


def polls(ends, task: str, identifier, method: str = "tasks/get", **params) -> None:
    meta = MODERN | {"io.modelcontextprotocol/clientCapabilities": FOLLOWS}
    said = {"taskId": task, "_meta": meta, **params}
    ends.host_says({"jsonrpc": "2.0", "id": identifier, "method": method, "params": said})


async def begun(ends) -> str:
    ends.input_required(ends.call(modern=True, capabilities=FOLLOWS), confirm=FORM)
    seed = (await ends.host_got())["result"]
    assert (seed["resultType"], seed["status"]) == ("task", "working")
    assert {"createdAt", "lastUpdatedAt", "ttlMs", "pollIntervalMs"} <= seed.keys()
    return seed["taskId"]


async def test_a_host_that_follows_tasks_gets_one_and_polls_it_to_the_end(engine, desk):
    ends = engine()
    task = await begun(ends)
    polls(ends, task, "p1")
    assert (await ends.host_got(2))["result"]["status"] == "working"
    await desk.decide("elicitation_form")
    await asyncio.sleep(0.3)
    polls(ends, task, "p2")
    shown = (await ends.host_got(3))["result"]
    assert (shown["status"], shown["inputRequests"]["confirm"]["params"]) == ("input_required", FORM)
    polls(ends, task, "p3", "tasks/update", inputResponses={"confirm": {"action": "accept"}, "other": {}})
    assert (await ends.host_got(4))["result"] == {"resultType": "complete"}
    retry = await ends.server_got(2)
    assert retry["params"]["inputResponses"] == {"confirm": {"action": "accept"}}
    ends.answer(retry["id"], {"content": [], "structuredContent": {"n": 1.50}})
    polls(ends, task, "p4")
    done = (await ends.host_got(5))["result"]
    assert (done["status"], done["result"]) == ("completed", {"content": [], "structuredContent": {"n": 1.5}})
    assert len(ends.server) == 2


async def test_no_task_is_made_of_a_sampling_which_hosts_know_as_a_round_only(engine, desk):
    ends = engine()
    ends.input_required(ends.call(modern=True, capabilities=FOLLOWS), ask=SAMPLING)
    await desk.decide("sampling", "deny")
    said = await ends.host_got()
    assert "taskId" not in str(said) and "User rejected sampling request" in str(said)


async def test_a_cancelled_task_takes_its_asks_back(engine, desk):
    ends = engine()
    task = await begun(ends)
    ask = await desk.asked("elicitation_form")
    polls(ends, task, "p1", "tasks/cancel")
    await desk.becomes(ask, "withdrawn")
    polls(ends, task, "p2")
    assert (await ends.host_got(3))["result"]["status"] == "cancelled"


async def test_nobody_else_sees_a_task(engine, desk):
    from .ends import Ends

    ends = engine()
    task = await begun(ends)
    mallory = Ends(ends.shared, principal="user:mallory")
    polls(mallory, task, "p1")
    assert mallory.host == [] and len(mallory.server) == 1


# Tasks of the server


def needing(ends, identifier, **asks) -> bytes:
    requests = {key: {"method": method_of(params), "params": params} for key, params in asks.items()}
    state = {"resultType": "complete", "taskId": "t1", "status": "input_required", "inputRequests": requests}
    return ends.answer(identifier, state)


async def test_a_servers_task_looks_busy_until_its_ask_is_released(engine, desk):
    ends = engine()
    polls(ends, "t1", 1)
    needing(ends, 1, confirm=FORM)
    shown = (await ends.host_got())["result"]
    assert shown["status"] == "working" and "inputRequests" not in shown
    await desk.decide("elicitation_form")
    await asyncio.sleep(0.3)
    polls(ends, "t1", 2)
    raw = needing(ends, 2, confirm=FORM)
    assert ends.host[1] == raw
    polls(ends, "t1", 3, "tasks/update", inputResponses={"confirm": {"action": "accept"}})
    assert json.loads(ends.server[-1])["params"]["inputResponses"] == {"confirm": {"action": "accept"}}
    assert await desk.count() == 1


async def test_what_is_denied_in_a_servers_task_the_gate_answers_itself(engine, desk):
    ends = engine()
    polls(ends, "t1", 1)
    needing(ends, 1, confirm=FORM)
    await desk.decide("elicitation_form", "deny")
    update = await ends.server_got(2)
    assert update["method"] == "tasks/update"
    assert update["params"]["inputResponses"] == {"confirm": {"action": "decline"}}
    assert "io.modelcontextprotocol/protocolVersion" in update["params"]["_meta"]
    ends.answer(update["id"], {"resultType": "complete"})
    assert len(ends.host) == 1


async def test_a_refused_sampling_cancels_a_servers_task(engine, desk):
    ends = engine()
    polls(ends, "t1", 1)
    needing(ends, 1, ask=SAMPLING)
    await desk.decide("sampling", "deny")
    assert (await ends.server_got(2))["method"] == "tasks/cancel"
    polls(ends, "t1", 2)
    needing(ends, 2, ask=SAMPLING)
    said = (await ends.host_got(2))["result"]
    assert (said["status"], said["error"]["code"]) == ("failed", -1)
    assert "inputRequests" not in said


async def test_an_answer_to_what_a_servers_task_was_not_released_for_is_refused(engine, desk):
    ends = engine()
    polls(ends, "t1", 1)
    needing(ends, 1, confirm=FORM, bank=LINK)
    await desk.asked("elicitation_form")
    polls(ends, "t1", 2, "tasks/update", inputResponses={"confirm": {"action": "accept"}})
    assert "not released" in json.dumps(await ends.host_got(2))
    polls(ends, "t2", 3, "tasks/update", inputResponses={"confirm": {"action": "accept"}})
    assert "not released" in json.dumps(await ends.host_got(3))
    assert len(ends.server) == 1


async def test_a_pushed_task_state_with_asks_is_dropped(engine):
    ends = engine()
    request = {"confirm": {"method": "elicitation/create", "params": FORM}}
    told = {"taskId": "t1", "status": "input_required", "inputRequests": request}
    ends.server_says({"jsonrpc": "2.0", "method": "notifications/tasks", "params": told})
    plain = ends.server_says(
        {"jsonrpc": "2.0", "method": "notifications/tasks", "params": {"taskId": "t1", "status": "working"}}
    )
    assert ends.host == [plain]


async def test_the_tasks_of_the_older_revision_pass(engine):
    ends = engine()
    ends.initialize()
    ends.host_says({"jsonrpc": "2.0", "id": 1, "method": "tasks/get", "params": {"taskId": "t1"}})
    raw = ends.answer(1, {"taskId": "t1", "status": "input_required", "ttl": None})
    assert ends.host == [raw]


@pytest.mark.usefixtures("any_tool")
async def test_a_tool_that_fails_within_a_servers_task_is_reported_as_failed(engine, desk):
    ends = engine(tools=frozenset({"rm"}), executor=("false",))
    polls(ends, "t1", 1)
    needing(ends, 1, run={"name": "rm", "arguments": {}})
    ask = await desk.decide("tool_call")
    assert (await desk.outcome_of(ask))[0] == "failed"
