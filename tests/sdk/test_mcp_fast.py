"""What only FastMCP's handlers have: their own return values, forms made again after an edit, and tasks."""

import asyncio
import sys

import pytest
from fastmcp import Client
from fastmcp.exceptions import ToolError
from mcp.shared.exceptions import MCPError
from mcp_types import CreateMessageRequestParams, ElicitRequestFormParams, ErrorData
from placet import AsyncConsole
from placet.mcp import Guard

from .mcp_hosts import Fast, decided
from .mcp_shop import server

FORM = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}


@pytest.fixture
async def guard(console, token, jwks, owners):
    async with AsyncConsole(console, token=token, pin=jwks, patience=2) as side:
        yield Guard(side, subject="dana@example.org")


def context():
    return type("Context", (), {"session": None})()


async def test_fastmcp_is_not_imported_unless_asked_for():
    program = "import sys, placet.mcp; print('fastmcp' in sys.modules)"
    asked = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    assert (await asked.communicate())[0].split() == [b"False"]


async def test_a_handler_that_returns_a_dict_has_accepted(guard, owners):
    async def person(message, response_type, params, context):
        return {"ok": True}

    params = ElicitRequestFormParams(message="Deploy?", requested_schema=FORM)
    handler = guard.fastmcp.elicitation(person)
    async with asyncio.TaskGroup() as tasks:
        answer = tasks.create_task(handler("Deploy?", None, params, context()))
        await decided(owners, "elicitation_form")
    assert (answer.result().action, answer.result().content) == ("accept", {"ok": True})


async def test_a_handler_that_fails_never_looks_like_an_accepted_form(guard, owners):
    async def person(message, response_type, params, context):
        raise ValueError("the dialog was closed")

    params = ElicitRequestFormParams(message="Deploy?", requested_schema=FORM)
    answer = asyncio.create_task(guard.fastmcp.elicitation(person)("Deploy?", None, params, context()))
    await decided(owners, "elicitation_form")
    with pytest.raises(RuntimeError, match="the dialog was closed"):
        await answer


async def test_a_model_that_answers_later_is_waited_for(guard, owners):
    async def model(messages, params, context):
        await asyncio.sleep(0)
        return "Paris"

    params = CreateMessageRequestParams(messages=[], max_tokens=5)
    async with asyncio.TaskGroup() as tasks:
        answer = tasks.create_task(guard.fastmcp.sampling(model)([], params, context()))
        await decided(owners, "sampling")
    assert answer.result().content.text == "Paris"


async def test_a_denied_sampling_keeps_its_code_for_fastmcp_to_pass_on(guard, owners):
    params = CreateMessageRequestParams(messages=[], max_tokens=5)
    async with asyncio.TaskGroup() as tasks:
        answer = tasks.create_task(guard.fastmcp.sampling(Fast().model)([], params, context()))
        await decided(owners, "sampling", "deny")
    assert isinstance(answer.result(), ErrorData) and answer.result().code == -1


@pytest.mark.parametrize(("verdict", "said"), [("approve", "accept {'ok': True}"), ("deny", "decline None")])
async def test_an_ask_of_a_background_task_is_held_like_any_other(guard, owners, verdict, said):
    import fastmcp_tasks  # noqa: F401 - importing it makes every client say that it knows tasks

    from tests.counterparts.servers import fast

    async def person(message, response_type, params, context):
        return {"ok": True}

    handler = guard.fastmcp.elicitation(person)
    async with Client(fast.server, mode="auto", elicitation_handler=handler) as client:
        call = asyncio.create_task(client.call_tool("deploy_task", {}))
        await decided(owners, "elicitation_form", verdict)
        assert (await call).content[0].text == said


async def test_one_denied_sampling_is_an_error_of_the_whole_call(guard, owners):
    async with Fast().connected(guard, server, "2026-07-28") as client:
        call = asyncio.create_task(client.call_tool("sample", {"topic": "France"}))
        await decided(owners, "sampling", "deny")
        with pytest.raises((MCPError, ToolError), match="User rejected sampling request"):
            await call
