"""Signing a receipt, and the key in a file that does it by default."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal, Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from placet import jws

type ReceiptType = Literal["placet-approval+jwt", "placet-denial+jwt"]

APPROVAL = "placet-approval+jwt"
DENIAL = "placet-denial+jwt"


def sign(claims: dict[str, Any], *, typ: ReceiptType, signer: jws.Signer) -> bytes:
    """A receipt: compact JWS over the canonical claims. Its header has exactly `alg`, `kid` and `typ`."""
    if typ not in (APPROVAL, DENIAL):
        raise ValueError(f"{typ!r} is no type of receipt")
    return jws.seal(claims, typ=typ, signer=signer)


class FileSigner:
    """An Ed25519 key in a PEM file (PKCS#8, mode 0600)."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public_key = key.public_key().public_bytes_raw()
        self.kid = jws.thumbprint(self.public_key)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a key that `generate` wrote. Raises OSError when there is none, ValueError when it is no Ed25519 key."""
        key = serialization.load_pem_private_key(Path(path).read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError(f"{path} holds no Ed25519 key")
        return cls(key)

    @classmethod
    def generate(cls, path: str | os.PathLike[str]) -> Self:
        """Make a key and write it to the disk. Raises FileExistsError rather than replace a key.

        Its name begins with no dash, as one of 64 would: typed after a command that would read as an option.
        """
        signer = cls(Ed25519PrivateKey.generate())
        while signer.kid.startswith("-"):
            signer = cls(Ed25519PrivateKey.generate())
        with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(signer._private_pem())
            file.flush()
            os.fsync(file.fileno())
        return signer

    def sign(self, data: bytes) -> bytes:
        """The 64 bytes of an Ed25519 signature (RFC 8032) over `data`."""
        return self._key.sign(data)

    def public_jwk(self) -> dict[str, str]:
        """The public half, as it stands in a JWKS (RFC 8037)."""
        return jws.jwk(self.public_key)

    def _private_pem(self) -> bytes:
        return self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
