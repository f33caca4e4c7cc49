"""The REST door over ASGI: the real handler, real threads, real rows, no socket."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx2
import pytest
from asgiref.sync import sync_to_async


class Door:
    """The calls of one server, named as they are in the API."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client

    async def submit(self, value: dict | None = None, *, key: str = "k1", **how) -> httpx2.Response:
        from tests.asks import ask

        headers = {"Idempotency-Key": key, **how.pop("headers", {})}
        return await self.client.post("/api/v1/actions", json=value or ask(), headers=headers, **how)

    async def submit_raw(self, raw: bytes, *, key: str = "k1", kind: str = "application/json") -> httpx2.Response:
        headers = {"Idempotency-Key": key, "Content-Type": kind}
        return await self.client.post("/api/v1/actions", content=raw, headers=headers)

    async def submitted(self, value: dict | None = None, *, key: str = "k1") -> str:
        """The id of a new action."""
        answer = await self.submit(value, key=key)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    async def get(self, path: str = "", **how) -> httpx2.Response:
        return await self.client.get(f"/api/v1/actions{path}", **how)

    async def consume(self, action_id: str, *, key: str = "use-1") -> httpx2.Response:
        return await self.client.post(f"/api/v1/actions/{action_id}/consume", headers={"Idempotency-Key": key})

    async def report(self, action_id: str, value: dict) -> httpx2.Response:
        return await self.client.post(f"/api/v1/actions/{action_id}/outcome", json=value)

    async def withdraw(self, action_id: str) -> httpx2.Response:
        return await self.client.delete(f"/api/v1/actions/{action_id}")


def client(token: str | None = None, **headers: str) -> httpx2.AsyncClient:
    from approvals.api.lean import application

    if token:
        headers["Authorization"] = f"Bearer {token}"
    transport = httpx2.ASGITransport(application)
    return httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", headers=headers)


def refused(answer: httpx2.Response, status: int, code: str, *, pointer: str | None = None) -> None:
    """The answer is this problem, complete as RFC 9457 wants it."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    said = answer.json()
    assert said["code"] == code and said["type"] == f"urn:placet:problem:{code}" and said["status"] == status
    assert said["title"] and said["detail"]
    assert said.get("pointer") == pointer


@pytest.fixture(autouse=True)
def _forgotten_tokens():
    """What one test's process remembers of tokens must not help the next, whose rows have the same ids."""
    from approvals.api import auth

    auth.forget_all()


@pytest.fixture
def token(transactional_db, shop, now) -> str:
    from accounts import servers

    return servers.issue_token(server=shop, at=now)


@pytest.fixture
async def door(token) -> AsyncIterator[Door]:
    """The shop's door."""
    async with client(token) as opened:
        yield Door(opened)


@pytest.fixture
async def bakery(transactional_db, now) -> AsyncIterator[Door]:
    """The door of another server."""
    from accounts import servers

    server = await sync_to_async(servers.register)(name="bakery", at=now)
    async with client(await sync_to_async(servers.issue_token)(server=server, at=now)) as opened:
        yield Door(opened)


@pytest.fixture
def decide(alice):
    """`await decide(id, "approve")`: alice's verdict through the page's own verb."""
    from datetime import UTC, datetime

    from approvals import reviews

    async def record(action_id: str, verdict: str = "approve", **how):
        at = datetime.now(UTC)
        named = UUID(action_id)
        return await sync_to_async(reviews.record)(action_id=named, reviewer=alice, verdict=verdict, at=at, **how)

    return record
