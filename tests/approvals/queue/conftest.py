"""The intake queue on a real Valkey, and envelopes as the shop signs them."""

import json
from datetime import UTC, datetime
from secrets import token_urlsafe

import pytest
import redis
from django.conf import settings
from placet import envelopes
from placet.receipts import FileSigner


class Shop:
    """The shop's end of the queue."""

    def __init__(self, client: redis.Redis, key: FileSigner) -> None:
        self.client, self.key = client, key

    def sealed(
        self, value: dict | None = None, *, key: str = "k1", typ: str = "placet-envelope+jwt", **changes
    ) -> bytes:
        from tests.asks import ask

        at = int(datetime.now(UTC).timestamp())
        claims = {
            "iss": "urn:placet:server:shop",
            "aud": settings.PUBLIC_URL,
            "iat": at,
            "exp": at + 600,
            "jti": token_urlsafe(16),
            "key": key,
            "ask": value or ask(),
            **changes,
        }
        return envelopes.seal(claims, typ=typ, signer=self.key)

    def send(self, *envelopes_: bytes) -> None:
        for envelope in envelopes_:
            self.client.xadd("placet.intake", {"envelope": envelope})

    def waiting(self) -> int:
        return self.client.xlen("placet.intake")

    def dead(self) -> list[str]:
        return [fields[b"reason"].decode() for _, fields in self.client.xrange("placet.intake.dead")]

    def replies(self) -> list[dict[str, str]]:
        entries = self.client.xrange("placet.receipts.shop")
        return [{name.decode(): value.decode() for name, value in fields.items()} for _, fields in entries]


@pytest.fixture
def key(tmp_path) -> FileSigner:
    return FileSigner.generate(tmp_path / "shop.pem")


@pytest.fixture
def queue(transactional_db, valkey, shop, key, now):
    """The shop with its key registered, and an empty queue."""
    from accounts import servers

    servers.set_key(server=shop, public_key=json.dumps(key.public_jwk()).encode(), at=now)
    with redis.Redis.from_url(valkey) as client:
        yield Shop(client, key)


@pytest.fixture
def intake(queue, valkey):
    """The console's end: a reader that takes over after half a second."""
    from approvals.queue.stream import StreamIntake

    source = StreamIntake(valkey, claim_idle=0.5)
    yield source
    source.close()
