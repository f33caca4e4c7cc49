"""What an owner made of an ask on a real console passes the gate in place of what was asked, under a real rule."""

import json
from datetime import UTC, datetime

import pytest
from asgiref.sync import sync_to_async

from tests.approvals.editing import edit, editable
from tests.publishing import publish

from .ends import FORM


@pytest.fixture
def changing(owners):
    """`changing(ask, changes)`: alice changes it on the console and approves."""

    def change(ask: dict, changes: dict) -> None:
        from approvals.models import Action

        action = Action.objects.select_related("policy__checkpoint", "server").get(pk=ask["id"])
        edit(action, owners.people["alice"], changes, at=datetime.now(UTC))

    return sync_to_async(change)


async def test_a_held_call_reaches_the_server_as_the_owner_made_it_and_with_nothing_else_changed(
    engine, desk, owners, changing
):
    await sync_to_async(editable)(at=datetime.now(UTC))
    ends = engine(hold=("refund",))
    call = {"name": "refund", "arguments": {"order": "A1", "amount": 4200}}
    ends.host_says({"jsonrpc": "2.0", "id": "c1", "method": "tools/call", "params": call})
    ask = await desk.asked("tool_call")
    assert ends.server == []
    await changing(ask, {"/amount": 40})
    await ends.server_got()
    (sent,) = map(json.loads, ends.server)
    assert sent == {
        "jsonrpc": "2.0", "id": "c1", "method": "tools/call",
        "params": {"name": "refund", "arguments": {"order": "A1", "amount": 40}},
    }  # fmt: skip
    ends.server_says(b'{"jsonrpc":"2.0","id":"c1","result":{"content":[],"isError":false}}')
    assert (await desk.outcome_of(ask))[0] == "succeeded"


async def test_a_servers_question_reaches_the_host_as_the_owner_made_it(engine, desk, owners, changing):
    said = {"checkpoint": "shop/form", "kind": "elicitation_form", "pattern": "*", "edit": ["/message"]}
    await sync_to_async(publish)(**said, at=datetime.now(UTC))
    ends = engine()
    ends.input_required(ends.call(modern=True), confirm=FORM)
    await changing(await desk.asked("elicitation_form"), {"/message": "Is it size L?"})
    told = json.dumps(await ends.host_got())
    assert "Is it size L?" in told and FORM["message"] not in told
