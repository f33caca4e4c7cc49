"""What a server is told when its ask holds a secret, or asks for one."""

from asgiref.sync import sync_to_async

from approvals.models import Action, Finding
from tests.approvals import answering
from tests.approvals.api.conftest import refused
from tests.approvals.secrets.planted import SECRETS
from tests.asks import ask

TOKEN = SECRETS["github-token"]
PASSWORD = {"type": "object", "properties": {"apiKey": {"type": "string"}}}


async def test_a_secret_is_refused_with_its_rule_and_its_place(door):
    params = {"name": "refund", "arguments": {"note": f"x {TOKEN}"}}
    answer = await door.submit(ask(mcp={"method": "tools/call", "params": params}))
    refused(answer, 422, "holds_secret", pointer="/mcp/params/arguments/note")
    assert answer.json()["rule"] == "github-token" and answer.json()["offset"] == 2 and TOKEN not in answer.text
    assert not await sync_to_async(Action.objects.exists)() and await sync_to_async(Finding.objects.count)() == 1


async def test_a_form_that_asks_for_one_is_refused_with_what_to_do_instead(door):
    answer = await door.submit(answering.form({"message": "Please.", "requestedSchema": PASSWORD}))
    refused(answer, 422, "asks_for_secret", pointer="/mcp/params/requestedSchema/properties/apiKey")
    assert answer.json()["rule"] == "form.api-key" and "URL mode" in answer.json()["detail"]
