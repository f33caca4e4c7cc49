"""An engine of the gate that asks a live console as the shop does, and owners who decide."""

import json
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from placet import AsyncConsole
from placet.gate.holding import Holding
from placet.gate.memory import Memory
from placet.gate.options import Options
from placet.gate.shared import Shared

from tests.publishing import publish

from .ends import Ends


@pytest.fixture
async def opened(console, token, jwks, owners):
    """`opened(state=…, url=…, **options)`: what the sessions of one gate process share."""
    every = []

    def run(*, url: str = console, **options) -> Shared:
        side = AsyncConsole(url, token=token, pin=jwks, patience=options.pop("patience", 2))
        memory = Memory(options.get("state"))
        told = {"server": "till --serve", "shown": "till", "subject": "dana@example.org", "principal": "user:dana"}
        shared = Shared(Options(**(told | options)), holding=Holding(side, memory), memory=memory)
        every.append(shared)
        return shared

    yield run
    for shared in every:
        await shared.close()


@pytest.fixture
def engine(opened):
    """`engine(**options)`: an engine between a host and a server."""
    return lambda **options: Ends(opened(**options))


@pytest.fixture
async def ends():
    """An engine that needs no console, because nothing in the test asks for anything."""
    side, memory = AsyncConsole("http://127.0.0.1:9", token="plc_1_x", pin="first-use", patience=0.1), Memory()
    shared = Shared(Options(), holding=Holding(side, memory), memory=memory)
    yield Ends(shared)
    await shared.close()


@pytest.fixture
def any_tool(owners):
    """alice and bob own every tool that nobody else owns."""
    from datetime import UTC, datetime

    publish(
        checkpoint="shop/any", kind="tool_call", pattern="*", need=1, deadline_seconds=600,
        roles={"approval": "payments-owner"}, at=datetime.now(UTC),
    )  # fmt: skip


@pytest.fixture
def desk(owners):
    return Desk(owners)


class Desk:
    """The owners' side: what waits, and what they say."""

    def __init__(self, owners) -> None:
        self._owners = owners

    async def asked(self, kind: str, *, count: int = 1) -> dict:
        """The newest waiting ask of that kind, once so many wait: id, what it says, and what came with it."""
        return (await self.all_asked(kind, count=count))[0]

    async def all_asked(self, kind: str, *, count: int = 1) -> list[dict]:
        import asyncio

        for _ in range(400):
            if len(found := await sync_to_async(_waiting)(kind)) >= count:
                return found
            await asyncio.sleep(0.02)
        raise AssertionError(f"{len(found)} of {kind} arrived")

    async def decide(self, kind: str, verdict: str = "approve", *, count: int = 1, **how) -> dict:
        ask = await self.asked(kind, count=count)
        await sync_to_async(self._owners.decide)(UUID(ask["id"]), verdict, **how)
        return ask

    async def says(self, ask: dict, verdict: str = "approve", **how) -> None:
        await sync_to_async(self._owners.decide)(UUID(ask["id"]), verdict, **how)

    async def count(self, **what) -> int:
        from approvals.models import Action

        return await sync_to_async(Action.objects.filter(**what).count)()

    async def becomes(self, ask: dict, state: str) -> None:
        import asyncio

        from approvals.models import Action

        for _ in range(400):
            found = await sync_to_async(lambda: Action.objects.get(pk=ask["id"]).state)()
            if found == state:
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"it is {found}")

    async def outcome_of(self, ask: dict) -> tuple[str, str]:
        import asyncio

        from approvals.models import Outcome

        for _ in range(200):
            rows = await sync_to_async(lambda: list(Outcome.objects.filter(action_id=ask["id"])))()
            if rows:
                return rows[0].status, rows[0].note
            await asyncio.sleep(0.02)
        raise AssertionError("nothing was reported")


def _waiting(kind: str) -> list[dict]:
    from approvals.models import Action

    rows = Action.objects.filter(kind=kind, state="pending").order_by("-created_at")
    return [
        {"id": str(row.pk), "params": json.loads(bytes(row.body))["value"]["params"],
         "context": json.loads(bytes(row.context))["value"]} for row in rows
    ]  # fmt: skip
