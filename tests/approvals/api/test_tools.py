"""POST /api/v1/tools: a server's list of tools comes onto the map, strictly read and within bounds."""

import json

import pytest
from asgiref.sync import sync_to_async

from approvals.models import Sighting

from .conftest import client, refused

DIG = "A" * 43


async def tell(door, value, *, kind="application/json"):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return await door.client.post("/api/v1/tools", content=raw, headers={"Content-Type": kind})


async def names():
    return await sync_to_async(lambda: sorted(Sighting.objects.values_list("name", "listed")))()


async def test_listed_tools_are_on_record_and_again_changes_nothing(door):
    value = {"tools": [{"name": "refund", "dig": DIG}, {"name": "void"}, {"name": "void"}]}
    for _ in range(2):
        answer = await tell(door, value)
        assert (answer.status_code, answer.json()) == (200, {"recorded": 2})
    assert await names() == [("refund", True), ("void", True)]


@pytest.mark.parametrize(
    ("value", "code", "pointer"),
    [
        (b"{", "not_json", ""),
        ([], "wrong_type", ""),
        ({}, "wrong_type", "/tools"),
        ({"tools": "refund"}, "wrong_type", "/tools"),
        ({"tools": []}, "bad_length", "/tools"),
        ({"tools": [{"name": f"t{n}"} for n in range(501)]}, "bad_length", "/tools"),
        ({"tools": ["refund"]}, "wrong_type", "/tools/0"),
        ({"tools": [{"dig": DIG}]}, "missing_member", "/tools/0/name"),
        ({"tools": [{"name": ""}]}, "bad_length", "/tools/0/name"),
        ({"tools": [{"name": "x" * 257}]}, "bad_length", "/tools/0/name"),
        ({"tools": [{"name": "a\0"}]}, "bad_character", "/tools/0/name"),
        ({"tools": [{"name": "a"}, {"name": "b", "dig": "short"}]}, "bad_digest", "/tools/1/dig"),
        ({"tools": [{"name": "a", "why": 1}]}, "unknown_member", "/tools/0/why"),
        ({"tools": [{"name": "a"}], "server": "crm"}, "unknown_member", "/server"),
    ],
)
async def test_what_is_no_list_of_tools_is_refused_whole(door, value, code, pointer):
    refused(await tell(door, value), 422, code, pointer=pointer)
    assert await names() == []


async def test_a_list_is_json(door):
    refused(await tell(door, {"tools": [{"name": "a"}]}, kind="text/plain"), 415, "unsupported_media_type")


async def test_nobody_tells_of_another_servers_tools(transactional_db):
    async with client() as caller:
        answer = await caller.post("/api/v1/tools", json={"tools": [{"name": "refund"}]})
    assert answer.status_code == 401 and await names() == []
