"""A bearer token names a person only after its issuer's key has said so."""

import json

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey
from placet.gate.http import bearer
from placet.gate.http.fence import Refusal

NOW = 1_800_000_000
CLAIMS = {"iss": "https://id.example.org", "aud": "https://mcp.example.org", "exp": NOW + 60, "sub": "dana"}
KEY, OTHER = ECKey.generate_key("P-256", {"kid": "a"}), ECKey.generate_key("P-256", {"kid": "a"})


@pytest.fixture
def keys(tmp_path):
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(KeySet([KEY]).as_dict(private=False)))
    return path


@pytest.fixture
def issuer(keys):
    return bearer.issuer(keys=keys, name=CLAIMS["iss"], audience=CLAIMS["aud"])


def token(claims=CLAIMS, *, key=KEY, alg="ES256", **more) -> bytes:
    return jwt.encode({"alg": alg, "kid": "a"}, claims | more, key).encode()


def subject(issuer, value: bytes) -> str:
    return issuer.subject([(b"authorization", value)], now=lambda: NOW)


def test_a_verified_token_names_its_subject(issuer):
    assert subject(issuer, b"Bearer " + token()) == "dana"
    assert subject(issuer, b"bearer " + token(aud=["x", CLAIMS["aud"]])) == "dana"


def test_another_claim_may_name_the_person(keys):
    issuer = bearer.issuer(keys=keys, name=CLAIMS["iss"], audience=CLAIMS["aud"], claim="email")
    assert subject(issuer, b"Bearer " + token(email="dana@example.org")) == "dana@example.org"
    with pytest.raises(Refusal):
        subject(issuer, b"Bearer " + token())


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://evil.example"}, {"aud": "https://other.example.org"}, {"exp": NOW - 31}, {"nbf": NOW + 60},
        {"sub": ""}, {"sub": 7}, {"sub": "x" * 201}, {"sub": "dana\n"}, {"sub": "da\u202ena"},
    ],
)  # fmt: skip
def test_a_token_for_another_place_or_time_names_nobody(issuer, wrong):
    with pytest.raises(Refusal) as no:
        subject(issuer, b"Bearer " + token(**wrong))
    assert (no.value.status, no.value.code) == (401, "unverified_subject")
    assert no.value.headers[0][0] == b"www-authenticate"


@pytest.mark.parametrize("missing", ["iss", "aud", "exp", "sub"])
def test_a_token_that_leaves_a_claim_out_names_nobody(issuer, missing):
    claims = {name: value for name, value in CLAIMS.items() if name != missing}
    with pytest.raises(Refusal):
        subject(issuer, b"Bearer " + token(claims))


def test_a_token_that_nobody_or_somebody_else_signed_names_nobody(issuer):
    body = token().split(b".")[1]
    unsigned = b"eyJhbGciOiJub25lIn0." + body + b"."
    shared = token(key=OctKey.generate_key(256), alg="HS256")
    for value in (b"Bearer " + token(key=OTHER), b"Bearer " + unsigned, b"Bearer " + shared, b"Bearer x.y.z"):
        with pytest.raises(Refusal):
            subject(issuer, value)


@pytest.mark.parametrize("value", [b"", b"Basic ZGFuYTpk", b"Bearer ", b"Bearer " + b"a" * 20_000, b"Bearer \xff\xfe"])
def test_what_is_no_token_names_nobody(issuer, value):
    with pytest.raises(Refusal):
        subject(issuer, value)


def test_private_or_shared_keys_are_not_taken_for_an_issuers(tmp_path):
    for keys in (KeySet([KEY]).as_dict(private=True), KeySet([OctKey.generate_key(256)]).as_dict(private=True)):
        path = tmp_path / "keys.json"
        path.write_text(json.dumps(keys))
        with pytest.raises(ValueError, match="public keys only"):
            bearer.issuer(keys=path, name="i", audience="a")
    path.write_text("{}")
    with pytest.raises(ValueError, match="no JWK Set"):
        bearer.issuer(keys=path, name="i", audience="a")
