"""A thousand parked polls over real sockets: they cost no thread, hold up nobody, and all of them are woken."""

import asyncio
import json
import time
from datetime import UTC, datetime
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async

from approvals import reviews
from tests.asks import ask

PARKED = 1000


async def call(port: int, head: str, body: bytes = b"") -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{head}Host: 127.0.0.1\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
    answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head[9:12]), body


@pytest.fixture
def shopping(console, shop, now):
    """The port of a running console, and the head lines that the shop sends."""
    from accounts import servers

    port = int(console.rpartition(":")[2])
    return port, f"Authorization: Bearer {servers.issue_token(server=shop, at=now)}\r\n"


async def test_a_thousand_parked_polls_hold_up_nobody_and_are_all_woken(shopping, refund, alice):
    port, credential = shopping

    async def submit(key: str) -> dict:
        head = (
            f"POST /api/v1/actions HTTP/1.1\r\n{credential}Content-Type: application/json\r\nIdempotency-Key: {key}\r\n"
        )
        status, body = await call(port, head, json.dumps(ask()).encode())
        assert status == 201, body
        return json.loads(body)

    action = (await submit("awaited"))["id"]
    poll = f"GET /api/v1/actions/{action}?wait=30s HTTP/1.1\r\n{credential}"
    parked = [asyncio.create_task(call(port, poll)) for _ in range(PARKED)]
    await asyncio.sleep(2)
    assert not any(poll.done() for poll in parked)
    begun = time.monotonic()
    for number in range(10):
        await submit(f"beside-{number}")
    assert time.monotonic() - begun < 3
    await sync_to_async(reviews.record)(action_id=UUID(action), reviewer=alice, verdict="approve", at=datetime.now(UTC))
    async with asyncio.timeout(10):
        answers = await asyncio.gather(*parked)
    assert {status for status, _ in answers} == {200} and len({body for _, body in answers}) == 1
    assert json.loads(answers[0][1])["state"] == "approved"


async def test_a_poll_whose_client_hung_up_is_forgotten(shopping, refund, alice):
    port, credential = shopping
    head = f"POST /api/v1/actions HTTP/1.1\r\n{credential}Content-Type: application/json\r\nIdempotency-Key: k1\r\n"
    action = json.loads((await call(port, head, json.dumps(ask()).encode()))[1])["id"]
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /api/v1/actions/{action}?wait=30s HTTP/1.1\r\n{credential}Host: 127.0.0.1\r\n\r\n".encode())
    assert await _watched(action, times=1)
    writer.close()
    assert await _watched(action, times=0)


async def _watched(action: str, *, times: int) -> bool:
    """Whether so many polls come to wait for the action, in whatever event loop."""
    from approvals import hub

    async with asyncio.timeout(5):
        while sum(len(each._watchers.get(action, ())) for each in list(hub._hubs.values())) != times:
            await asyncio.sleep(0.02)
    return True
