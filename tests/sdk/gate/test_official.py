"""The official client and server with the gate between them, as processes over stdio, in both eras."""

import asyncio
import contextlib
import os
import sys
from pathlib import Path

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.shared.exceptions import MCPError

from tests.sdk.mcp_hosts import Official

from .child import SDK

ERAS = ["legacy", "2026-07-28"]
ROOT = SDK.parent
SHOP = "from tests.sdk.mcp_shop import server; server.run('stdio')"
CALLS = [
    ("form", {"order": "A1"}, "elicitation_form", "accept 80.5"),
    ("link", {"order": "A1"}, "elicitation_url", "accept"),
    ("sample", {"topic": "France"}, "sampling", "m-1: Paris"),
]


@pytest.fixture
def gated(console, token, jwks, owners, tmp_path):
    """`gated(host, era, *words)`: a client whose server stands behind a gate."""
    import json

    pin = tmp_path / "pin.json"
    pin.write_text(json.dumps(jwks))
    told = {"PLACET_URL": console, "PLACET_TOKEN": token, "PLACET_PIN": str(pin)}
    path = {"PYTHONPATH": f"{SDK}{os.pathsep}{ROOT}", "PATH": os.environ["PATH"]}

    @contextlib.asynccontextmanager
    async def run(host: Official | None, era: str, *words: str):
        command = ["-m", "placet", "gate", "--subject", "dana@example.org", *words, "--", sys.executable, "-c", SHOP]
        behind = StdioServerParameters(command=sys.executable, args=command, env=told | path, cwd=Path(ROOT))
        back = {"sampling_callback": host.model, "elicitation_callback": host.person} if host else {}
        async with Client(behind, mode=era, **back) as client:
            yield client

    return run


@pytest.mark.parametrize("era", ERAS)
async def test_what_is_released_reaches_the_host_and_what_is_denied_is_never_shown(gated, desk, era):
    """One session for all of them: each starts two processes, which take a second."""
    host = Official()
    async with gated(host, era) as client:
        await client.list_tools()
        for number, (tool, arguments, kind, result) in enumerate(CALLS):
            call = asyncio.create_task(client.call_tool(tool, arguments))
            ask = await desk.asked(kind)
            assert len(host.seen) == number
            await desk.says(ask)
            assert (await call).content[0].text == result
            assert len(host.seen) == number + 1
            assert ask["context"]["origin"]["name"] == tool
            assert ask["context"]["definition"]["approved"] is None
        for tool, kind in (("form", "elicitation_form"), ("link", "elicitation_url")):
            call = asyncio.create_task(client.call_tool(tool, {"order": "A1"}))
            await desk.decide(kind, "deny")
            assert (await call).content[0].text == "decline"
        call = asyncio.create_task(client.call_tool("sample", {"topic": "France"}))
        await desk.decide("sampling", "deny")
        with pytest.raises(MCPError, match="User rejected sampling request"):
            await call
        assert len(host.seen) == len(CALLS)
        call = asyncio.create_task(client.call_tool("form", {"order": "A1"}))
        ask = await desk.asked("elicitation_form")
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        await desk.becomes(ask, "withdrawn")


@pytest.mark.parametrize("era", ERAS)
async def test_a_completion_may_be_held_a_second_time(gated, desk, era):
    host = Official()
    async with gated(host, era, "--hold-result") as client, asyncio.TaskGroup() as tasks:
        call = tasks.create_task(client.call_tool("sample", {"topic": "France"}))
        await desk.decide("sampling")
        second = await desk.decide("sampling_result")
    assert call.result().content[0].text == "m-1: Paris"
    assert second["params"]["content"]["text"] == "Paris"


@pytest.mark.parametrize("era", ERAS)
async def test_the_hosts_own_call_is_held(gated, desk, any_tool, era):
    host = Official()
    async with gated(host, era, "--hold", "tools/call=form") as client, asyncio.TaskGroup() as tasks:
        call = tasks.create_task(client.call_tool("form", {"order": "A1"}))
        await desk.decide("tool_call")
        await desk.decide("elicitation_form")
    assert call.result().content[0].text == "accept 80.5"


@pytest.mark.parametrize("era", ERAS)
async def test_a_parked_call_is_taken_up_by_its_repeat(gated, desk, era):
    host = Official()
    async with gated(host, era, "--park-after", "1") as client:
        parked = await client.call_tool("form", {"order": "A1"})
        assert parked.is_error and "Pending approval" in parked.content[0].text
        await desk.decide("elicitation_form")
        again = await client.call_tool("form", {"order": "A1"})
    assert again.content[0].text == "accept 80.5"
    assert await desk.count() == 1
    assert len(host.seen) == 1


@pytest.mark.parametrize("era", ERAS)
async def test_a_host_that_leaves_takes_its_asks_with_it(gated, desk, era):
    with contextlib.suppress(BaseExceptionGroup, MCPError):
        async with gated(Official(), era) as client, asyncio.TaskGroup() as tasks:
            call = tasks.create_task(client.call_tool("form", {"order": "A1"}))
            ask = await desk.asked("elicitation_form")
            call.cancel()
    await desk.becomes(ask, "withdrawn")
