"""A guarded host: what an owner releases happens, all else ends in the protocol's no, whichever client it uses."""

import asyncio
import contextlib
from datetime import UTC, datetime

import pytest
from asgiref.sync import sync_to_async
from mcp_types import ElicitRequestFormParams
from placet import AsyncConsole
from placet.mcp import Guard

from tests.publishing import publish

from .mcp_hosts import NO, Fast, Official, asked, decided, state_of
from .mcp_shop import server

ERAS = ["legacy", "2026-07-28"]
HOSTS = [Official, Fast]


@pytest.fixture(params=HOSTS, ids=lambda host: host.__name__)
def host(request):
    return request.param()


@pytest.fixture
async def guard(console, token, jwks, owners):
    async with AsyncConsole(console, token=token, pin=jwks, patience=2) as side:
        yield Guard(side, subject="dana@example.org", session="s-81")


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    ("tool", "arguments", "kind", "result"),
    [
        ("form", {"order": "A1"}, "elicitation_form", "accept 80.5"),
        ("link", {"order": "A1"}, "elicitation_url", "accept"),
        ("sample", {"topic": "France"}, "sampling", "Paris"),
    ],
)
async def test_a_released_ask_reaches_the_host_and_the_tool_finishes(
    guard, owners, host, era, tool, arguments, kind, result
):
    async with host.connected(guard, server, era) as client, asyncio.TaskGroup() as tasks:
        call = tasks.create_task(client.call_tool(tool, arguments))
        ask = await decided(owners, kind)
    assert call.result().content[0].text.endswith(result)
    assert b"France" in ask["body"] or b"A1" in ask["body"]
    assert len(host.seen) == 1


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(("tool", "kind"), [("form", "elicitation_form"), ("link", "elicitation_url")])
async def test_a_denied_elicitation_is_declined_and_never_shown(guard, owners, host, era, tool, kind):
    async with host.connected(guard, server, era) as client, asyncio.TaskGroup() as tasks:
        call = tasks.create_task(client.call_tool(tool, {"order": "A1"}))
        await decided(owners, kind, "deny", note="Not this one.")
    assert call.result().content[0].text == "decline"
    assert host.seen == []


@pytest.mark.parametrize("era", ERAS)
async def test_a_denied_sampling_ends_in_the_protocols_own_words(guard, owners, host, era):
    async with host.connected(guard, server, era) as client:
        call = asyncio.create_task(client.call_tool("sample", {"topic": "France"}))
        await decided(owners, "sampling", "deny", note="No.")
        with pytest.raises(NO) as no:
            await call
    assert host.seen == []
    assert "User rejected sampling request" in str(no.value)
    assert getattr(no.value, "code", -1) == -1


@pytest.mark.parametrize("era", ERAS)
async def test_an_expired_elicitation_is_cancelled_and_not_declined(guard, owners, host, era):
    from datetime import timedelta

    from approvals import deadlines

    async with host.connected(guard, server, era) as client, asyncio.TaskGroup() as tasks:
        call = tasks.create_task(client.call_tool("form", {"order": "A1"}))
        await asked("elicitation_form")
        await sync_to_async(deadlines.sweep)(at=datetime.now(UTC) + timedelta(minutes=11), limit=10)
    assert call.result().content[0].text == "cancel"


@pytest.mark.parametrize("era", ERAS)
async def test_a_console_that_is_away_means_cancel(jwks, host, era):
    away = AsyncConsole("http://127.0.0.1:9", token="plc_1_x", pin=jwks, patience=0.1)
    async with away, host.connected(Guard(away), server, era) as client:
        result = await client.call_tool("form", {"order": "A1"})
    assert result.content[0].text == "cancel"
    assert host.seen == []


@pytest.mark.parametrize("era", ERAS)
async def test_a_call_that_the_host_gives_up_takes_its_ask_back(guard, owners, host, era):
    async with host.connected(guard, server, era) as client:
        call = asyncio.create_task(client.call_tool("form", {"order": "A1"}))
        ask = await asked("elicitation_form")
        call.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await call
    assert await state_of(ask["id"]) == "withdrawn"
    assert host.seen == []


async def test_a_cancelled_callback_withdraws_even_what_was_just_being_sent(guard, owners):

    params = ElicitRequestFormParams(message="Refund?", requested_schema={"type": "object", "properties": {}})
    callback = guard.elicitation(Official().person)
    task = asyncio.create_task(callback(type("Context", (), {"session": None})(), params))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    from approvals.models import Action

    states = await sync_to_async(lambda: list(Action.objects.values_list("state", flat=True)))()
    assert states in ([], ["withdrawn"])


@pytest.mark.parametrize("era", ERAS)
async def test_a_completion_may_be_held_a_second_time(guard, owners, host, era):
    async with host.connected(guard, server, era, hold_result=True) as client, asyncio.TaskGroup() as tasks:
        call = tasks.create_task(client.call_tool("sample", {"topic": "France"}))
        first = await decided(owners, "sampling")
        second = await decided(owners, "sampling_result")
    assert call.result().content[0].text.endswith(": Paris")
    assert first["id"].encode() in second["context"]
    assert b"Paris" in second["body"]


async def test_a_completion_is_held_where_the_policy_wants_it(guard, owners, host):
    await sync_to_async(publish)(
        checkpoint="shop/model", kind="sampling", pattern="*", review_result=True,
        roles={"approval": "payments-owner"}, at=datetime.now(UTC),
    )  # fmt: skip
    async with host.connected(guard, server, "legacy") as client, asyncio.TaskGroup() as tasks:
        call = tasks.create_task(client.call_tool("sample", {"topic": "France"}))
        await decided(owners, "sampling")
        await decided(owners, "sampling_result")
    assert call.result().content[0].text.endswith(": Paris")


async def test_a_completion_that_is_denied_never_reaches_the_server(guard, owners, host):
    async with host.connected(guard, server, "legacy", hold_result=True) as client:
        call = asyncio.create_task(client.call_tool("sample", {"topic": "France"}))
        await decided(owners, "sampling")
        await decided(owners, "sampling_result", "deny")
        with pytest.raises(NO) as no:
            await call
    assert "User rejected sampling request" in str(no.value)
    assert len(host.seen) == 1


async def test_the_ask_is_the_exact_message_and_names_its_call_when_there_is_only_one(guard, owners, host):
    import json

    async with host.connected(guard, server, "2026-07-28") as client:
        with guard.calling("form", {"order": "A1"}):
            call = asyncio.create_task(client.call_tool("form", {"order": "A1"}))
            ask = await decided(owners, "elicitation_form")
            await call
    value, context = json.loads(ask["body"])["value"], json.loads(ask["context"])["value"]
    assert value["method"] == "elicitation/create"
    assert value["params"]["requestedSchema"]["properties"]["amount"]["default"] == 125.0
    assert context["origin"]["name"] == "form"
    assert (context["subject"], context["session"], context["revision"]) == ("dana@example.org", "s-81", "2026-07-28")
