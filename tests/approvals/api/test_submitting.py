"""POST /api/v1/actions: what is admitted, and every way not to be."""

import asyncio
import json

import pytest
from asgiref.sync import sync_to_async

from approvals.models import Action
from tests.asks import ask

from .conftest import client, refused

MAX = 256 * 1024


async def stored() -> int:
    return await sync_to_async(Action.objects.count)()


async def test_an_ask_is_admitted_and_waits_for_its_owner(door, refund, alice):
    answer = await door.submit()
    assert answer.status_code == 201, answer.text
    said = answer.json()
    assert said["state"] == "pending" and said["checkpoint"] == "shop/refund" and said["receipt"] is None
    assert said["created_at"].endswith("Z") and said["deadline_at"].endswith("Z")
    assert answer.headers["location"] == f"/api/v1/actions/{said['id']}"


async def test_the_same_key_and_ask_answer_the_same_action(door, refund, alice):
    first, again = await door.submit(), await door.submit()
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() and await stored() == 1


async def test_the_same_ask_written_in_another_order_is_the_same_ask(door, refund, alice):
    await door.submit_raw(json.dumps(ask()).encode())
    again = await door.submit_raw(json.dumps(dict(reversed(ask().items())), indent=1).encode())
    assert again.status_code == 200


async def test_the_same_key_with_another_ask_is_a_conflict(door, refund, alice):
    await door.submit()
    refused(await door.submit(ask(subject="eve@example.org")), 409, "idempotency_conflict")
    assert await stored() == 1


async def test_two_servers_may_use_one_key(door, bakery, refund, alice):
    first, second = await door.submit(), await bakery.submit()
    assert first.json()["id"] != second.json()["id"]


async def test_an_ask_nobody_owns_is_denied_at_once_with_a_receipt(door):
    said = (await door.submit(ask(tool="launch"))).json()
    assert (said["state"], said["checkpoint"]) == ("denied", None)
    assert said["decision"]["reason"] == "no_checkpoint" and said["receipt"].count(".") == 2
    assert (await door.get(f"/{said['id']}")).json() == said


async def test_sixty_four_at_once_are_all_admitted_in_few_commits(door, refund, alice):
    answers = await asyncio.gather(*(door.submit(key=f"k{i}") for i in range(64)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 64 == await stored()


async def test_one_bad_ask_in_a_batch_harms_no_other(door, refund, alice):
    good, bad = ask(), ask(kind="nonsense")
    answers = await asyncio.gather(*(door.submit(bad if i % 4 == 0 else good, key=f"k{i}") for i in range(16)))
    assert [a.status_code for a in answers] == [422 if i % 4 == 0 else 201 for i in range(16)]


async def test_one_key_sixteen_times_at_once_makes_one_action(door, refund, alice):
    answers = await asyncio.gather(*(door.submit() for _ in range(16)))
    assert sorted(a.status_code for a in answers) == [200] * 15 + [201]
    assert len({a.json()["id"] for a in answers}) == 1


async def test_a_missing_idempotency_key_is_refused(door):
    answer = await door.client.post("/api/v1/actions", json=ask())
    refused(answer, 400, "missing_idempotency_key")


@pytest.mark.parametrize("key", ["", "x" * 201, "tab\there"])
async def test_a_key_of_the_wrong_form_is_refused(door, key):
    refused(await door.submit(key=key), 400, "bad_idempotency_key")
    assert await stored() == 0


@pytest.mark.parametrize(
    ("raw", "code", "pointer"),
    [
        (b'{"kind":"tool_call","kind":"sampling"}', "duplicate_key", "/kind"),
        (b'{"signals":{"x":NaN}}', "not_finite", "/signals/x"),
        (b'{"signals":{"x":9007199254740993}}', "integer_range", "/signals/x"),
        (b'{"subject":"\\ud800"}', "lone_surrogate", "/subject"),
        (b"\xff", "not_utf8", ""),
        (b"{", "not_json", ""),
        (b"", "not_json", ""),
        (b"[" * 65 + b"]" * 65, "too_deep", ""),
        (b"[" * 100_000, "too_deep", ""),
        (b"[]", "wrong_type", ""),
        (json.dumps(ask(kind="nonsense")).encode(), "unknown_kind", "/kind"),
        (json.dumps(ask(kind=7)).encode(), "wrong_type", "/kind"),
        (json.dumps(ask(extra=1)).encode(), "unknown_member", "/extra"),
        (json.dumps(ask(timeout="soon")).encode(), "bad_timeout", "/timeout"),
        (json.dumps(ask(nonce="short")).encode(), "bad_nonce", "/nonce"),
        (json.dumps({"kind": "tool_call"}).encode(), "missing_member", "/mcp"),
    ],
)
async def test_what_is_no_ask_is_refused_by_code_and_pointer(door, raw, code, pointer):
    refused(await door.submit_raw(raw), 422, code, pointer=pointer)
    assert await stored() == 0


async def test_an_ask_of_exactly_256_kib_is_read_and_one_byte_more_is_not(door, refund, alice):
    value = ask(signals={"pad": ""})
    room = MAX - len(json.dumps(value).encode())
    full = json.dumps(ask(signals={"pad": "x" * room})).encode()
    assert len(full) == MAX and (await door.submit_raw(full)).status_code == 201
    refused(await door.submit_raw(full + b" ", key="k2"), 413, "too_large")
    assert await stored() == 1


async def test_a_body_that_grows_too_large_without_saying_so_is_refused(door):
    async def chunks():
        for _ in range(5):
            yield b" " * (MAX // 4)

    headers = {"Idempotency-Key": "k1", "Content-Type": "application/json"}
    refused(await door.client.post("/api/v1/actions", content=chunks(), headers=headers), 413, "too_large")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])
async def test_another_content_type_is_refused(door, kind):
    refused(await door.submit_raw(json.dumps(ask()).encode(), kind=kind), 415, "unsupported_media_type")


async def test_a_charset_beside_the_content_type_is_welcome(door, refund, alice):
    answer = await door.submit_raw(json.dumps(ask()).encode(), kind="Application/JSON; charset=utf-8")
    assert answer.status_code == 201


async def test_without_credentials_nothing_is_stored(transactional_db):
    async with client() as stranger:
        answer = await stranger.post("/api/v1/actions", json=ask(), headers={"Idempotency-Key": "k1"})
    refused(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer") and await stored() == 0
