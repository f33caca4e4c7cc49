"""Tools that a server asks this side to run: off by default, then by a host that can, or by the configured command."""

import json
import sys

import pytest

pytestmark = pytest.mark.usefixtures("any_tool")

CALL = {"name": "rm", "arguments": {"path": "/srv/x"}}
COMMAND = (
    sys.executable, "-c",
    "import sys, json, os; told = json.load(sys.stdin); secret = os.environ.get('PLACET_TOKEN', 'none');"
    "text = told['name'] + ' ' + told['arguments']['path'] + ' ' + secret;"
    "print(json.dumps({'content': [{'type': 'text', 'text': text}]}))",
)  # fmt: skip


@pytest.mark.parametrize("method", ["tools/call", "tools/invoke"])
async def test_a_server_may_call_no_tool_unless_it_is_on_the_list(engine, desk, method):
    ends = engine(tools=frozenset({"ls"}), executor=COMMAND)
    ends.initialize()
    ends.ask(method, CALL)
    said = await ends.server_got()
    assert said["error"]["code"] == -32601
    assert "may not call" in said["error"]["message"]
    assert ends.host == [] and await desk.count() == 0


async def test_an_approved_call_is_run_by_the_executor_once_and_without_our_secrets(engine, desk, monkeypatch):
    monkeypatch.setenv("PLACET_TOKEN", "plc_secret")
    ends = engine(tools=frozenset({"rm"}), executor=COMMAND)
    ends.initialize()
    ends.ask("tools/call", CALL)
    ask = await desk.decide("tool_call")
    assert (await ends.server_got())["result"]["content"][0]["text"] == "rm /srv/x none"
    assert ends.host == []
    assert (await desk.outcome_of(ask))[0] == "succeeded"


async def test_a_denied_call_is_an_error_of_the_tool(engine, desk):
    ends = engine(tools=frozenset({"rm"}), executor=COMMAND)
    ends.initialize()
    ends.ask("tools/call", CALL)
    await desk.decide("tool_call", "deny")
    assert (await ends.server_got())["result"]["isError"] is True


async def test_a_host_that_runs_tools_gets_the_call(engine, desk):
    ends = engine(tools=frozenset({"rm"}))
    ends.initialize({"experimental": {"placet.gate/tool-calls": {}}})
    raw = ends.ask("tools/call", CALL)
    await desk.decide("tool_call")
    await ends.host_got()
    assert ends.host == [raw]


@pytest.mark.parametrize(
    ("command", "word"), [((), "no executor"), (("/nonexistent",), "did not start"), (("true",), "gave no tool result")]
)
async def test_an_executor_that_fails_is_an_error_of_the_tool(engine, desk, command, word):
    ends = engine(tools=frozenset({"rm"}), executor=command)
    ends.initialize()
    ends.ask("tools/call", CALL)
    ask = await desk.decide("tool_call")
    result = (await ends.server_got())["result"]
    assert result["isError"] is True and word in result["content"][0]["text"]
    assert (await desk.outcome_of(ask))[0] == "failed"


async def test_a_tool_among_the_asks_of_a_round_is_run_too(engine, desk):
    ends = engine(tools=frozenset({"rm"}), executor=COMMAND)
    ends.input_required(ends.call(modern=True), clean=CALL)
    await desk.decide("tool_call")
    retry = await ends.server_got(2)
    assert "rm /srv/x" in json.dumps(retry["params"]["inputResponses"]["clean"])
