"""A server's own proof pack, at its door."""

import json

from django.conf import settings
from placet import packs
from placet.receipts import Pin

from approvals import keys

from .conftest import refused


async def test_a_server_reads_the_pack_of_its_own_action_without_the_rule_that_stopped_it(door, refund, alice, decide):
    action = await door.submitted()
    refused(await door.get(f"/{action}/pack"), 404, "not_decided")
    await decide(action)
    answer = await door.get(f"/{action}/pack")
    said = json.loads(answer.content)
    report = packs.verify(answer.content, pin=Pin(keys.jwks() | {"issuer": settings.PUBLIC_URL}))
    assert report.holds and [part.name for part in report.parts if part.result == "left out"] == ["policy"]
    assert said["policy"] is None and said["ledger"]["inclusion"]["entry"]["action"] == action


async def test_another_servers_action_has_no_pack(door, bakery, refund, alice, decide):
    action = await door.submitted()
    await decide(action)
    refused(await bakery.get(f"/{action}/pack"), 404, "not_found")
