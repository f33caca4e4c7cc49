"""The REST door over ASGI: the real handler, real threads, real rows, no socket."""

from collections.abc import AsyncIterator

import httpx2
import pytest


class Door:
    """Calls of one server. `answer.problem` codes are read with `code()`."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client

    async def submit(self, value: dict | None = None, *, key: str = "k1", **how) -> httpx2.Response:
        from tests.asks import ask

        headers = {"Idempotency-Key": key, **how.pop("headers", {})}
        return await self.client.post("/api/v1/actions", json=value or ask(), headers=headers, **how)

    async def submit_raw(self, raw: bytes, *, key: str = "k1", kind: str = "application/json") -> httpx2.Response:
        headers = {"Idempotency-Key": key, "Content-Type": kind}
        return await self.client.post("/api/v1/actions", content=raw, headers=headers)

    async def get(self, path: str, **how) -> httpx2.Response:
        return await self.client.get(f"/api/v1/actions{path}", **how)

    async def post(self, path: str, **how) -> httpx2.Response:
        return await self.client.post(f"/api/v1/actions{path}", **how)

    async def delete(self, path: str) -> httpx2.Response:
        return await self.client.delete(f"/api/v1/actions{path}")


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
async def other_door(transactional_db, now) -> AsyncIterator[Door]:
    """The door of another server, the bakery."""
    from asgiref.sync import sync_to_async

    from accounts import servers

    bakery = await sync_to_async(servers.register)(name="bakery", at=now)
    async with client(await sync_to_async(servers.issue_token)(server=bakery, at=now)) as opened:
        yield Door(opened)


def client(token: str | None, **headers: str) -> httpx2.AsyncClient:
    from approvals.api.lean import application

    if token:
        headers["Authorization"] = f"Bearer {token}"
    transport = httpx2.ASGITransport(application)
    return httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", headers=headers)
