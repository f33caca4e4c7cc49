"""A small authenticator in software, and the browser in front of it: real keys, real attestations and assertions.

What a browser would refuse, or an attacker would try, is asked for by name: another origin, a frame, nobody verified.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from placet import canonical, jws

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text(raw: bytes) -> str:
    return jws.encode(raw).decode()


@dataclass
class Authenticator:
    """One device with one key. `alg` as in COSE: -7 ES256, -8 Ed25519, -257 RS256."""

    rp_id: str = "localhost"
    origin: str = "http://localhost"
    alg: int = -7
    id: bytes = field(default_factory=lambda: os.urandom(32))

    def __post_init__(self) -> None:
        self.key: Any = {
            -7: lambda: ec.generate_private_key(ec.SECP256R1()),
            -8: Ed25519PrivateKey.generate,
            -257: lambda: rsa.generate_private_key(65537, 2048),
        }[self.alg]()

    @classmethod
    def here(cls, **said: Any) -> Authenticator:
        """One for the console under test."""
        from accounts import passkeys

        party = passkeys.relying_party()
        return cls(rp_id=party.id, origin=party.origin, **said)

    @property
    def name(self) -> str:
        return text(self.id)

    def create(
        self, challenge: str, *, flags: int = PRESENT | VERIFIED, key: Mapping[int, Any] | bytes = b"", **said: Any
    ) -> dict[str, Any]:
        """What `navigator.credentials.create` answers, as JSON. `key` changes members of the key, or is all of it."""
        from fido2 import cbor

        whole = key if isinstance(key, bytes) and key else cbor.encode(self.cose | dict(key or {}))
        made = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + whole
        data = self._data(flags | ATTESTED) + made
        client = self._client("webauthn.create", challenge, **said)
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        return {
            "id": self.name, "rawId": self.name, "type": "public-key",
            "response": {
                "clientDataJSON": text(client), "attestationObject": text(attestation), "transports": ["internal"]
            },
        }  # fmt: skip

    def get(
        self, challenge: str, *, flags: int = PRESENT | VERIFIED, extra: bytes = b"", **said: Any
    ) -> dict[str, Any]:
        """What `navigator.credentials.get` answers, as JSON. `extra` stands where extensions do."""
        data = self._data(flags | (0x80 if extra else 0)) + extra
        client = self._client("webauthn.get", challenge, **said)
        signed = data + hashlib.sha256(client).digest()
        return {
            "id": self.name, "rawId": self.name, "type": "public-key",
            "response": {
                "clientDataJSON": text(client), "authenticatorData": text(data), "signature": text(self._sign(signed))
            },
        }  # fmt: skip

    def sign(self, stmt: bytes, **said: Any) -> dict[str, Any]:
        """Sign a statement: its digest is the challenge."""
        return self.get(canonical.digest_bytes(stmt), **said)

    @property
    def cose(self) -> dict[int, Any]:
        public = self.key.public_key()
        if self.alg == -8:
            return {1: 1, 3: -8, -1: 6, -2: public.public_bytes(Encoding.Raw, PublicFormat.Raw)}
        numbers = public.public_numbers()
        if self.alg == -7:
            return {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        return {1: 3, 3: -257, -1: numbers.n.to_bytes(256, "big"), -2: numbers.e.to_bytes(3, "big")}

    def _sign(self, signed: bytes) -> bytes:
        if self.alg == -8:
            return self.key.sign(signed)
        if self.alg == -7:
            return self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        return self.key.sign(signed, padding.PKCS1v15(), hashes.SHA256())

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + bytes(4)

    def _client(self, kind: str, challenge: str, **said: Any) -> bytes:
        whole = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False} | said
        return json.dumps(whole, separators=(",", ":")).encode()
