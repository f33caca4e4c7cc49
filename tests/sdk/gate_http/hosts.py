"""A host of the official package behind the gate, and what its owners see meanwhile."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from uuid import UUID

import httpx2
from asgiref.sync import sync_to_async
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CreateMessageResult, ElicitResult, TextContent

LEGACY, MODERN = "legacy", "2026-07-28"
ERAS = [LEGACY, MODERN]


class Host:
    """The host's own callbacks, and what they were given."""

    def __init__(self) -> None:
        self.seen: list = []

    async def model(self, context, params):
        self.seen.append(params)
        return CreateMessageResult(role="assistant", content=TextContent(type="text", text="Paris"), model="m-1")

    async def person(self, context, params):
        self.seen.append(params)
        content = None if params.mode == "url" else {"approve": True, "amount": 80.5}
        return ElicitResult(action="accept", content=content)

    @contextlib.asynccontextmanager
    async def connected(self, url: str, era: str, **headers: str) -> AsyncIterator[Client]:
        async with httpx2.AsyncClient(timeout=30, headers=headers) as http:
            transport = streamable_http_client(url, http_client=http)
            async with Client(
                transport, mode=era, sampling_callback=self.model, elicitation_callback=self.person
            ) as client:
                yield client


async def asked(kind: str, *, count: int = 1) -> dict:
    """The newest waiting ask of that kind, once so many are there: its id, and what it says."""
    for _ in range(300):
        if len(found := await sync_to_async(_waiting)(kind)) >= count:
            return found[0]
        await asyncio.sleep(0.02)
    raise AssertionError(f"no {kind} arrived")


async def decided(owners, kind: str, verdict: str = "approve", **how) -> dict:
    ask = await asked(kind)
    await sync_to_async(owners.decide)(ask["id"], verdict, **how)
    return ask


async def ended(action_id: UUID, state: str) -> None:
    """Wait until the action is in that state."""
    from approvals.models import Action

    for _ in range(300):
        if await sync_to_async(lambda: Action.objects.get(pk=action_id).state)() == state:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"the action did not become {state}")


def _waiting(kind: str) -> list[dict]:
    from approvals.models import Action

    rows = Action.objects.filter(kind=kind, state="pending").order_by("-created_at")
    return [
        {
            "id": row.pk,
            "body": json.loads(bytes(row.body))["value"],
            "context": json.loads(bytes(row.context))["value"],
        }
        for row in rows
    ]
