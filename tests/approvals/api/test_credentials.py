"""Who calls: bearer tokens, requests signed one by one, and everybody who is turned away by name."""

import json
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from placet import envelopes
from placet.canonical import digest_bytes
from placet.receipts import FileSigner

from accounts import servers
from tests.asks import ask

from .conftest import client, refused


@pytest.fixture
def key(tmp_path) -> FileSigner:
    return FileSigner.generate(tmp_path / "shop.pem")


@pytest.fixture
def keyed_shop(transactional_db, shop, key, now):
    servers.set_key(server=shop, public_key=json.dumps(key.public_jwk()).encode(), at=now)
    shop.refresh_from_db()
    return shop


def signed(key: FileSigner, *, body: bytes, typ: str = "placet-request+jwt", **changes) -> str:
    """A JWT for `POST /api/v1/actions` with this body, wrong in one claim when told so."""
    at = int(datetime.now(UTC).timestamp())
    claims = {
        "iss": "urn:placet:server:shop",
        "aud": settings.PUBLIC_URL,
        "iat": at,
        "exp": at + 30,
        "jti": token_urlsafe(16),
        "htm": "POST",
        "htu": "/api/v1/actions",
        "bdg": digest_bytes(body),
        **changes,
    }
    return envelopes.seal(claims, typ=typ, signer=key).decode()


async def post(credential: str | None, *, body: bytes | None = None):
    headers = {"Idempotency-Key": "k1", "Content-Type": "application/json"}
    async with client(credential) as caller:
        return await caller.post("/api/v1/actions", content=body or json.dumps(ask()).encode(), headers=headers)


BODY = json.dumps(ask()).encode()


async def test_a_signed_request_is_believed_once(keyed_shop, key, refund, alice):
    credential = signed(key, body=BODY)
    assert (await post(credential)).status_code == 201
    refused(await post(credential), 401, "replayed_token")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"iat": 1_700_000_000, "exp": 1_700_000_030}, "expired_token"),
        ({"exp": 4_000_000_000}, "bad_claims"),
        ({"jti": "short"}, "bad_claims"),
        ({"iss": "urn:placet:server:bakery"}, "wrong_audience"),
        ({"aud": "https://elsewhere.example"}, "wrong_audience"),
        ({"htm": "DELETE"}, "request_mismatch"),
        ({"htu": "/api/v1/actions?x=1"}, "request_mismatch"),
        ({"bdg": digest_bytes(b"another body")}, "request_mismatch"),
        ({"typ": "placet-envelope+jwt"}, "bad_signature"),
    ],
)
async def test_a_signed_request_with_one_wrong_claim_is_refused_by_name(keyed_shop, key, changes, code):
    refused(await post(signed(key, body=BODY, **changes)), 401, code)


async def test_a_signature_by_a_stranger_is_refused(keyed_shop, tmp_path):
    stranger = FileSigner.generate(tmp_path / "mallory.pem")
    refused(await post(signed(stranger, body=BODY)), 401, "unknown_key")


async def test_the_key_before_the_last_is_refused(keyed_shop, key, tmp_path, now):
    newer = FileSigner.generate(tmp_path / "newer.pem")
    await sync_to_async(servers.set_key)(server=keyed_shop, public_key=json.dumps(newer.public_jwk()).encode(), at=now)
    refused(await post(signed(key, body=BODY)), 401, "revoked_key")


@pytest.mark.parametrize("credential", ["nonsense", "a.b.c", "plc_", "plc_0123456789abcdef_" + "x" * 43, "plc_x_y"])
async def test_credentials_that_are_none_are_refused(transactional_db, credential):
    answer = await post(credential)
    refused(answer, 401, answer.json()["code"])
    assert answer.json()["code"] in {"bad_signature", "unknown_token"}


async def test_another_scheme_is_no_credential(transactional_db):
    async with client(None, Authorization="Basic c2hvcDpzaG9w") as caller:
        refused(await caller.get("/api/v1/actions"), 401, "unauthenticated")


async def test_a_token_keeps_working_when_other_credentials_of_its_server_change(door, shop, key, refund, alice, now):
    await door.submitted(key="k1")
    await sync_to_async(servers.set_key)(server=shop, public_key=json.dumps(key.public_jwk()).encode(), at=now)
    assert (await door.submit(key="k2")).status_code == 201


async def test_a_rotated_token_ends_at_once_though_it_was_remembered(door, shop, refund, alice, now):
    await door.submitted(key="k1")
    fresh = await sync_to_async(servers.rotate_token)(server=shop, at=now)
    refused(await door.submit(key="k2"), 401, "revoked_token")
    assert (await post(fresh)).status_code == 200


async def test_a_stopped_server_is_refused_everywhere_at_once(door, shop, refund, alice, now):
    action = await door.submitted()
    await sync_to_async(servers.stop)(server=shop, at=now + timedelta(seconds=1))
    for answer in (
        await door.submit(key="k2"),
        await door.get(),
        await door.get(f"/{action}"),
        await door.get(f"/{action}?wait=5s"),
        await door.get(f"/{action}/receipt"),
        await door.consume(action),
        await door.report(action, {"status": "failed"}),
        await door.withdraw(action),
    ):
        refused(answer, 401, "stopped_server")
