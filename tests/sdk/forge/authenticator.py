"""A software authenticator. Its keys come from seeds and its signatures are deterministic: they guard nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from placet import jws
from placet.canonical import canonical

#: Two primes each, of 2,048 and of 1,024 bits: making such keys from a seed would take longer than all the vectors.
PRIMES = (
    0xF7F211C51CF3EB02EA8D91528CDC769C884F351F147D0E0B05BBDF23AA16A0FBEADAAF384863A3418A00F905BA449220908960538DA52D2C7CCAE34A247C15E7668EF37CD040C5FF548EF9C8D0648FB010B5A939011501E961CC2BD65D845DB756D38A1574C47DA2F17522E669487ADA075DC7F4A0AA0AD5FCBF401D8AC15111,
    0xCB6A4F9FB2B721B727AC9CA848B0D734350D51A0852B3C3274B71F3C7F7FD4B4DA3379522C168A5C532B0A1616B4C937F48097C74C4EFA47E110BD883AC5BD1825F9C424BB4902FD11DAF86A9B15115CD372F24AE64260809E15C6AEAFE338073C6B786CCB76AF0BF18E220FE67959B74826E45A9DD539B1EF0F0E5A61DFDD25,
)
SMALL_PRIMES = (
    0xFA3C1941450A56971B3EC18D642C3D211B76D5F7FFD3B9222040DD0325A13AC5DDCD0C566474160373DD7FA4DCA7A149D256971F3A6FE537C7080393F6AABD05,
    0xC05647C0D3B399D91BBAF597097167ED8D113567AB3572F1BA7087A8AEC358E7F2B9768535D92BE5361D7E82E502838E6A916471E8E2A9D2BB644ED05053FD13,
)
RP, ORIGIN = "console.example.org", "https://console.example.org"
PRESENT_VERIFIED = 0x05

type Private = ec.EllipticCurvePrivateKey | Ed25519PrivateKey | rsa.RSAPrivateKey


class Authenticator:
    """One passkey in somebody's pocket. `alg` is COSE's name: -7, -8 or -257."""

    def __init__(self, seed: int, *, alg: int = -7, small: bool = False) -> None:
        self.alg, self._key = alg, _key(seed, alg=alg, small=small)
        self.id = text(hashlib.sha256(f"credential {seed}".encode()).digest())

    def jwk(self) -> dict[str, str]:
        """The public key."""
        public = self._key.public_key()
        if isinstance(public, ec.EllipticCurvePublicKey):
            at = public.public_numbers()
            return {"kty": "EC", "crv": "P-256", "x": text(at.x.to_bytes(32)), "y": text(at.y.to_bytes(32))}
        if isinstance(public, rsa.RSAPublicKey):
            numbers = public.public_numbers()
            length = (numbers.n.bit_length() + 7) // 8
            return {"kty": "RSA", "n": text(numbers.n.to_bytes(length)), "e": text(numbers.e.to_bytes(3))}
        return {"kty": "OKP", "crv": "Ed25519", "x": text(public.public_bytes_raw())}

    def passkey(self, *, from_: int = 0, until: int | None = None) -> dict[str, Any]:
        """How it stands in a directory."""
        return {"id": self.id, "jwk": self.jwk(), "alg": self.alg, "from": from_, "until": until}

    def assertion(
        self, stmt: dict[str, Any], *, rp: str = RP, flags: int = PRESENT_VERIFIED, client: Any = None,
        raw_client: bytes | None = None, cut: int | None = None, **said: Any,
    ) -> dict[str, str]:  # fmt: skip
        """What it says about a statement: as it should, or as told. `...` takes a member of the client data away."""
        challenge = text(hashlib.sha256(canonical(stmt)).digest())
        usual = {"type": "webauthn.get", "challenge": challenge, "origin": ORIGIN, "crossOrigin": False} | said
        client = client if client is not None else {name: value for name, value in usual.items() if value is not ...}
        raw = raw_client if raw_client is not None else json.dumps(client, separators=(",", ":")).encode()
        data = (hashlib.sha256(rp.encode()).digest() + bytes([flags]) + (7).to_bytes(4))[:cut]
        signature = self.sign(data + hashlib.sha256(raw).digest())
        return {
            "id": self.id, "authenticatorData": text(data), "clientDataJSON": text(raw), "signature": text(signature),
        }  # fmt: skip

    def sign(self, data: bytes) -> bytes:
        key = self._key
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return key.sign(data)


def text(raw: bytes) -> str:
    return jws.encode(raw).decode()


def signed(review: Mapping[str, Any], authenticator: Authenticator, **how: Any) -> dict[str, Any]:
    """The review with this authenticator's assertion over its statement."""
    return {**review, "webauthn": authenticator.assertion(review["stmt"], **how)}


def _key(seed: int, *, alg: int, small: bool) -> Private:
    if alg == -8:
        return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    if alg == -7:
        return ec.derive_private_key(int.from_bytes(bytes([seed]) * 32), ec.SECP256R1())
    p, q = SMALL_PRIMES if small else PRIMES
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public).private_key()
