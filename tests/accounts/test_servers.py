"""Servers: how they prove who they are, and how fast they stop being believed."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from placet import canonical, envelopes
from placet.receipts import FileSigner

from accounts import servers
from accounts.errors import BadPublicKey, BadServerName, NameTaken, Unauthenticated
from accounts.models import ServerToken

pytestmark = pytest.mark.django_db
UNSUPPORTED = b"""-----BEGIN PUBLIC KEY-----
MAswBQYDKgMEAwIAAA==
-----END PUBLIC KEY-----
"""  # well-formed, of an algorithm nobody knows here
CONSOLE = "https://console.example.org"


@pytest.fixture
def key():
    return FileSigner(Ed25519PrivateKey.generate())


@pytest.fixture
def pos(db, now, key):
    pem = Ed25519PrivateKey.from_private_bytes(key._key.private_bytes_raw()).public_key()
    return servers.register(
        name="pos", at=now, public_key=pem.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )


def refused(call) -> str:
    with pytest.raises(Unauthenticated) as error:
        call()
    return error.value.code


def test_a_token_is_who_it_was_issued_to_and_its_secret_is_not_kept(shop, now):
    token = servers.issue_token(server=shop, at=now)
    assert servers.authenticate_token(token).name == "shop"
    kept = ServerToken.objects.get()
    assert token.split("_", 2)[2].encode() not in bytes(kept.secret_hash)


@pytest.mark.parametrize("wrong", ["", "plc_x_y", "Bearer", "plc_0123456789abcdef_" + "A" * 43])
def test_junk_is_nobody(shop, wrong):
    assert refused(lambda: servers.authenticate_token(wrong)) == "unknown_token"


def test_one_letter_off_is_nobody(shop, now):
    token = servers.issue_token(server=shop, at=now)
    changed = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert refused(lambda: servers.authenticate_token(changed)) == "unknown_token"


def test_a_rotated_token_is_refused_and_the_new_one_works(shop, now):
    old = servers.issue_token(server=shop, at=now)
    new = servers.rotate_token(server=shop, at=now)
    assert refused(lambda: servers.authenticate_token(old)) == "revoked_token"
    assert servers.authenticate_token(new).name == "shop"


def test_a_stopped_server_is_refused_until_started(shop, now):
    token = servers.issue_token(server=shop, at=now)
    identity = servers.authenticate_token(token)
    servers.stop(server=shop, at=now)
    assert refused(lambda: servers.authenticate_token(token)) == "stopped_server"
    assert refused(lambda: servers.require_current(identity)) == "stopped_server"
    servers.start(server=shop)
    assert servers.authenticate_token(token).name == "shop"


def signed(key, now, **changes):
    at = int(now.timestamp())
    claims = {
        "iss": "urn:placet:server:pos", "aud": CONSOLE, "iat": at, "exp": at + 60, "jti": "j" * 22,
        "htm": "POST", "htu": "/api/v1/actions", "bdg": canonical.digest_bytes(b"{}"),
    } | changes  # fmt: skip
    return envelopes.seal(claims, typ="placet-request+jwt", signer=key)


def authenticate(jwt, now, *, method="POST", target="/api/v1/actions", body=b"{}"):
    return servers.authenticate_request(jwt, audience=CONSOLE, method=method, target=target, body=body, at=now)


def test_a_signed_request_is_who_signed_it(pos, key, now):
    assert authenticate(signed(key, now), now).name == "pos"


def test_a_signed_request_is_good_once(pos, key, now):
    jwt = signed(key, now)
    authenticate(jwt, now)
    assert refused(lambda: authenticate(jwt, now)) == "replayed_token"


@pytest.mark.parametrize("other", [{"method": "DELETE"}, {"target": "/api/v1/actions/1/consume"}, {"body": b"{ }"}])
def test_a_signed_request_is_for_that_request_alone(pos, key, now, other):
    assert refused(lambda: authenticate(signed(key, now), now, **other)) == "request_mismatch"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"iss": "urn:placet:server:shop"}, "wrong_audience"),
        ({"aud": "https://elsewhere.example"}, "wrong_audience"),
        ({"exp": 0}, "expired_token"),
        ({"jti": "short"}, "bad_claims"),
        ({"jti": "\0" * 22}, "bad_claims"),
        ({"iat": "now"}, "bad_claims"),
    ],
)
def test_a_signed_request_with_a_wrong_claim_is_refused_by_name(pos, key, now, changes, code):
    assert refused(lambda: authenticate(signed(key, now, **changes), now)) == code


def test_a_signed_request_lives_a_minute_at_most(pos, key, now):
    long = signed(key, now, exp=int(now.timestamp()) + 61)
    assert refused(lambda: authenticate(long, now)) == "bad_claims"
    assert refused(lambda: authenticate(signed(key, now), now + timedelta(seconds=61))) == "expired_token"


def test_another_key_signs_for_nobody(pos, now):
    stranger = FileSigner(Ed25519PrivateKey.generate())
    assert refused(lambda: authenticate(signed(stranger, now), now)) == "unknown_key"


def test_a_key_name_that_no_key_can_have_is_not_looked_up(pos, now, django_assert_num_queries):
    """PostgreSQL takes no NUL, and who sent it is nobody yet."""

    class Odd:
        kid = "\0" * 43

        def sign(self, data):
            return b"\0" * 64

    with django_assert_num_queries(0):
        assert refused(lambda: authenticate(signed(Odd(), now), now)) == "unknown_key"


def test_a_replaced_key_stops_working_at_once(pos, key, now):
    servers.set_key(
        server=pos,
        public_key=b'{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}',
        at=now,
    )
    assert refused(lambda: authenticate(signed(key, now), now)) == "revoked_key"


@pytest.mark.parametrize("name", ["", "Shop", "a b", "-x", "x" * 65, "x\n"])
def test_a_server_has_a_plain_name(now, name):
    with pytest.raises(BadServerName):
        servers.register(name=name, at=now)


def test_a_name_is_given_once(shop, now):
    with pytest.raises(NameTaken):
        servers.register(name="shop", at=now)


@pytest.mark.parametrize(
    "junk",
    [
        b"", b"{}", b"-----BEGIN PUBLIC KEY-----", b'{"kty":"RSA"}', b"{", b'{"kty":"OKP","crv":"Ed25519","x":1}',
        b'{"a":' * 50_000, UNSUPPORTED,
    ],
)  # fmt: skip
def test_a_public_key_is_an_ed25519_key(now, junk):
    with pytest.raises(BadPublicKey):
        servers.register(name="pos", at=now, public_key=junk)
