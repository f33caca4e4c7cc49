"""A host of the official package, guarded: what an owner releases happens, all else ends in the protocol's no."""

import asyncio
import contextlib
from datetime import UTC, datetime

import pytest
from asgiref.sync import sync_to_async
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import CreateMessageResult, ElicitResult, TextContent
from placet import AsyncConsole
from placet.mcp import Guard

from .mcp_shop import server

ERAS = ["legacy", "2026-07-28"]


class Host:
    """The host's own callbacks, and what they were given."""

    def __init__(self) -> None:
        self.seen: list = []

    async def model(self, context, params):
        self.seen.append(params)
        return CreateMessageResult(role="assistant", content=TextContent(type="text", text="Paris"), model="m-1")

    async def person(self, context, params):
        self.seen.append(params)
        return ElicitResult(
            action="accept", content=None if params.mode == "url" else {"approve": True, "amount": 80.5}
        )


@pytest.fixture
async def guard(console, token, jwks, owners):
    async with AsyncConsole(console, token=token, pin=jwks, patience=2) as side:
        yield Guard(side, subject="dana@example.org", session="s-81")


@contextlib.asynccontextmanager
async def connected(guard: Guard, host: Host, era: str, **how):
    sampling, elicitation = guard.sampling(host.model, **how), guard.elicitation(host.person)
    async with Client(server, mode=era, sampling_callback=sampling, elicitation_callback=elicitation) as client:
        yield client


async def asked(kind: str, *, after: int = 0) -> dict:
    """The newest waiting ask of that kind, once it is there: its id, and what it says."""
    from approvals.models import Action

    def look():
        rows = Action.objects.filter(kind=kind, state="pending").order_by("-created_at")
        return [{"id": str(row.pk), "body": bytes(row.body), "context": bytes(row.context)} for row in rows]

    for _ in range(200):
        if len(found := await sync_to_async(look)()) > after:
            return found[0]
        await asyncio.sleep(0.02)
    raise AssertionError(f"no {kind} arrived")


async def decided(owners, kind: str, verdict: str = "approve", **how) -> dict:
    ask = await asked(kind)
    await sync_to_async(owners.decide)(ask["id"], verdict, **how)
    return ask


async def state_of(action_id: str):
    from approvals.models import Action

    return await sync_to_async(lambda: Action.objects.get(pk=action_id).state)()


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    ("tool", "arguments", "kind", "result"),
    [
        ("form", {"order": "A1"}, "elicitation_form", "accept 80.5"),
        ("link", {"order": "A1"}, "elicitation_url", "accept"),
        ("sample", {"topic": "France"}, "sampling", "m-1: Paris"),
    ],
)
async def test_a_released_ask_reaches_the_host_and_the_tool_finishes(guard, owners, era, tool, arguments, kind, result):
    host = Host()
    async with connected(guard, host, era) as client, asyncio.TaskGroup() as tasks:
        call = tasks.create_task(client.call_tool(tool, arguments))
        ask = await decided(owners, kind)
    assert call.result().content[0].text == result
    assert b"France" in ask["body"] or b"A1" in ask["body"]
    assert len(host.seen) == 1


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(("tool", "kind"), [("form", "elicitation_form"), ("link", "elicitation_url")])
async def test_a_denied_elicitation_is_declined_and_never_shown(guard, owners, era, tool, kind):
    host = Host()
    async with connected(guard, host, era) as client, asyncio.TaskGroup() as tasks:
        call = tasks.create_task(client.call_tool(tool, {"order": "A1"}))
        await decided(owners, kind, "deny", note="Not this one.")
    assert call.result().content[0].text == "decline"
    assert host.seen == []


@pytest.mark.parametrize("era", ERAS)
async def test_a_denied_sampling_ends_in_the_protocols_own_words(guard, owners, era):
    host = Host()
    async with connected(guard, host, era) as client:
        call = asyncio.create_task(client.call_tool("sample", {"topic": "France"}))
        await decided(owners, "sampling", "deny", note="No.")
        with pytest.raises(MCPError) as no:
            await call
    assert host.seen == []
    assert (no.value.error.code, no.value.error.message) == (-1, "User rejected sampling request")


