"""What no callback of a client can see or do, as `docs/server-authors.md` says it: here a gate is needed."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from placet import AsyncConsole
from placet.mcp import Guard

from tests.counterparts.servers.official import server

from .mcp_hosts import NO, Fast, Official, asked, decided, state_of


@pytest.fixture(params=[Official, Fast], ids=lambda host: host.__name__)
def host(request):
    return request.param()


@pytest.fixture
async def guard(console, token, jwks, owners):
    async with AsyncConsole(console, token=token, pin=jwks, patience=2) as side:
        yield Guard(side, subject="dana@example.org")


async def submitted() -> int:
    from approvals.models import Action

    return await sync_to_async(Action.objects.count)()


async def test_a_link_that_comes_as_an_error_reaches_no_callback(guard, host):
    async with host.connected(guard, server, "legacy") as client:
        with pytest.raises(NO):
            await client.call_tool("link_first", {"order": "A1"})
    assert (host.seen, await submitted()) == ([], 0)


async def test_a_tool_that_the_server_wants_run_reaches_no_callback(guard, host):
    async with host.connected(guard, server, "legacy") as client:
        result = await client.call_tool("reverse_tool", {})
    assert "-32601" in result.content[0].text
    assert (host.seen, await submitted()) == ([], 0)


async def test_two_asks_of_one_result_are_two_asks_that_do_not_know_of_each_other(guard, owners, host):
    async with host.connected(guard, server, "2026-07-28") as client:
        call = asyncio.create_task(client.call_tool("two_forms", {"order": "A1"}))
        await asked("elicitation_form", after=1)
        first = await decided(owners, "elicitation_form", "deny")
        second = await decided(owners, "elicitation_form", "deny")
        assert (await call).content[0].text == "decline because decline"
    assert b"bundle" not in first["context"] + second["context"]


async def test_a_refused_sampling_takes_the_asks_beside_it_back(guard, owners, host):
    async with host.connected(guard, server, "2026-07-28") as client:
        call = asyncio.create_task(client.call_tool("form_and_sample", {"order": "A1", "topic": "France"}))
        form = await asked("elicitation_form")
        await decided(owners, "sampling", "deny")
        with pytest.raises(NO, match="User rejected sampling request"):
            await call
    assert await state_of(form["id"]) == "withdrawn"
    assert host.seen == []


async def test_two_calls_under_way_leave_the_origin_open(guard, owners, host):
    async with host.connected(guard, server, "2026-07-28") as client:
        with guard.calling("form", {"order": "A1"}), guard.calling("form", {"order": "A2"}):
            call = asyncio.create_task(client.call_tool("form", {"order": "A1"}))
            ask = await decided(owners, "elicitation_form", "deny")
            await call
    assert b"origin" not in ask["context"]


async def test_a_hosts_own_calls_are_not_held(guard, host):
    async with host.connected(guard, server, "2026-07-28") as client:
        assert (await client.call_tool("add", {"a": 2, "b": 3})).content[0].text == "5"
    assert await submitted() == 0
