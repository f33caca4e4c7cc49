"""A passkey's assertion over a statement, checked with the key that the verifier pinned.

The challenge is no random number: it is the digest of the statement itself, so what the person's authenticator signed
is that statement and nothing else. Sources: W3C Web Authentication Level 3, section 7.2 (verifying an assertion) and
6.1 (authenticator data); RFC 7518 and RFC 8037 (keys).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from placet import jws
from placet.canonical import NotCanonical, canonical, digest_bytes, parse
from placet.errors import NotVerified, require

MEMBERS = ("authenticatorData", "clientDataJSON", "id", "signature")
MAX_CLIENT_DATA = 4 * 1024
PRESENT, VERIFIED = 0x01, 0x04
LEAST_BYTES = 37  # 32 of the relying party's hash, 1 of flags, 4 of the counter
LEAST_RSA_BITS, RSA_EXPONENT = 2048, "AQAB"
P256_BYTES = 32


def taken_apart(webauthn: dict[str, Any]) -> tuple[bytes, bytes, bytes]:
    """Authenticator data, client data and signature of an assertion in a receipt."""
    require(sorted(webauthn) == list(MEMBERS), 11, "bad_assertion", "an assertion has exactly its four members")
    try:
        data, client, signature = (jws.decode(webauthn[name].encode("ascii")) for name in MEMBERS if name != "id")
    except (AttributeError, ValueError):
        raise NotVerified(11, "bad_assertion", "an assertion's members are base64url") from None
    require(len(data) >= LEAST_BYTES, 11, "bad_assertion", "the authenticator's data are too short")
    return data, client, signature


def check(
    webauthn: dict[str, Any],
    *,
    stmt: dict[str, Any],
    jwk: Mapping[str, Any],
    alg: int,
    rp_id: str,
    origins: frozenset[str],
) -> None:
    """Raise unless the authenticator of this key signed this statement, in person, for this relying party."""
    data, client, signature = taken_apart(webauthn)
    _client_data(client, stmt=stmt, origins=origins)
    _authenticator_data(data, rp_id=rp_id)
    signed = data + hashlib.sha256(client).digest()
    require(
        _signed(signature, signed, jwk=jwk, alg=alg), 11, "bad_assertion_signature", "the passkey did not sign this"
    )


def usable(jwk: Mapping[str, Any], *, alg: int) -> bool:
    """Whether this is a key, by which one person signs and nobody else: looked at before it is kept in a directory."""
    try:
        {-7: _p256, -8: _ed25519, -257: _rsa}[alg](jwk)
    except (ValueError, KeyError, AttributeError):
        return False
    return True


def challenge(stmt: dict[str, Any]) -> str:
    """base64url(SHA-256(JCS(stmt))): what the authenticator is asked to sign."""
    return digest_bytes(canonical(stmt))


def _client_data(raw: bytes, *, stmt: dict[str, Any], origins: frozenset[str]) -> None:
    """What the browser says of the moment: an assertion, over this statement, on a page of the console itself."""
    try:
        said = parse(raw, max_bytes=MAX_CLIENT_DATA)
    except NotCanonical as error:
        raise NotVerified(11, "bad_client_data", error.message) from None
    require(isinstance(said, dict), 11, "bad_client_data", "the client data are no object")
    require(said.get("type") == "webauthn.get", 11, "wrong_ceremony", "this is no assertion")
    require(said.get("challenge") == challenge(stmt), 11, "wrong_challenge", "the passkey signed another statement")
    require(said.get("origin") in list(origins), 11, "wrong_origin", "the passkey was used on another site")
    require(said.get("crossOrigin", False) is False, 11, "cross_origin", "the page stood in somebody else's frame")
    require("topOrigin" not in said, 11, "cross_origin", "the page stood in somebody else's frame")


def _authenticator_data(data: bytes, *, rp_id: str) -> None:
    """What the authenticator says: for this relying party, somebody was there, and it knew who."""
    rp, flags = data[:32], data[32]
    require(rp == hashlib.sha256(rp_id.encode()).digest(), 11, "wrong_rp", "the passkey is for another site")
    require(bool(flags & PRESENT), 11, "user_absent", "nobody was there")
    require(bool(flags & VERIFIED), 11, "user_unverified", "the authenticator did not verify who was there")


def _signed(signature: bytes, signed: bytes, *, jwk: Mapping[str, Any], alg: int) -> bool:
    try:
        _ALGORITHMS[alg](signature, signed, jwk)
    except (InvalidSignature, ValueError, KeyError, AttributeError):
        return False
    return True


def _es256(signature: bytes, signed: bytes, jwk: Mapping[str, Any]) -> None:
    _p256(jwk).verify(signature, signed, ec.ECDSA(hashes.SHA256()))


def _p256(jwk: Mapping[str, Any]) -> ec.EllipticCurvePublicKey:
    x, y = (jws.decode(jwk[half].encode("ascii")) for half in ("x", "y"))
    if not len(x) == len(y) == P256_BYTES:
        raise ValueError("A key has one spelling.")
    numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), ec.SECP256R1())
    return numbers.public_key()


def _eddsa(signature: bytes, signed: bytes, jwk: Mapping[str, Any]) -> None:
    if not jws.ed25519_holds(signature, signed, public_key=jws.decode(jwk["x"].encode("ascii"))):
        raise InvalidSignature


def _ed25519(jwk: Mapping[str, Any]) -> None:
    """No key is made: `jws` knows which points are none."""
    raw = jws.decode(jwk["x"].encode("ascii"))
    if len(raw) != 32 or raw in jws.SMALL_ORDER:
        raise ValueError("A point of small order is no key.")


def _rs256(signature: bytes, signed: bytes, jwk: Mapping[str, Any]) -> None:
    _rsa(jwk).verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())


def _rsa(jwk: Mapping[str, Any]) -> rsa.RSAPublicKey:
    modulus = jws.decode(jwk["n"].encode("ascii"))
    if jwk["e"] != RSA_EXPONENT or not modulus.lstrip(b"\0") == modulus:
        raise ValueError("A key has one spelling, and an exponent with which not everybody signs.")
    key = rsa.RSAPublicNumbers(65537, int.from_bytes(modulus)).public_key()
    if key.key_size < LEAST_RSA_BITS:
        raise ValueError("The key is too small.")
    return key


_ALGORITHMS = {-7: _es256, -8: _eddsa, -257: _rs256}  # no others come out of a `Directory`