@pytest.mark.parametrize("era", ERAS)
async def test_an_expired_elicitation_is_cancelled_and_not_declined(guard, owners, era):
    from datetime import timedelta

    from approvals import deadlines

    async with connected(guard, Host(), era) as client, asyncio.TaskGroup() as tasks:
        call = tasks.create_task(client.call_tool("form", {"order": "A1"}))
        await asked("elicitation_form")
        await sync_to_async(deadlines.sweep)(at=datetime.now(UTC) + timedelta(minutes=11), limit=10)
    assert call.result().content[0].text == "cancel"


@pytest.mark.parametrize("era", ERAS)
async def test_a_console_that_is_away_means_cancel(jwks, era):
    async with AsyncConsole("http://127.0.0.1:9", token="plc_1_x", pin=jwks, patience=0.1) as away:
        host = Host()
        async with connected(Guard(away), host, era) as client:
            result = await client.call_tool("form", {"order": "A1"})
    assert result.content[0].text == "cancel"
    assert host.seen == []


@pytest.mark.parametrize("era", ERAS)
async def test_a_call_that_the_host_gives_up_takes_its_ask_back(guard, owners, era):
    host = Host()
    async with connected(guard, host, era) as client:
        call = asyncio.create_task(client.call_tool("form", {"order": "A1"}))
        ask = await asked("elicitation_form")
        call.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await call
    assert await state_of(ask["id"]) == "withdrawn"
    assert host.seen == []


async def test_a_cancelled_callback_withdraws_even_what_was_just_being_sent(guard, owners):
    import json

    from mcp_types import ElicitRequestFormParams

    params = ElicitRequestFormParams(message="Refund?", requested_schema={"type": "object", "properties": {}})
    callback = guard.elicitation(Host().person)
    task = asyncio.create_task(callback(type("Context", (), {"session": None})(), params))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    from approvals.models import Action

    states = await sync_to_async(lambda: list(Action.objects.values_list("state", flat=True)))()
    assert states in ([], ["withdrawn"]), json.dumps(states)


@pytest.mark.parametrize("era", ERAS)
async def test_a_completion_may_be_held_a_second_time(guard, owners, era):
    host = Host()
    async with connected(guard, host, era, hold_result=True) as client, asyncio.TaskGroup() as tasks:
        call = tasks.create_task(client.call_tool("sample", {"topic": "France"}))
        first = await decided(owners, "sampling")
        second = await decided(owners, "sampling_result")
    assert call.result().content[0].text == "m-1: Paris"
    assert first["id"].encode() in second["context"]
    assert b"Paris" in second["body"]


async def test_a_completion_that_is_denied_never_reaches_the_server(guard, owners):
    host = Host()
    async with connected(guard, host, "legacy", hold_result=True) as client:
        call = asyncio.create_task(client.call_tool("sample", {"topic": "France"}))
        await decided(owners, "sampling")
        await decided(owners, "sampling_result", "deny")
        with pytest.raises(MCPError) as no:
            await call
    assert no.value.error.message == "User rejected sampling request"
    assert len(host.seen) == 1


async def test_the_ask_is_the_exact_message_and_names_its_call_when_there_is_only_one(guard, owners):
    import json

    async with connected(guard, Host(), "2026-07-28") as client:
        with guard.calling("form", {"order": "A1"}):
            call = asyncio.create_task(client.call_tool("form", {"order": "A1"}))
            ask = await decided(owners, "elicitation_form")
            await call
    value, context = json.loads(ask["body"])["value"], json.loads(ask["context"])["value"]
    assert value["method"] == "elicitation/create"
    assert value["params"]["requestedSchema"]["properties"]["amount"]["default"] == 125.0
    assert context["origin"]["name"] == "form"
    assert (context["subject"], context["session"], context["revision"]) == ("dana@example.org", "s-81", "2026-07-28")
