"""Hosts that cannot ask their user: the gate declares it for them, and the subject answers on the console."""

import asyncio
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async

from .ends import ABLE, LINK

NONE = {"sampling": {}}
FORM = {
    "message": "Your name?",
    "requestedSchema": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
}  # fmt: skip


@pytest.fixture
def dana(transactional_db, django_user_model):
    return django_user_model.objects.create_user("dana", email="dana@example.org", password="dana-password")


@pytest.fixture
def gives(dana):
    async def run(ask: dict, said: str = "accept", content: dict | None = None) -> None:
        from approvals import answers

        for _ in range(100):  # until the release is known to the page
            try:
                await sync_to_async(answers.give)(
                    action_id=UUID(ask["id"]), person=dana, said=said, content=content, at=datetime.now(UTC)
                )
            except answers.errors.Refusal:
                await asyncio.sleep(0.02)
            else:
                return

    return run


async def test_what_is_declared_is_all_that_changes(engine):
    ends = engine(inject=True)
    params = {"protocolVersion": "2025-11-25", "capabilities": {"roots": {"listChanged": True}}, "vendor": [1.50]}
    ends.host_says({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})
    sent = json.loads(ends.server[0])
    assert sent["params"].pop("capabilities") == {
        "roots": {"listChanged": True},
        "elicitation": {"form": {}, "url": {}},
    }
    assert sent["params"] == {"protocolVersion": "2025-11-25", "vendor": [1.5]}


async def test_a_modern_request_is_declared_for_too(engine):
    ends = engine(inject=True)
    ends.call(modern=True, capabilities={"elicitation": {}})
    able = json.loads(ends.server[0])["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"]
    assert able == {"elicitation": {"form": {}, "url": {}}}


async def test_a_host_that_can_do_it_all_is_left_alone(engine):
    ends = engine(inject=True)
    raw = json.dumps({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"capabilities": ABLE}}).encode()
    ends.host_says(raw)
    assert ends.server == [raw]


async def test_the_subject_answers_on_the_console_after_an_owners_yes(engine, desk, gives):
    ends = engine(inject=True)
    ends.initialize(NONE)
    ends.call()
    ends.clear()
    ends.ask("elicitation/create", FORM)
    ask = await desk.decide("elicitation_form")
    assert ask["context"]["answer"] == "console"
    await gives(ask, content={"name": "Dana"})
    assert (await ends.server_got())["result"] == {"action": "accept", "content": {"name": "Dana"}}
    assert ends.host == []
    assert await desk.outcome_of(ask) == ("succeeded", "accept")


async def test_no_answer_is_asked_for_without_an_owners_yes(engine, desk):
    ends = engine(inject=True)
    ends.initialize(NONE)
    ends.call()
    ends.clear()
    ends.ask("elicitation/create", FORM)
    await desk.decide("elicitation_form", "deny")
    assert (await ends.server_got())["result"] == {"action": "decline"}


async def test_the_subject_may_decline(engine, desk, gives):
    ends = engine(inject=True)
    ends.initialize(NONE)
    ends.call()
    ends.clear()
    ends.ask("elicitation/create", LINK)
    await gives(await desk.decide("elicitation_url"), "decline")
    assert (await ends.server_got())["result"] == {"action": "decline"}


async def test_a_round_is_answered_and_retried_by_the_gate(engine, desk, gives):
    ends = engine(inject=True)
    call = ends.call(modern=True, capabilities=NONE)
    ends.input_required(call, who=FORM)
    await gives(await desk.decide("elicitation_form"), content={"name": "Dana"})
    retry = await ends.server_got(2)
    assert retry["params"]["inputResponses"] == {"who": {"action": "accept", "content": {"name": "Dana"}}}
    ends.answer(retry["id"], {"content": []})
    assert (await ends.host_got())["id"] == call


async def test_a_link_that_was_demanded_is_opened_on_the_console(engine, desk, gives):
    ends = engine(inject=True)
    ends.initialize({})
    call = ends.call()
    error = {"code": -32042, "message": "x", "data": {"elicitations": [LINK | {"elicitationId": "e1"}]}}
    ends.server_says({"jsonrpc": "2.0", "id": call, "error": error})
    await gives(await desk.decide("elicitation_url"))
    said = await ends.host_got()
    assert "call again" in said["result"]["content"][0]["text"]
    assert LINK["url"] not in json.dumps(said)


async def test_a_host_waits_for_the_subject_as_it_waits_for_owners(engine, desk, gives):
    ends = engine(inject=True, park_after=0.3)
    ends.input_required(ends.call(modern=True, capabilities=NONE), who=FORM)
    ask = await desk.decide("elicitation_form")
    assert "Pending approval" in json.dumps(await ends.host_got())
    await gives(ask, content={"name": "Dana"})
    await asyncio.sleep(0.2)
    assert len(ends.server) == 1
    ends.call(modern=True, capabilities=NONE)
    assert "Dana" in json.dumps(await ends.server_got(2))
