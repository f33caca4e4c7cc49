"""Compact JWS with Ed25519, in the one narrow form used here: receipts, queue envelopes and request tokens.

A header has exactly `alg`, `kid` (RFC 7638 thumbprint of the key) and `typ`; header and payload are canonical JSON.
Sources: RFC 7515 (JWS), RFC 8037 and RFC 9864 (Ed25519), RFC 7638 (thumbprint).
"""

from __future__ import annotations

import base64
from typing import Any, NamedTuple, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from placet.canonical import canonical, digest_bytes

#: The points of Ed25519 whose order divides 8, in every encoding (RFC 7748, section 7, says why they matter).
SMALL_ORDER = frozenset(
    bytes.fromhex(point + sign)
    for point, signs in {
        "00" * 31: ("00", "80"), "01" + "00" * 30: ("00", "80"), "ec" + "ff" * 30: ("7f", "ff"),
        "ed" + "ff" * 30: ("7f", "ff"), "ee" + "ff" * 30: ("7f", "ff"),
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc": ("05", "85"),
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03": ("7a", "fa"),
    }.items()
    for sign in signs
)  # fmt: skip


class Signer(Protocol):
    """Whatever holds an Ed25519 key: a file here, a key service elsewhere."""

    @property
    def kid(self) -> str:
        """RFC 7638 thumbprint of the public key."""

    def sign(self, data: bytes) -> bytes:
        """The 64 bytes of an Ed25519 signature (RFC 8032) over `data`."""


class Segments(NamedTuple):
    """A compact JWS, taken apart and decoded, not yet believed."""

    signed: bytes
    header: bytes
    payload: bytes
    signature: bytes


def seal(claims: dict[str, Any], *, typ: str, signer: Signer) -> bytes:
    """The claims as a compact JWS."""
    header = canonical({"alg": "Ed25519", "kid": signer.kid, "typ": typ})
    signed = encode(header) + b"." + encode(canonical(claims))
    return signed + b"." + encode(signer.sign(signed))


def split(raw: bytes) -> Segments:
    """Take three canonical base64url segments apart; ValueError when they are something else."""
    parts = raw.split(b".")
    if len(parts) != 3:
        raise ValueError("Expected a compact JWS of three segments.")
    header, payload, signature = map(decode, parts)
    return Segments(raw[: raw.rindex(b".")], header, payload, signature)


def signature_holds(segments: Segments, *, public_key: bytes) -> bool:
    """Whether the raw 32-byte key signed these segments (RFC 8032)."""
    return ed25519_holds(segments.signature, segments.signed, public_key=public_key)


def ed25519_holds(signature: bytes, data: bytes, *, public_key: bytes) -> bool:
    """Whether this key signed these bytes. A point of small order is no key: anybody signs anything in its name."""
    if public_key in SMALL_ORDER:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def thumbprint(public_key: bytes) -> str:
    """RFC 7638: SHA-256 over the required members only, in lexical order, without spaces."""
    return digest_bytes(b'{"crv":"Ed25519","kty":"OKP","x":"%s"}' % encode(public_key))


def jwk(public_key: bytes) -> dict[str, str]:
    """The public JWK (RFC 8037) of 32 raw bytes, named by its own thumbprint."""
    members = {"crv": "Ed25519", "kty": "OKP", "x": encode(public_key).decode("ascii")}
    return {**members, "kid": thumbprint(public_key), "alg": "Ed25519", "use": "sig"}


def encode(raw: bytes) -> bytes:
    """base64url without padding (RFC 7515 appendix C)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def decode(segment: bytes) -> bytes:
    """The bytes of one segment; ValueError unless it is their only spelling (no padding, no stray bits)."""
    raw = base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
    if encode(raw) != segment:
        raise ValueError("Not canonical base64url.")
    return raw
