"""A console whose owners decide by themselves, and a gate that asks it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async

from tests.counterparts.reaching import Gate, environment_of
from tests.publishing import publish

KINDS = ("sampling", "sampling_result", "elicitation_form", "elicitation_url", "tool_call")
#: Seconds between two looks of the owners. People are slower; tests need not be.
GLANCE = 0.03


@dataclass
class Owners:
    """alice, who decides whatever waits as `say` tells her: by kind, "approve" or "deny" or None to leave it."""

    alice: object
    decided: list[dict] = field(default_factory=list)

    def look(self, say: Callable[[str], str | None]) -> None:
        from approvals import reviews
        from approvals.models import Action

        for action in Action.objects.filter(state="pending").select_related("policy"):
            if verdict := say(action.kind):
                self.decided.append(_told(action))
                at = datetime.now(UTC)
                reviews.record(action_id=action.pk, reviewer=self.alice, verdict=verdict, note="", at=at)

    @contextlib.asynccontextmanager
    async def deciding(self, say: Callable[[str], str | None] = lambda kind: "approve") -> AsyncIterator["Owners"]:
        """Decides all that arrives while the block runs."""
        async with again_and_again(lambda: self.look(say)):
            yield self

    def kinds(self) -> list[str]:
        return [one["kind"] for one in self.decided]


@contextlib.asynccontextmanager
async def again_and_again(look: Callable[[], None]) -> AsyncIterator[None]:
    """Somebody looks at the console every now and then, while the block runs."""

    async def watch() -> None:
        while True:
            await sync_to_async(look)()
            await asyncio.sleep(GLANCE)

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching


@dataclass
class Subject:
    """dana, on whose behalf the host works: she answers on the console what was released to her."""

    dana: object
    say: Callable[[dict], dict | None]

    def look(self) -> None:
        from approvals import answers
        from approvals.models import Action

        for action in Action.objects.filter(state="approved", question__isnull=False, answer__isnull=True):
            params = json.loads(bytes(action.body))["value"]["params"]
            content = self.say(params)
            said = "decline" if content is None else "accept"
            answers.give(action_id=action.pk, person=self.dana, said=said, content=content, at=datetime.now(UTC))


@pytest.fixture
def dana(transactional_db):
    from accounts.models import User

    return User.objects.create_user("dana", password="dana-password")


def _told(action) -> dict:
    """What the console was told of it."""
    context = json.loads(bytes(action.context))["value"]
    return {"kind": action.kind, "value": json.loads(bytes(action.body))["value"], "context": context}


@pytest.fixture
def owners(transactional_db, alice) -> Owners:

    for kind in KINDS:
        publish(
            checkpoint=f"shop/{kind}", kind=kind, pattern="*", need=1, deadline_seconds=600,
            roles={"approval": "payments-owner"}, at=datetime.now(UTC),
        )  # fmt: skip
    return Owners(alice)


@pytest.fixture
def gate(console, owners, shop, tmp_path: Path) -> Callable[..., Gate]:
    """Makes a gate with these words of its own, which asks the test's console in the shop's name."""
    from accounts import servers
    from approvals import keys

    token = servers.issue_token(server=shop, at=datetime.now(UTC))
    pin = tmp_path / "jwks.json"
    pin.write_text(json.dumps(keys.jwks()))

    def make(*words: str) -> Gate:
        state = tmp_path / f"gate-{len(list(tmp_path.iterdir()))}.sqlite3"
        told = ("--state", str(state), "--subject", "user:dana")
        return Gate((*told, *words), environment_of(console, token, pin))

    return make
