"""Strict I-JSON in, RFC 8785 canonical bytes and digests out.

What a machine asks for is admitted once (`parse`), written one way (`canonical`) and named by one digest (`digest`).
Sources: RFC 8259 (JSON), RFC 7493 (I-JSON), RFC 8785 (JSON Canonicalization Scheme), RFC 4648 section 5 (base64url).
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from placet.canonical.bounds import MAX_BYTES, MAX_DEPTH, MAX_INTEGER, NotCanonical
from placet.canonical.reading import parse
from placet.canonical.writing import canonical

__all__ = [
    "MAX_BYTES", "MAX_DEPTH", "MAX_INTEGER", "NotCanonical", "canonical", "digest", "digest_bytes", "parse", "preimage",
]  # fmt: skip


def digest_bytes(raw: bytes) -> str:
    """SHA-256 of `raw` as base64url without padding (43 characters)."""
    return base64.urlsafe_b64encode(hashlib.sha256(raw).digest())[:-1].decode("ascii")


def preimage(kind: str, value: Any) -> bytes:
    """The bytes that `digest` hashes. The type is inside them, so that two kinds never share a digest."""
    return canonical({"@type": f"placet.{kind}.v1", "value": value})


def digest(kind: str, value: Any) -> str:
    """base64url(SHA-256(JCS({"@type": "placet.<kind>.v1", "value": value})))."""
    return digest_bytes(preimage(kind, value))
