"""`python -m tests.sdk.published.make` writes the data files beside this, anew and always the same. See README.md.

What a standard gives a rule for is made by that rule; what it only demands is made with libraries that are not ours, or
by the arithmetic of the standard itself. Nothing of Placet is imported here: it is what is tried with this.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from pathlib import Path
from random import Random
from typing import Any

import rfc8785
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

HERE = Path(__file__).parent


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


# ── W3C Web Authentication Level 3, section 16: values derived by HKDF from a name ───────────────────────────────────
SITE, ORIGIN = "example.org", "https://example.org"
EXTRA = "clientDataJSON may be extended with additional fields in the future, such as this: "
NAMES = ("none.ES256", "packed-self.ES256", "none.ES256.crossOrigin", "none.ES256.topOrigin", "packed.ES256",
         "packed.EdDSA", "packed.RS256")  # fmt: skip
P, Q = 2**1279 - 1, 2**2203 - 1  # "the two smallest Mersenne primes 2^p - 1 such that p >= 1024"


class Derived:
    """Each value has the next salt: 00, 01, …"""

    def __init__(self, name: str) -> None:
        self.name, self.salt = name, 0

    def next(self, length: int) -> bytes:
        salt, self.salt = bytes([self.salt]), self.salt + 1
        derived = HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=self.name.encode())
        return derived.derive(b"WebAuthn test vectors")


def client(kind: str, challenge: bytes, name: str, extra: bytes | None) -> bytes:
    """The members in the order of the specification; the last one is there when a bit of the flags says so."""
    said: dict[str, Any] = {"type": kind, "challenge": text(challenge), "origin": ORIGIN}
    said["crossOrigin"] = name.endswith(("crossOrigin", "topOrigin"))
    if name.endswith("topOrigin"):
        said["topOrigin"] = "https://example.com"
    if extra is not None:
        said["extraData"] = EXTRA + text(extra)
    return json.dumps(said, separators=(",", ":")).encode()


def assertion(name: str) -> dict[str, Any]:
    """A registration, of which the key and a flag are taken, and then an authentication."""
    derived = Derived(name)
    registered = derived.next(32)
    secret = b"" if name.endswith("RS256") else derived.next(32)
    if derived.next(1)[0] & 1:
        derived.next(16)
    _aaguid, credential = derived.next(16), derived.next(32)
    eligible = derived.next(1)[0] & 0x08
    if name.startswith("packed."):
        derived.next(32), derived.next(16)  # the attestation's key, and the serial number of its certificate
    challenge = derived.next(32)
    extra = derived.next(16) if derived.next(1)[0] & 1 else None
    said = derived.next(1)[0]
    flags = 0x01 | said & 0x04 | eligible | (said & 0x10 if eligible else 0)
    data = hashlib.sha256(SITE.encode()).digest() + bytes([flags]) + bytes(4)
    raw = client("webauthn.get", challenge, name, extra)
    alg, jwk, signature = signed(name, secret, data + hashlib.sha256(raw).digest())
    return {
        "name": name, "alg": alg, "jwk": jwk, "verified": bool(flags & 0x04), "id": text(credential),
        "registered": registered.hex(), "challenge": challenge.hex(), "authenticatorData": data.hex(),
        "clientDataJSON": raw.decode(), "signature": signature.hex(),
    }  # fmt: skip


def signed(name: str, secret: bytes, data: bytes) -> tuple[int, dict[str, str], bytes]:
    if name.endswith("EdDSA"):
        key = Ed25519PrivateKey.from_private_bytes(secret)
        return -8, {"kty": "OKP", "crv": "Ed25519", "x": text(key.public_key().public_bytes_raw())}, key.sign(data)
    if name.endswith("RS256"):
        d = pow(65537, -1, (P - 1) * (Q - 1))
        public = rsa.RSAPublicNumbers(65537, P * Q)
        whole = rsa.RSAPrivateNumbers(Q, P, d, d % (Q - 1), d % (P - 1), pow(P, -1, Q), public).private_key()
        jwk = {"kty": "RSA", "n": text((P * Q).to_bytes(436)), "e": "AQAB"}
        return -257, jwk, whole.sign(data, padding.PKCS1v15(), hashes.SHA256())
    number = ec.derive_private_key(int.from_bytes(secret), ec.SECP256R1())
    at = number.public_key().public_numbers()
    jwk = {"kty": "EC", "crv": "P-256", "x": text(at.x.to_bytes(32)), "y": text(at.y.to_bytes(32))}
    return -7, jwk, number.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


# ── Ed25519: what RFC 8032 lets nobody accept, and what it leaves open ──────────────────────────────────────────────
ORDER, FIELD = 2**252 + 27742317777372353535851937790883648493, 2**255 - 19
#: The eight points whose order divides 8, written as they are, with the sign bit set, and not reduced where that fits.
EIGHT = ("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc",
         "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03")  # fmt: skip
LOW = (
    "01" + "00" * 31, "ec" + "ff" * 30 + "7f", "00" * 32, "00" * 31 + "80", EIGHT[0] + "05", EIGHT[0] + "85",
    EIGHT[1] + "7a", EIGHT[1] + "fa", "01" + "00" * 30 + "80", "ec" + "ff" * 31, "ed" + "ff" * 30 + "7f",
    "ee" + "ff" * 30 + "7f", "ed" + "ff" * 31, "ee" + "ff" * 31,
)  # fmt: skip


def signatures() -> list[dict[str, Any]]:
    return [each for seed in range(6) for each in around(seed)]


def around(seed: int) -> list[dict[str, Any]]:
    """One signature, and what is near it."""
    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"placet %d" % seed).digest())
    x, data = key.public_key().public_bytes_raw(), hashlib.sha512(b"data %d" % seed).digest()[: 11 * seed]
    r, s = (whole := key.sign(data))[:32], int.from_bytes(whole[32:], "little")
    made = []

    def case(name: str, signature: bytes, holds: bool = False, *, x: bytes = x, data: bytes = data) -> None:
        given = {"x": x.hex(), "data": data.hex(), "signature": signature.hex(), "holds": holds}
        made.append({"name": f"{name} ({seed})", **given})

    case("as signed", whole, True)
    for times in (1, 2, 7):
        case(f"S + {times} L: the same modulo the order", r + (s + times * ORDER).to_bytes(32, "little"))
    case("S + L of another's R", bytes(32) + (s + ORDER).to_bytes(32, "little"))
    case("S = 0", r + bytes(32))
    case("S = L", r + ORDER.to_bytes(32, "little"))
    case("S of 256 bits", r + b"\xff" * 32)
    for length in (0, 32, 63, 65, 128):
        case(f"{length} bytes", (whole * 2)[:length])
    case("R and S changed places", whole[32:] + whole[:32])
    case("one bit more of R", bytes([whole[0] ^ 1]) + whole[1:])
    case("one byte more was signed", whole, data=data + b"\0")
    case("the sign of the key", whole, x=x[:31] + bytes([x[31] ^ 0x80]))
    case("a key not reduced", whole, x=(FIELD + 2 + seed).to_bytes(32, "little"))
    case("R not reduced", (FIELD + 1).to_bytes(32, "little") + whole[32:])
    for each in LOW[seed::6]:
        point, called = bytes.fromhex(each), f"{each[:4]}…{each[-2:]}"
        case(f"a key of small order, {called}, S = 0", point + bytes(32), x=point)
        case(f"a key of small order, {called}, R neutral", b"\1" + bytes(63), x=point)
        case(f"R of small order, {called}", point + whole[32:])
    return made


# ── RFC 8785 ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def numbers() -> list[list[str]]:
    """Bits of doubles, and how `rfc8785` writes them: powers of two and ten, beside them, and drawn at random."""
    by, bits = Random(8785), set()
    for power in (*(2.0**e for e in range(-1074, 1024, 3)), *(10.0**e for e in range(-323, 309, 2))):
        (at,) = struct.unpack(">Q", struct.pack(">d", power))
        bits |= {at - 1, at, at + 1}
    bits |= {by.getrandbits(64) for _ in range(1500)} | {
        by.randrange(1 << 62, (1 << 62) + (1 << 52)) for _ in range(200)
    }
    found = []
    for at in sorted(bits):
        (value,) = struct.unpack(">d", struct.pack(">Q", at & (2**64 - 1)))
        if value - value == 0:
            found.append([f"{at:016x}", rfc8785.dumps(value).decode()])
    return found


LETTERS = 'aZ0"\\/\b\f\n\r\t\x00\x1f\x7f\u0080\u00e9\u20ac\u2028\ud7ff\ue000\ufb33\ufffd\U00010000\U0001f600\U0010fffd'
FEW = (0, -1, 2**53 - 1, -(2**53 - 1), 1.5, -0.0, 1e-7, 1e21, 5e-324, 0.1, 333333333.3333333, None, True, False)


def drawn(by: Random, depth: int) -> Any:
    match by.randrange(7 if depth else 3):
        case 0:
            return "".join(by.choice(LETTERS) for _ in range(by.randrange(6)))
        case 1 | 2:
            return by.choice(FEW)
        case 3 | 4:
            names = ["".join(by.choice(LETTERS) for _ in range(by.randrange(4))) for _ in range(4)]
            return {name: drawn(by, depth - 1) for name in names}
        case _:
            return [drawn(by, depth - 1) for _ in range(by.randrange(4))]


def structures() -> list[list[str]]:
    """JSON texts and their canonical form by `rfc8785`: names that UTF-16 sorts otherwise, escapes, and nests."""
    by, made = Random(7493), []
    for number in range(120):
        one = drawn(by, 3)
        written = json.dumps(one, ensure_ascii=bool(number % 2), indent=number % 3 or None)
        made.append([written, rfc8785.dumps(one).decode()])
    return made


FILES = {
    "webauthn-assertions.json": lambda: [assertion(name) for name in NAMES], "ed25519.json": signatures,
    "jcs-numbers.json": numbers, "jcs-texts.json": structures,
}  # fmt: skip


def files() -> dict[str, str]:
    return {name: "[\n" + ",\n".join(json.dumps(each) for each in make()) + "\n]\n" for name, make in FILES.items()}


if __name__ == "__main__":
    for name, content in files().items():
        (HERE / name).write_text(content)
