"""After the ask: reading, waiting, the receipt's bytes, one use, its outcome, taking it back, the list."""

import asyncio
import time
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async

from approvals.models import Receipt
from tests.asks import ask

from .conftest import client, refused


async def approved(door, decide, *, key: str = "k1") -> str:
    action = await door.submitted(key=key)
    await decide(action)
    return action


async def test_a_decided_action_tells_how_it_ended_and_carries_its_receipt(door, refund, decide):
    action = await approved(door, decide)
    said = (await door.get(f"/{action}")).json()
    assert said["state"] == "approved" and "reason" not in said["decision"]
    assert said["decision"]["decided_at"] <= said["decision"]["expires_at"] <= said["deadline_at"]
    stored = await sync_to_async(Receipt.objects.get)(pk=action)
    assert said["receipt"].encode() == bytes(stored.jws)


async def test_a_denial_tells_the_server_its_reason_and_note(door, refund, decide):
    action = await door.submitted()
    await decide(action, "deny", note="wrong order")
    decision = (await door.get(f"/{action}")).json()["decision"]
    assert (decision["reason"], decision["note"]) == ("owner_denied", "wrong order") and "expires_at" not in decision


async def test_a_parked_poll_is_woken_by_the_decision(door, refund, decide, valkey):
    action = await door.submitted()
    poll = asyncio.create_task(door.get(f"/{action}?wait=20s"))
    await asyncio.sleep(0.3)
    assert not poll.done()
    begun = time.monotonic()
    await decide(action)
    assert (await poll).json()["state"] == "approved" and time.monotonic() - begun < 1


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", None])
async def test_without_redis_asks_are_taken_and_parked_polls_are_still_answered(door, refund, decide, settings, url):
    settings.REDIS_URL = url
    action = await door.submitted()
    poll = asyncio.create_task(door.get(f"/{action}?wait=20s"))
    await asyncio.sleep(0.3)
    await decide(action)
    async with asyncio.timeout(4):
        assert (await poll).json()["state"] == "approved"


async def test_a_poll_that_nobody_answers_ends_with_the_state_as_it_is(door, refund, alice, valkey):
    action = await door.submitted()
    answer = await door.get(f"/{action}?wait=1s")
    assert answer.status_code == 200 and answer.json()["state"] == "pending"


async def test_a_poll_for_what_is_decided_answers_at_once(door, refund, decide):
    action = await approved(door, decide)
    async with asyncio.timeout(2):
        assert (await door.get(f"/{action}?wait=30s")).json()["state"] == "approved"


@pytest.mark.parametrize("wait", ["soon", "-1s", "25", "1m", "9999999s"])
async def test_a_wait_that_is_no_duration_is_refused(door, wait):
    refused(await door.get(f"/{uuid4()}?wait={wait}"), 400, "bad_parameter")


async def test_twelve_parked_polls_do_not_hold_up_a_submission(door, refund, decide, valkey):
    actions = [await door.submitted(key=f"k{i}") for i in range(12)]
    polls = [asyncio.create_task(door.get(f"/{action}?wait=20s")) for action in actions]
    await asyncio.sleep(0.2)
    async with asyncio.timeout(2):
        assert (await door.submit(key="another")).status_code == 201
    for action in actions:
        await decide(action)
    assert {answer.json()["state"] for answer in await asyncio.gather(*polls)} == {"approved"}


async def test_the_receipt_is_served_as_the_stored_bytes(door, refund, decide):
    action = await approved(door, decide)
    first, again = await door.get(f"/{action}/receipt"), await door.get(f"/{action}/receipt")
    stored = await sync_to_async(Receipt.objects.get)(pk=action)
    assert first.content == again.content == bytes(stored.jws)
    assert first.headers["content-type"] == "application/jose" and "immutable" in first.headers["cache-control"]


