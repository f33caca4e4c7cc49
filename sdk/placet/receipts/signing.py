"""Signing: one compact JWS format for every ending of an action.

Sources: RFC 7515 (JWS), RFC 8037 and RFC 9864 (Ed25519), RFC 7638 (thumbprint as `kid`).
"""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any, Literal, Protocol, Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from placet.canonical import canonical, digest_bytes

type ReceiptType = Literal["placet-approval+jwt", "placet-denial+jwt"]

APPROVAL = "placet-approval+jwt"
DENIAL = "placet-denial+jwt"


class Signer(Protocol):
    """Whatever holds an Ed25519 key: a file here, a key service elsewhere."""

    @property
    def kid(self) -> str:
        """RFC 7638 thumbprint of the public key."""

    def sign(self, data: bytes) -> bytes:
        """The 64 bytes of an Ed25519 signature (RFC 8032) over `data`."""


def b64url(raw: bytes) -> bytes:
    """base64url without padding (RFC 7515 appendix C)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def jwk(public_key: bytes) -> dict[str, str]:
    """The public JWK (RFC 8037) of 32 raw bytes, named by its own thumbprint."""
    members = {"crv": "Ed25519", "kty": "OKP", "x": b64url(public_key).decode("ascii")}
    return {**members, "kid": thumbprint(public_key), "alg": "Ed25519", "use": "sig"}


def thumbprint(public_key: bytes) -> str:
    """RFC 7638: SHA-256 over the required members only, in lexical order, without spaces."""
    return digest_bytes(b'{"crv":"Ed25519","kty":"OKP","x":"%s"}' % b64url(public_key))


class FileSigner:
    """An Ed25519 key in a PEM file (PKCS#8, mode 0600)."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self._public = key.public_key().public_bytes_raw()
        self.kid = thumbprint(self._public)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a key that `generate` wrote. Raises OSError when there is none, ValueError when it is no Ed25519 key."""
        key = serialization.load_pem_private_key(Path(path).read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError(f"{path} holds no Ed25519 key")
        return cls(key)

    @classmethod
    def generate(cls, path: str | os.PathLike[str]) -> Self:
        """Make a key and write it, on the disk before this returns. Raises FileExistsError rather than replace a key."""
        signer = cls(Ed25519PrivateKey.generate())
        with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(signer.private_pem())
            file.flush()
            os.fsync(file.fileno())
        return signer

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data)

    def public_jwk(self) -> dict[str, str]:
        """The public half, as it stands in a JWKS."""
        return jwk(self._public)

    @property
    def public_key(self) -> bytes:
        """The public key, 32 raw bytes."""
        return self._public

    def private_pem(self) -> bytes:
        """The private key as PKCS#8 PEM: for the file, and nothing else."""
        return self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def sign(claims: dict[str, Any], *, typ: ReceiptType, signer: Signer) -> bytes:
    """A receipt: compact JWS over the canonical claims. Its header has exactly `alg`, `kid` and `typ`."""
    if typ not in (APPROVAL, DENIAL):
        raise ValueError(f"{typ!r} is no type of receipt")
    return sign_compact(claims, typ=typ, signer=signer)


def sign_compact(claims: dict[str, Any], *, typ: str, signer: Signer) -> bytes:
    """The same compact form for what a server signs: queue envelopes and request tokens."""
    header = canonical({"alg": "Ed25519", "kid": signer.kid, "typ": typ})
    signed = b64url(header) + b"." + b64url(canonical(claims))
    return signed + b"." + b64url(signer.sign(signed))
