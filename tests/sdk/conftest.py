"""The shop, holding its token, in front of a real console; and alice and bob, who decide."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from tests.publishing import publish


@dataclass
class Owners:
    """People who decide by the same verb as the page."""

    people: dict

    def decide(
        self, action_id: str | UUID, verdict: str = "approve", *, by: str = "alice", note: str = "", **how
    ) -> None:
        from approvals import reviews

        reviewer = self.people[by]
        at = datetime.now(UTC)
        reviews.record(action_id=UUID(str(action_id)), reviewer=reviewer, verdict=verdict, note=note, at=at, **how)


@pytest.fixture
def owners(transactional_db, alice, bob) -> Owners:
    """alice and bob own payments; refunds need one of them, payouts both, model and form asks one."""

    rules = [
        ("refund", "tool_call", "refund", 1), ("payout", "tool_call", "payout", 2), ("model", "sampling", "*", 1),
        ("answer", "sampling_result", "*", 1), ("form", "elicitation_form", "*", 1),
        ("link", "elicitation_url", "*", 1),
    ]  # fmt: skip
    for name, kind, pattern, need in rules:
        publish(
            checkpoint=f"shop/{name}", kind=kind, pattern=pattern, need=need, deadline_seconds=600,
            roles={"approval": "payments-owner"}, at=datetime.now(UTC),
        )  # fmt: skip
    return Owners({"alice": alice, "bob": bob})


@pytest.fixture
def token(transactional_db, shop, now) -> str:
    from accounts import servers

    return servers.issue_token(server=shop, at=now)


@pytest.fixture
def jwks(transactional_db) -> dict:
    """The console's public keys, handed over on a way the shop trusts."""
    from approvals import keys

    return keys.jwks()


@pytest.fixture
def key_file(transactional_db, tmp_path) -> Callable[[str], Path]:
    """Registers a server that signs with a key, and returns the key's file."""
    from placet.receipts import FileSigner

    from accounts import servers

    def register(name: str) -> Path:
        import json

        path = tmp_path / f"{name}.pem"
        public = json.dumps(FileSigner.generate(path).public_jwk()).encode()
        servers.register(name=name, public_key=public, at=datetime.now(UTC))
        return path

    return register
