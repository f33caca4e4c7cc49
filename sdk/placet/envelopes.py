"""Small signed objects on the way in: per-request tokens and queue envelopes (see `placet.jws` for their form).

Receipts have their own, stricter room.
"""

from __future__ import annotations

import json
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from placet import jws
from placet.canonical import MAX_DEPTH, NotCanonical, parse

#: A submission of 256 KiB in base64url inside another object, with room for its claims.
MAX_BYTES = 512 * 1024

seal = jws.seal
thumbprint = jws.thumbprint


def peek_kid(raw: bytes, *, typ: str) -> str:
    """Return the key id the header names, unverified; ValueError when it is no such object."""
    return _open(raw, typ=typ)[0]


def open_signed(raw: bytes, *, public_key: bytes, typ: str) -> dict[str, Any]:
    """Verify with the raw 32-byte public key and return the claims; ValueError says what is wrong."""
    _, segments = _open(raw, typ=typ)
    if not jws.signature_holds(segments, public_key=public_key):
        raise ValueError("The signature does not hold.")
    return _object(segments.payload, "The claims must be an object.")


def read_public_key(source: bytes) -> tuple[bytes, str]:
    """Return raw key and RFC 7638 thumbprint of an Ed25519 public key given as PEM or as a JWK."""
    text = source.strip()
    try:
        raw = _from_jwk(text) if text.startswith(b"{") else _from_pem(text)
    except (RecursionError, UnsupportedAlgorithm) as error:
        raise ValueError("Expected an Ed25519 public key.") from error
    Ed25519PublicKey.from_public_bytes(raw)
    return raw, thumbprint(raw)


def _from_jwk(text: bytes) -> bytes:
    jwk = json.loads(text)
    if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519" or "d" in jwk:
        raise ValueError("Expected a public JWK with kty OKP and crv Ed25519.")
    return jws.decode(str(jwk.get("x", "")).encode())


def _from_pem(text: bytes) -> bytes:
    key = load_pem_public_key(text)
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("Expected an Ed25519 public key.")
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _open(raw: bytes, *, typ: str) -> tuple[str, jws.Segments]:
    if len(raw) > MAX_BYTES:
        raise ValueError("Too large to be read.")
    segments = jws.split(raw)
    header = _object(segments.header, "The header must be an object.")
    if set(header) != {"alg", "typ", "kid"}:
        raise ValueError("The header must have exactly alg, typ and kid.")
    if header["alg"] != "Ed25519" or header["typ"] != typ or not isinstance(header["kid"], str):
        raise ValueError(f"Expected alg Ed25519 and typ {typ}.")
    return header["kid"], segments


def _object(raw: bytes, otherwise: str) -> dict[str, Any]:
    try:
        found = parse(raw, max_bytes=MAX_BYTES, max_depth=MAX_DEPTH + 1)  # an ask at full depth, one level down
    except NotCanonical as error:
        raise ValueError(error.message) from error
    if not isinstance(found, dict):
        raise ValueError(otherwise)
    return found
