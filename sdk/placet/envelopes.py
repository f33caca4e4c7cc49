"""Small signed objects on the way in: per-request tokens and queue envelopes, as compact JWS with Ed25519 (RFC 7515, 8037, 9864).

Receipts have their own, stricter room. Here a header has exactly `alg`, `typ` and `kid`, the payload is strict I-JSON.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from .canonical import NotCanonical, canonical, parse

MAX_BYTES = 512 * 1024


class Signer(Protocol):
    kid: str

    def sign(self, data: bytes) -> bytes: ...


def seal(claims: dict[str, Any], *, typ: str, signer: Signer) -> bytes:
    """Return the claims as a compact JWS."""
    header = canonical({"alg": "Ed25519", "kid": signer.kid, "typ": typ})
    signed = encode(header) + b"." + encode(canonical(claims))
    return signed + b"." + encode(signer.sign(signed))


def peek_kid(jws: bytes, *, typ: str) -> str:
    """Return the key id the header names, unverified; ValueError when it is no such object."""
    return _split(jws, typ=typ)[0]


def open_signed(jws: bytes, *, public_key: bytes, typ: str) -> dict[str, Any]:
    """Verify with the raw 32-byte public key and return the claims; ValueError says what is wrong."""
    _, signed, payload, signature = _split(jws, typ=typ)
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, signed)
    except InvalidSignature:
        raise ValueError("The signature does not hold.") from None
    claims = _parse(payload)
    if not isinstance(claims, dict):
        raise ValueError("The claims must be an object.")
    return claims


def read_public_key(source: bytes) -> tuple[bytes, str]:
    """Return raw key and RFC 7638 thumbprint of an Ed25519 public key given as PEM or as a JWK."""
    text = source.strip()
    if text.startswith(b"{"):
        jwk = json.loads(text)
        if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519" or "d" in jwk:
            raise ValueError("Expected a public JWK with kty OKP and crv Ed25519.")
        raw = decode(str(jwk.get("x", "")).encode())
    else:
        key = load_pem_public_key(text)
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError("Expected an Ed25519 public key.")
        raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    Ed25519PublicKey.from_public_bytes(raw)
    return raw, thumbprint(raw)


def thumbprint(raw: bytes) -> str:
    """RFC 7638 thumbprint of an Ed25519 public key."""
    jwk = {"crv": "Ed25519", "kty": "OKP", "x": encode(raw).decode()}
    return encode(sha256(canonical(jwk)).digest()).decode()


def encode(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def decode(segment: bytes) -> bytes:
    """Decode base64url without padding; ValueError unless it is the canonical spelling."""
    data = urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
    if encode(data) != segment:
        raise ValueError("Not canonical base64url.")
    return data


def _split(jws: bytes, *, typ: str) -> tuple[str, bytes, bytes, bytes]:
    if len(jws) > MAX_BYTES:
        raise ValueError("Too large to be read.")
    segments = jws.split(b".")
    if len(segments) != 3:
        raise ValueError("Expected a compact JWS of three segments.")
    header = _parse(decode(segments[0]))
    if not isinstance(header, dict) or set(header) != {"alg", "typ", "kid"}:
        raise ValueError("The header must have exactly alg, typ and kid.")
    if header["alg"] != "Ed25519" or header["typ"] != typ or not isinstance(header["kid"], str):
        raise ValueError(f"Expected alg Ed25519 and typ {typ}.")
    return header["kid"], segments[0] + b"." + segments[1], decode(segments[1]), decode(segments[2])


def _parse(raw: bytes) -> Any:
    try:
        return parse(raw, max_bytes=MAX_BYTES)
    except NotCanonical as error:
        raise ValueError(error.message) from error
