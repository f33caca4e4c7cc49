"""Two hosts that do the same with different clients, guarded: one of the official package, one of FastMCP."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import UUID

from asgiref.sync import sync_to_async
from fastmcp import Client as FastClient
from fastmcp.exceptions import ToolError
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import CreateMessageResult, ElicitResult, TextContent
from placet.mcp import Guard

#: What a call raises when its tool got an error for an answer.
NO = (MCPError, ToolError)


class Official:
    """A host's own callbacks, and what they were given."""

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
    async def connected(self, guard: Guard, server, era: str, **how) -> AsyncIterator[Client]:
        sampling, elicitation = guard.sampling(self.model, **how), guard.elicitation(self.person)
        async with Client(server, mode=era, sampling_callback=sampling, elicitation_callback=elicitation) as client:
            yield client


class Fast:
    """The same by FastMCP's handlers. Its model's name is FastMCP's own, because its model answers with a string."""

    def __init__(self) -> None:
        self.seen: list = []
        self.types: list = []

    def model(self, messages, params, context) -> str:
        self.seen.append(params)
        assert messages == params.messages
        return "Paris"

    async def person(self, message, response_type, params, context):
        self.seen.append(params)
        self.types.append(response_type)
        assert message == params.message
        return ElicitResult(action="accept") if params.mode == "url" else response_type(approve=True, amount=80.5)

    @contextlib.asynccontextmanager
    async def connected(self, guard: Guard, server, era: str, **how) -> AsyncIterator[FastClient]:
        sampling, elicitation = guard.fastmcp.sampling(self.model, **how), guard.fastmcp.elicitation(self.person)
        async with FastClient(server, mode=era, sampling_handler=sampling, elicitation_handler=elicitation) as client:
            yield client


async def asked(kind: str, *, after: int = 0) -> dict:
    """The newest waiting ask of that kind, once it is there: its id, and what it says."""
    from approvals.models import Action

    def look():
        rows = Action.objects.filter(kind=kind, state="pending").order_by("-created_at")
        return [{"id": str(row.pk), "body": bytes(row.body), "context": bytes(row.context)} for row in rows]

    for _ in range(200):
        if len(found := await sync_to_async(look)()) > after:
            return found[0]
        await asyncio.sleep(0.02)
    raise AssertionError(f"no {kind} arrived")


async def decided(owners, kind: str, verdict: str = "approve", **how) -> dict:
    ask = await asked(kind)
    await sync_to_async(owners.decide)(UUID(ask["id"]), verdict, **how)
    return ask


async def state_of(action_id: str):
    from approvals.models import Action

    return await sync_to_async(lambda: Action.objects.get(pk=action_id).state)()
