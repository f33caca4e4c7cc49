"""Receipts of every sort, good and bad, signed by keys from published seeds that sign nothing else."""

from __future__ import annotations

import copy
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from placet import jws
from placet.canonical import canonical, digest
from placet.receipts import APPROVAL, DENIAL, FileSigner

NOW = 1_795_400_010
ISSUER = "https://console.example.org"
SHOP = "urn:placet:server:shop"
ACTION = "0199e3c4-5a51-7c3e-9d4b-2f1f6c0a7b11"
NONCE = "9pT2m4Qx1sV7bKcY0aJdLw"
POLICY = {"checkpoint": "shop/refund", "rev": 12, "dig": "p" * 43, "need": 1}
REFUND = {"method": "tools/call", "params": {"name": "refund", "arguments": {"order": "A1", "amount": 42}}}

type Vector = dict[str, Any]


def key(seed: int) -> FileSigner:
    """A test key, made from 32 equal bytes."""
    return FileSigner(Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


CONSOLE, NEXT, MALLORY = key(1), key(2), key(3)
PIN = {"issuer": ISSUER, "keys": [CONSOLE.public_jwk(), NEXT.public_jwk()]}


def request(effective: dict[str, Any] = REFUND) -> dict[str, Any]:
    return {"id": ACTION, "nonce": NONCE, "dig": digest("tool_call", effective)}


def review(person: str, *, req: dict[str, Any], eff: str, verdict: str = "approve") -> dict[str, Any]:
    stmt = {
        "@type": "placet.review.v1", "iss": ISSUER, "aud": SHOP, "req": req, "eff": eff, "shown": "v" * 43,
        "verdict": verdict, "opened": 0, "sub": f"user:{person}", "role": "payments-owner",
        "on_behalf_of": None, "pol": POLICY, "iat": NOW - 12, "exp": NOW + 300, "rnd": "r" * 22,
    }  # fmt: skip
    return {"stmt": stmt}


def common(effective: dict[str, Any] = REFUND, *, people: tuple[str, ...] = ("alice",)) -> dict[str, Any]:
    req = request()
    return {
        "ver": 1, "iss": ISSUER, "aud": SHOP, "sub": "user:dana", "jti": "Zm9yIHRoZSB2ZWN0b3Jz",
        "iat": NOW - 10, "nbf": NOW - 10, "exp": NOW + 290, "req": req, "pol": dict(POLICY),
        "reviews": [review(person, req=req, eff=digest("tool_call", effective)) for person in people],
    }  # fmt: skip


def approval(effective: dict[str, Any] = REFUND, *, people: tuple[str, ...] = ("alice",)) -> dict[str, Any]:
    detail = {
        "type": "urn:placet:mcp-action:v1", "method": effective["method"], "name": effective["params"]["name"],
        "dig": digest("tool_call", effective), "edited": effective is not REFUND, "uses": 1,
    }  # fmt: skip
    granted = {"act": {"sub": SHOP}, "decision": "approved", "basis": "reviewed", "authorization_details": [detail]}
    return common(effective, people=people) | granted


def granted(**grant: Any) -> dict[str, Any]:
    """An approval that rests on a grant, or on what is told of it."""
    return approval(people=()) | {"basis": "grant", "grant": {"id": ACTION, "uses_left": 3} | grant}


def standing() -> dict[str, Any]:
    """An approval that rests on a rule which asks nobody."""
    return changed(approval(people=()), basis="policy", pol__need=0)


def refusal(decision: str, reason: str, note: str | None = None) -> dict[str, Any]:
    claims = common(people=()) | {"decision": decision, "reason": reason}
    return claims | ({"note": note} if note else {})


def changed(claims: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A deep copy with some members put in place; `...` removes one; a double underscore goes one level down."""
    claims = copy.deepcopy(claims)
    for path, value in members.items():
        *parents, last = path.split("__")
        place: Any = claims
        for parent in parents:
            place = place[int(parent) if parent.isdigit() else parent]
        if value is ...:
            del place[last]
        else:
            place[last] = value
    return claims


def sealed(
    claims: Any, *, typ: str = APPROVAL, signer: FileSigner = CONSOLE, header: Any = None, payload: bytes | None = None
) -> str:
    """A compact JWS over anything at all, the malformed included."""
    head = canonical(header) if header is not None else canonical({"alg": "Ed25519", "kid": signer.kid, "typ": typ})
    signed = jws.encode(head) + b"." + jws.encode(payload if payload is not None else canonical(claims))
    return (signed + b"." + jws.encode(signer.sign(signed))).decode("ascii")


def vector(name: str, receipt: str, outcome: dict[str, Any], **given: Any) -> Vector:
    expect = {"audience": SHOP, "kind": "tool_call", "effective": REFUND, "action": ACTION, "nonce": NONCE}
    return {
        "name": name, "receipt": receipt, "pin": given.pop("pin", PIN), "expect": expect | given.pop("expect", {}),
        "now": given.pop("now", NOW), **given, "outcome": outcome,
    }  # fmt: skip


def accept(name: str, receipt: str, *, runs: dict[str, Any] = REFUND, **given: Any) -> Vector:
    return vector(name, receipt, {"verified": runs}, **given)


def refuse(name: str, receipt: str, step: int, code: str, **given: Any) -> Vector:
    return vector(name, receipt, {"refused": {"step": step, "code": code}}, **given)


def denies(name: str, claims: dict[str, Any], **given: Any) -> Vector:
    outcome = {"decision": claims["decision"], "reason": claims["reason"], "note": claims.get("note", "")}
    return vector(name, sealed(claims, typ=DENIAL), {"denied": outcome}, **given)


GOOD = sealed(approval())
