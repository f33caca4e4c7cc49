"""The official server and client with the gate between them: every ask waits for its owner, in both eras."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async
from mcp.shared.exceptions import MCPError

from .hosts import ERAS, LEGACY, MODERN, Host, asked, decided, ended

CALLS = [
    ("form", {"order": "A1"}, "elicitation_form", "accept 80.5"),
    ("link", {"order": "A1"}, "elicitation_url", "accept"),
    ("sample", {"topic": "France"}, "sampling", "m-1: Paris"),
]


@pytest.mark.parametrize("era", ERAS)
async def test_what_asks_for_nothing_passes(gated, shop_url, era):
    host = Host()
    async with gated(shop_url) as gate, host.connected(gate.url, era) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        result = await client.call_tool("add", {"a": 1, "b": 2})
    assert {"form", "add"} <= set(names)
    assert result.content[0].text == "3"


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(("tool", "arguments", "kind", "result"), CALLS)
async def test_a_released_ask_reaches_the_host_and_the_tool_finishes(
    gated, owners, shop_url, era, tool, arguments, kind, result
):
    host = Host()
    async with gated(shop_url) as gate, host.connected(gate.url, era) as client, asyncio.TaskGroup() as tasks:
        call = tasks.create_task(client.call_tool(tool, arguments))
        ask = await asked(kind)
        assert host.seen == []
        await sync_to_async(owners.decide)(ask["id"])
    assert call.result().content[0].text == result
    assert len(host.seen) == 1
    context = ask["context"]
    assert (context["origin"]["name"], context["subject"]) == (tool, "dana@example.org")


@pytest.mark.parametrize(("tool", "arguments", "kind", "result"), CALLS)
async def test_a_plain_json_answer_waits_too(gated, owners, json_shop_url, tool, arguments, kind, result):
    host = Host()
    async with gated(json_shop_url) as gate, host.connected(gate.url, MODERN) as client, asyncio.TaskGroup() as tasks:
        call = tasks.create_task(client.call_tool(tool, arguments))
        ask = await asked(kind)
        await asyncio.sleep(1.5)  # by now the answer has become a stream with signs of life
        await sync_to_async(owners.decide)(ask["id"])
    assert call.result().content[0].text == result


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(("tool", "kind"), [("form", "elicitation_form"), ("link", "elicitation_url")])
async def test_a_denied_elicitation_is_declined_and_never_shown(gated, owners, shop_url, era, tool, kind):
    host = Host()
    async with gated(shop_url) as gate, host.connected(gate.url, era) as client, asyncio.TaskGroup() as tasks:
        call = tasks.create_task(client.call_tool(tool, {"order": "A1"}))
        await decided(owners, kind, "deny", note="Not this one.")
    assert call.result().content[0].text == "decline"
    assert host.seen == []


async def test_a_denied_sampling_ends_in_the_protocols_own_words(gated, owners, shop_url):
    host = Host()
    async with gated(shop_url) as gate, host.connected(gate.url, LEGACY) as client:
        call = asyncio.create_task(client.call_tool("sample", {"topic": "France"}))
        await decided(owners, "sampling", "deny")
        with pytest.raises(MCPError) as no:
            await call
    assert no.value.error.message == "User rejected sampling request"
    assert host.seen == []


@pytest.mark.parametrize("era", ERAS)
async def test_an_expired_elicitation_is_cancelled_and_not_declined(gated, owners, shop_url, era):
    from approvals import deadlines

    host = Host()
    async with gated(shop_url) as gate, host.connected(gate.url, era) as client, asyncio.TaskGroup() as tasks:
        call = tasks.create_task(client.call_tool("form", {"order": "A1"}))
        await asked("elicitation_form")
        await sync_to_async(deadlines.sweep)(at=datetime.now(UTC) + timedelta(minutes=11), limit=10)
    assert call.result().content[0].text == "cancel"
    assert host.seen == []


@pytest.mark.parametrize("era", ERAS)
async def test_a_console_that_is_away_means_cancel(shop_url, era):
    from . import running

    host = Host()
    async with running.gate(shop_url) as gate, host.connected(gate.url, era) as client:
        result = await client.call_tool("form", {"order": "A1"})
    assert result.content[0].text == "cancel"
    assert host.seen == []


async def test_an_ask_on_the_standalone_stream_is_held_as_well(gated, owners, shop_url):
    host = Host()
    async with gated(shop_url) as gate, host.connected(gate.url, LEGACY) as client, asyncio.TaskGroup() as tasks:
        await asyncio.sleep(0.3)  # until the host listens there
        call = tasks.create_task(client.call_tool("aside", {"topic": "France"}))
        await decided(owners, "sampling")
    assert call.result().content[0].text == "m-1: Paris"


@pytest.mark.parametrize("era", ERAS)
async def test_a_call_that_the_host_gives_up_takes_its_ask_back(gated, owners, shop_url, era):
    host = Host()
    async with gated(shop_url) as gate, host.connected(gate.url, era) as client:
        call = asyncio.create_task(client.call_tool("form", {"order": "A1"}))
        ask = await asked("elicitation_form")
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        await ended(ask["id"], "withdrawn")
    assert host.seen == []


async def test_a_host_that_ends_its_session_takes_its_asks_back(gated, owners, shop_url):
    host = Host()
    async with gated(shop_url) as gate:
        async with host.connected(gate.url, LEGACY) as client:
            call = asyncio.create_task(client.call_tool("form", {"order": "A1"}))
            ask = await asked("elicitation_form")
        await asyncio.gather(call, return_exceptions=True)
        await ended(ask["id"], "withdrawn")


async def test_a_gate_that_stops_takes_its_asks_back(gated, owners, shop_url):
    host = Host()
    async with gated(shop_url) as gate, host.connected(gate.url, LEGACY) as client:
        call = asyncio.create_task(client.call_tool("form", {"order": "A1"}))
        ask = await asked("elicitation_form")
        await gate.door.close()
        await ended(ask["id"], "withdrawn")
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
