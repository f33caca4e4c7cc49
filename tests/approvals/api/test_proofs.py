"""Heads and proofs at the door: whoever keeps a head can hold the console to it."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async
from placet.receipts import Pin
from placet.tlog import heads, proofs, tree

from approvals import keys, ledger, sequencing
from approvals.api import lanes
from approvals.api import proofs as door_of_proofs
from approvals.models import Entry

from .conftest import client, refused


async def get(path: str, **query):
    async with client() as caller:
        return await caller.get(f"/api/v1/ledger{path}", params=query)


@sync_to_async
def written(count: int = 1, *, after: float = 0) -> None:
    """Entries, and a head over them."""
    at = datetime.now(UTC) + timedelta(seconds=after)
    for _ in range(count):
        ledger.record(event="test.written", actor="user:alice", at=at)
    sequencing.run(at=at)


async def test_anybody_reads_the_newest_head_and_older_ones(transactional_db):
    refused(await get("/heads"), 404, "not_found")
    await written(3)
    first = await get("/heads")
    note = heads.read(first.content)
    assert heads.signed_by(note, Pin(keys.jwks()).keys) and "max-age=1" in first.headers["cache-control"]
    assert first.json()["size"] == note.head.size == 3
    assert base64.urlsafe_b64decode(first.json()["root"] + "=") == note.head.root
    await written(2, after=5)
    assert (await get("/heads")).json()["size"] == 5
    kept = await get("/heads", size=3)
    assert kept.json() == first.json() and "immutable" in kept.headers["cache-control"]
    refused(await get("/heads", size=4), 404, "not_found")


async def test_a_head_that_was_kept_is_proven_to_have_grown_into_a_later_one(transactional_db):
    await written(3)
    old = heads.read((await get("/heads")).content).head
    await written(9, after=5)
    new = heads.read((await get("/heads")).content).head
    answer = await get("/consistency", **{"from": 3, "to": 12})
    proofs.grown(answer.content, old=old, new=new)
    forged = old._replace(root=b"r" * 32)
    with pytest.raises(tree.BadProof):
        proofs.grown(answer.content, old=forged, new=new)
    with pytest.raises(tree.BadProof):
        proofs.grown(answer.content, old=old._replace(origin="https://elsewhere.example.org"), new=new)


async def test_there_is_no_proof_backwards_or_beyond_the_newest_head(transactional_db):
    await written(3)
    refused(await get("/consistency", **{"from": 3, "to": 2}), 400, "bad_parameter")
    refused(await get("/consistency", **{"from": 0, "to": 2}), 400, "bad_parameter")
    refused(await get("/consistency", **{"from": 3, "to": 4}), 404, "not_found")


async def test_a_receipt_comes_with_the_proof_that_it_is_in_the_ledger(door, refund, alice, decide):
    action = await door.submitted()
    await decide(action)
    answer = await door.get(f"/{action}/receipt", params={"proof": "1"})
    assert answer.headers["content-type"] == "application/json"
    said, note = proofs.receipt_in(answer.content)
    assert said["action"] == action and said["event"] == "action.approved"
    heads.signed_by(note, keys.jwks()["keys"])
    assert answer.json()["receipt"].encode() == (await door.get(f"/{action}/receipt")).content
    alone = await door.client.get("/api/v1/ledger/proof", params={"action": action})
    assert alone.json() == {name: answer.json()[name] for name in ("inclusion", "head")}


async def test_a_proof_of_something_else_is_refused(door, refund, alice, decide):
    first, second = await door.submitted(key="a"), await door.submitted(key="b")
    await decide(first)
    await decide(second, "deny")
    mine, other = [(await door.get(f"/{each}/receipt?proof=1")).json() for each in (first, second)]
    for change in (
        {"receipt": other["receipt"]},
        {"inclusion": other["inclusion"] | {"entry": mine["inclusion"]["entry"]}},
        {"inclusion": {"entry": mine["inclusion"]["entry"] | {"actor": "user:bob"}, "hashes": []}},
        {"head": {"note": "nonsense\n\n"}},
        {"inclusion": None},
    ):
        with pytest.raises((tree.BadProof, heads.BadHead)):
            proofs.receipt_in(json.dumps(mine | change).encode())


async def test_what_is_pending_or_not_yours_has_no_proof(door, bakery, refund, alice, decide):
    action = await door.submitted()
    refused(await door.get(f"/{action}/receipt?proof=1"), 404, "not_decided")
    refused(await door.client.get("/api/v1/ledger/proof", params={"action": action}), 404, "not_decided")
    await decide(action)
    refused(await bakery.get(f"/{action}/receipt?proof=1"), 404, "not_found")
    refused(await bakery.client.get("/api/v1/ledger/proof", params={"action": action}), 404, "not_found")
    refused(await get("/proof", action=action), 401, "unauthenticated")
    refused(await door.client.get("/api/v1/ledger/proof", params={"action": "refund"}), 400, "bad_parameter")


async def test_a_proof_waits_for_the_head_that_is_due(door, refund, alice, decide, monkeypatch):
    monkeypatch.setattr(door_of_proofs, "PAUSE", 0.0)
    action = await door.submitted()
    at = datetime.now(UTC)
    await sync_to_async(sequencing.run)(at=at)
    await decide(action)
    clock = iter([at, at + timedelta(seconds=1)])
    monkeypatch.setattr(lanes, "now", lambda: next(clock))
    assert proofs.receipt_in((await door.get(f"/{action}/receipt?proof=1")).content)
    last = await sync_to_async(lambda: Entry.objects.latest("id").action_id)()
    assert str(last) == action


async def test_a_proof_that_no_head_has_come_to_is_put_off(door, refund, alice, decide, monkeypatch):
    monkeypatch.setattr(door_of_proofs, "PAUSE", 0.0)
    action = await door.submitted()
    at = datetime.now(UTC)
    await sync_to_async(sequencing.run)(at=at)
    await decide(action)
    monkeypatch.setattr(lanes, "now", lambda: at)
    answer = await door.get(f"/{action}/receipt?proof=1")
    refused(answer, 503, "not_in_a_head")
    assert answer.headers["retry-after"] == "1"


async def test_strangers_are_answered_a_few_at_a_time(transactional_db, monkeypatch):
    await written()
    monkeypatch.setattr(door_of_proofs, "_strangers", door_of_proofs.STRANGERS)
    refused(await get("/heads"), 503, "overloaded")
    monkeypatch.setattr(door_of_proofs, "_strangers", 0)
    assert (await get("/heads")).status_code == 200