async def test_who_has_the_receipt_already_is_told_so(door, refund, decide):
    action = await approved(door, decide)
    tag = (await door.get(f"/{action}/receipt")).headers["etag"]
    answer = await door.get(f"/{action}/receipt", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")


async def test_a_pending_action_has_no_receipt(door, refund, alice):
    refused(await door.get(f"/{await door.submitted()}/receipt"), 404, "not_decided")


async def test_an_approval_is_used_by_one_key_only(door, refund, decide):
    action = await approved(door, decide)
    first, again = await door.consume(action), await door.consume(action)
    assert first.status_code == again.status_code == 200 and first.json() == again.json()
    assert first.json()["consumption"]["consumed_at"].endswith("Z")
    refused(await door.consume(action, key="use-2"), 409, "already_consumed")


async def test_what_is_not_approved_cannot_be_used(door, refund, decide):
    pending, denied = await door.submitted(key="k1"), await door.submitted(key="k2")
    await decide(denied, "deny")
    for action in (pending, denied):
        refused(await door.consume(action), 409, "not_approved")


async def test_using_needs_a_key(door, refund, decide):
    action = await approved(door, decide)
    refused(await door.client.post(f"/api/v1/actions/{action}/consume"), 400, "missing_idempotency_key")
    refused(await door.consume(action, key="x" * 201), 400, "bad_idempotency_key")


async def test_an_outcome_is_reported_once_and_repeated_freely(door, refund, decide):
    action = await approved(door, decide)
    refused(await door.report(action, {"status": "succeeded"}), 409, "not_consumed")
    await door.consume(action)
    told = {"status": "succeeded", "note": "r-17"}
    assert (await door.report(action, told)).json()["outcome"] == told
    assert (await door.report(action, told)).status_code == 200
    refused(await door.report(action, {"status": "failed"}), 409, "outcome_conflict")


@pytest.mark.parametrize(
    ("value", "code", "pointer"),
    [
        ({"status": "perhaps"}, "bad_outcome", "/status"),
        ({}, "bad_outcome", "/status"),
        ({"status": 7}, "bad_outcome", "/status"),
        ({"status": "failed", "note": 7}, "wrong_type", "/note"),
        ({"status": "failed", "why": "x"}, "unknown_member", "/why"),
        ({"status": "failed", "note": "x" * 2001}, "text_too_long", "/note"),
        ([], "wrong_type", ""),
    ],
)
async def test_an_outcome_of_the_wrong_shape_is_refused(door, refund, decide, value, code, pointer):
    action = await approved(door, decide)
    await door.consume(action)
    refused(await door.report(action, value), 422, code, pointer=pointer)


async def test_a_pending_ask_is_taken_back_as_often_as_one_likes(door, refund, alice):
    action = await door.submitted()
    first, again = await door.withdraw(action), await door.withdraw(action)
    assert first.json()["state"] == "withdrawn" and first.json() == again.json()


async def test_a_decided_ask_is_not_taken_back(door, refund, decide):
    refused(await door.withdraw(await approved(door, decide)), 409, "already_terminal")


async def test_what_is_not_yours_is_not_there(door, bakery, refund, decide):
    action = await approved(door, decide)
    for foreign in (action, str(uuid4())):
        for answer in (
            await bakery.get(f"/{foreign}"),
            await bakery.get(f"/{foreign}?wait=5s"),
            await bakery.get(f"/{foreign}/receipt"),
            await bakery.consume(foreign),
            await bakery.report(foreign, {"status": "failed"}),
            await bakery.withdraw(foreign),
        ):
            refused(answer, 404, "not_found")
    assert (await bakery.get()).json() == {"items": [], "next": None}


async def test_the_list_is_paged_newest_first(door, refund, alice):
    ids = [await door.submitted(key=f"k{i}") for i in range(5)]
    first = (await door.get("?limit=2")).json()
    second = (await door.get(f"?limit=2&cursor={first['next']}")).json()
    third = (await door.get(f"?limit=2&cursor={second['next']}")).json()
    pages = [[item["id"] for item in page["items"]] for page in (first, second, third)]
    assert pages == [[ids[4], ids[3]], [ids[2], ids[1]], [ids[0]]] and third["next"] is None


async def test_the_list_is_narrowed_by_session_and_state(door, refund, decide):
    await door.submitted(ask(session="s-1"), key="k1")
    other = await door.submitted(ask(session="s-2"), key="k2")
    await decide(other)
    assert [item["id"] for item in (await door.get("?session=s-2")).json()["items"]] == [other]
    assert [item["id"] for item in (await door.get("?state=approved")).json()["items"]] == [other]
    assert (await door.get("?session=s-1&state=approved")).json()["items"] == []


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "state=perhaps", "cursor=x", "session=" + "x" * 129]
)
async def test_a_list_asked_for_in_the_wrong_way_is_refused(door, query):
    refused(await door.get(f"?{query}"), 400, "bad_parameter")


async def test_head_is_get_without_a_body(door, refund, alice):
    action = await door.submitted()
    answer = await door.client.head(f"/api/v1/actions/{action}")
    assert answer.status_code == 200 and answer.content == b"" and int(answer.headers["content-length"]) > 100


async def test_options_names_the_methods(transactional_db):
    async with client() as caller:
        answer = await caller.options("/api/v1/actions")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")


async def test_another_method_is_refused_with_those_that_work(door):
    answer = await door.client.put("/api/v1/actions")
    refused(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"


@pytest.mark.parametrize("path", ["/api/v1", "/api/v1/", "/api/v1/actions/", "/api/v1/actions/7", "/.well-known/x"])
async def test_an_address_that_is_none_is_not_found(door, path):
    refused(await door.client.get(path), 404, "not_found")
