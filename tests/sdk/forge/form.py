"""Vectors of steps 1 to 6: is this a receipt at all, from this console, for me, now?"""

from __future__ import annotations

import json
from typing import Any

from placet import jws
from placet.canonical import canonical
from placet.receipts import APPROVAL, DENIAL

from .receipts import CONSOLE, GOOD, ISSUER, MALLORY, NEXT, NOW, SHOP, Vector, accept, approval, changed, refuse, sealed

ELSEWHERE = "urn:placet:server:bank"


def padded(size: int) -> str:
    """A valid receipt of exactly `size` bytes: base64url grows 4 for 3, so the rest is found by trying."""
    short = len(sealed(changed(approval(), pad="")))
    for length in range((size - short) * 3 // 4 - 4, (size - short) * 3 // 4 + 8):
        receipt = sealed(changed(approval(), pad="x" * length))
        if len(receipt) == size:
            return receipt
    raise AssertionError(f"no receipt has {size} bytes")


def step_1() -> list[Vector]:
    head, body, tail = GOOD.split(".")
    stray = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    spelled_otherwise = tail[:-1] + stray[stray.index(tail[-1]) ^ 1]
    return [
        accept("a receipt of 16 KiB", padded(16384)),
        refuse("larger than 16 KiB", sealed(changed(approval(), pad="x" * 13000)), 1, "too_large"),
        refuse("nothing", "", 1, "not_compact"),
        refuse("two segments", f"{head}.{body}", 1, "not_compact"),
        refuse("four segments", f"{GOOD}.", 1, "not_compact"),
        refuse("padding", f"{head}.{body}.{tail}==", 1, "not_compact"),
        refuse("the same signature, spelled with stray bits", f"{head}.{body}.{spelled_otherwise}", 1, "not_compact"),
        refuse("a line break at the end", f"{GOOD}\n", 1, "not_compact"),
        refuse("the JSON serialization", json.dumps({"payload": body, "signature": tail}), 1, "not_compact"),
    ]


def step_2() -> list[Vector]:
    header = {"alg": "Ed25519", "kid": CONSOLE.kid, "typ": APPROVAL}

    def under(**members: Any) -> str:
        return sealed(approval(), header=changed(header, **members))

    other_order = jws.encode(json.dumps(dict(reversed(header.items()))).encode())
    signed = other_order + b"." + jws.encode(canonical(approval()))
    return [
        accept("members in another order, with spaces", (signed + b"." + jws.encode(CONSOLE.sign(signed))).decode()),
        refuse("a header that is no object", sealed(approval(), header=[1]), 2, "bad_header"),
        refuse("a header that is no JSON", f"{jws.encode(b'{').decode()}.{GOOD.partition('.')[2]}", 2, "bad_header"),
        refuse("a fourth member", under(crit=["exp"]), 2, "bad_header"),
        refuse("a key inside the receipt", under(jwk=MALLORY.public_jwk()), 2, "bad_header"),
        refuse("a place to fetch keys from", under(jku="https://keys.example.net/"), 2, "bad_header"),
        refuse("no name of a key", under(kid=...), 2, "bad_header"),
        refuse("no signature at all (alg none)", under(alg="none"), 2, "wrong_alg"),
        refuse("a keyed hash, with the public key as secret", under(alg="HS256"), 2, "wrong_alg"),
        refuse("the old name of the algorithm", under(alg="EdDSA"), 2, "wrong_alg"),
        refuse("another signed thing of the same console", under(typ="placet-answer+jwt"), 2, "unknown_type"),
        refuse("a plain JWT", under(typ="JWT"), 2, "unknown_type"),
    ]


def step_3() -> list[Vector]:
    revoked = {"revoked_at": NOW - 5, "reason": "compromised"}
    misnamed = MALLORY.public_jwk() | {"kid": CONSOLE.kid}
    other_curve = CONSOLE.public_jwk() | {"crv": "X25519"}
    other_type = CONSOLE.public_jwk() | {"kty": "EC"}
    unreadable = CONSOLE.public_jwk() | {"x": "not base64url!"}

    def pinned(*keys: dict[str, Any]) -> dict[str, Any]:
        return {"issuer": ISSUER, "keys": list(keys)}

    return [
        accept("the next key, already published", sealed(approval(), signer=NEXT)),
        refuse("a key that is not pinned", sealed(approval(), signer=MALLORY), 3, "unknown_key"),
        refuse("a revoked key", GOOD, 3, "revoked_key", pin=pinned(CONSOLE.public_jwk() | {"revoked": revoked})),
        refuse("another key under the pinned name", GOOD, 3, "wrong_thumbprint", pin=pinned(misnamed)),
        refuse("a key for key agreement", GOOD, 3, "wrong_key_type", pin=pinned(other_curve)),
        refuse("a key of another type", GOOD, 3, "wrong_key_type", pin=pinned(other_type)),
        refuse("a key that cannot be read", GOOD, 3, "wrong_key_type", pin=pinned(unreadable)),
    ]


def step_4() -> list[Vector]:
    head, body, tail = GOOD.split(".")
    other = sealed(changed(approval(), jti="another name, 16 chars")).split(".")
    forged = sealed(approval(), signer=MALLORY, header={"alg": "Ed25519", "kid": CONSOLE.kid, "typ": APPROVAL})
    flipped = bytearray(jws.decode(tail.encode()))
    flipped[0] ^= 1
    one_bit = jws.encode(bytes(flipped)).decode()
    longer = jws.encode(bytes(65)).decode()
    as_denial = sealed({}, typ=DENIAL).split(".")[0]
    return [
        accept("signed by the console", GOOD),
        refuse(
            "one bit of the signature flipped",
            f"{head}.{body}.{one_bit}",
            4,
            "bad_signature",
        ),
        refuse("the claims of another receipt", f"{head}.{other[1]}.{tail}", 4, "bad_signature"),
        refuse("signed by mallory in the console's name", forged, 4, "bad_signature"),
        refuse("an empty signature", f"{head}.{body}.", 4, "bad_signature"),
        refuse("a signature with one byte more", f"{head}.{body}.{longer}", 4, "bad_signature"),
        refuse(
            "an approval's claims under a denial's header",
            f"{as_denial}.{body}.{tail}",
            4,
            "bad_signature",
        ),
    ]


def step_5() -> list[Vector]:
    twice = canonical(approval())[:-1] + b',"aud":"urn:placet:server:other"}'
    return [
        accept("a name of its own of 16 characters", sealed(changed(approval(), jti="x" * 16))),
        accept("a member this version does not know", sealed(changed(approval(), log={"origin": "x", "leaf": 4711}))),
        refuse("claims that are no object", sealed(["ver", 1]), 5, "bad_claims"),
        refuse("a member twice", sealed(None, payload=twice), 5, "bad_claims"),
        refuse("claims that are no JSON", sealed(None, payload=b"ver=1"), 5, "bad_claims"),
        refuse("version 2", sealed(changed(approval(), ver=2)), 5, "wrong_version"),
        refuse("version true", sealed(changed(approval(), ver=True)), 5, "wrong_version"),
        refuse("no version", sealed(changed(approval(), ver=...)), 5, "wrong_version"),
        refuse("another console", sealed(changed(approval(), iss="https://console.example.com")), 5, "wrong_issuer"),
        refuse("a console with a slash more", sealed(changed(approval(), iss=f"{ISSUER}/")), 5, "wrong_issuer"),
        refuse("no console", sealed(changed(approval(), iss=...)), 5, "wrong_issuer"),
        refuse(
            "another server",
            sealed(changed(approval(), aud="urn:placet:server:bank", act__sub="urn:placet:server:bank")),
            5,
            "wrong_audience",
        ),
        refuse("several servers", sealed(changed(approval(), aud=[SHOP], act__sub=[SHOP])), 5, "wrong_audience"),
        refuse("no server", sealed(changed(approval(), aud=...)), 5, "wrong_audience"),
        refuse("no name of its own", sealed(changed(approval(), jti=...)), 5, "bad_jti"),
        refuse("a name that could be guessed", sealed(changed(approval(), jti="4711")), 5, "bad_jti"),
    ]


def step_6() -> list[Vector]:
    return [
        accept("in its last second", GOOD, now=NOW + 289),
        accept("signed by a clock that is 30 s ahead", GOOD, now=NOW - 40),
        accept("of the longest life", sealed(changed(approval(), exp=NOW + 590))),
        refuse("just over", GOOD, 6, "expired", now=NOW + 290),
        refuse("signed by a clock that is 31 s ahead", GOOD, 6, "not_yet_valid", now=NOW - 41),
        refuse("for later", sealed(changed(approval(), nbf=NOW + 31)), 6, "not_yet_valid"),
        refuse("issued in the future", sealed(changed(approval(), iat=NOW + 31)), 6, "not_yet_valid"),
        refuse("a second too long", sealed(changed(approval(), exp=NOW + 591)), 6, "lives_too_long"),
        refuse("longer than this caller accepts", GOOD, 6, "lives_too_long", floor={"max_life_seconds": 299}),
        refuse("without an end", sealed(changed(approval(), exp=...)), 6, "bad_times"),
        refuse("with an end in words", sealed(changed(approval(), exp="tomorrow")), 6, "bad_times"),
        refuse("with a fraction of a second", sealed(changed(approval(), iat=NOW - 9.5)), 6, "bad_times"),
    ]
