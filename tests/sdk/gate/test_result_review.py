"""A policy that wants completions reviewed is obeyed by a gate that was started without any flag."""

import json
from datetime import UTC, datetime

import pytest

from tests.publishing import publish

from .ends import COMPLETION, SAMPLING


@pytest.fixture(autouse=True)
def reviewed(owners):
    """Samplings need one yes, and their completions another."""
    publish(
        checkpoint="shop/model", kind="sampling", pattern="*", review_result=True,
        roles={"approval": "payments-owner"}, at=datetime.now(UTC),
    )  # fmt: skip


async def test_a_completion_waits_for_a_second_yes_because_the_policy_says_so(engine, desk):
    ends = engine()
    ends.initialize()
    ends.call()
    ends.ask("sampling/createMessage", SAMPLING)
    first = await desk.decide("sampling")
    await ends.host_got()
    ends.clear()
    raw = ends.host_says({"jsonrpc": "2.0", "id": "s1", "result": COMPLETION})
    second = await desk.asked("sampling_result")
    assert ends.server == [] and second["context"]["sampling_action"] == first["id"]
    await desk.says(second)
    await ends.server_got()
    assert ends.server == [raw]


async def test_a_denied_completion_never_reaches_the_server(engine, desk):
    ends = engine()
    ends.initialize()
    ends.call()
    ends.ask("sampling/createMessage", SAMPLING)
    await desk.decide("sampling")
    await ends.host_got()
    ends.clear()
    ends.host_says({"jsonrpc": "2.0", "id": "s1", "result": COMPLETION})
    await desk.decide("sampling_result", "deny")
    assert (await ends.server_got())["error"]["message"] == "User rejected sampling request"


async def test_the_completion_of_a_retry_waits_too(engine, desk):
    ends = engine()
    ends.input_required(ends.call(modern=True), ask=SAMPLING)
    await desk.decide("sampling")
    await ends.host_got()
    ends.call(modern=True, inputResponses={"ask": COMPLETION}, requestState="s-1")
    second = await desk.asked("sampling_result")
    assert len(ends.server) == 1
    await desk.says(second)
    assert (await ends.server_got(2))["params"]["inputResponses"] == {"ask": COMPLETION}


async def test_the_completion_of_a_hosts_task_waits_too(engine, desk):
    ends = engine()
    ends.initialize()
    ends.call()
    ends.ask("sampling/createMessage", SAMPLING | {"task": {"ttl": 60000}})
    await desk.decide("sampling")
    await ends.host_got()
    ends.host_says({"jsonrpc": "2.0", "id": "s1", "result": {"task": {"taskId": "h1", "status": "working"}}})
    ends.clear()
    ends.ask("tasks/result", {"taskId": "h1"}, "s2")
    ends.host_says({"jsonrpc": "2.0", "id": "s2", "result": COMPLETION})
    second = await desk.asked("sampling_result")
    assert ends.server == []
    await desk.says(second)
    assert (await ends.server_got())["result"]["model"] == "m-1"


async def test_a_gate_that_knows_nothing_of_a_round_lets_no_completion_of_it_pass(engine):
    """As after a restart: it cannot tell whether the policy wanted it reviewed."""
    ends = engine()
    ends.call(modern=True, inputResponses={"ask": COMPLETION}, requestState="s-1")
    assert "does not know which approval" in json.dumps(await ends.host_got())
    assert ends.server == []


async def test_where_the_policy_wants_none_a_completion_passes(engine, desk, owners):
    publish(
        checkpoint="shop/model", kind="sampling", pattern="*", roles={"approval": "payments-owner"},
        at=datetime.now(UTC),
    )  # fmt: skip
    ends = engine()
    ends.initialize()
    ends.call()
    ends.ask("sampling/createMessage", SAMPLING)
    await desk.decide("sampling")
    await ends.host_got()
    ends.clear()
    raw = ends.host_says({"jsonrpc": "2.0", "id": "s1", "result": COMPLETION})
    assert ends.server == [raw] and await desk.count(kind="sampling_result") == 0
