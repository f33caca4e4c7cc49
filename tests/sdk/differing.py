"""Receipts, directories and packs with something changed in them, for asking both verifiers about.

What is changed is signed again by the console's own key: so each change goes past the signature, to the checks behind.
"""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

from placet import jws
from placet.canonical import canonical, digest_bytes

from .forge import proven
from .forge import receipts as forge

ODD = (
    None, True, False, 0, 1, 2, -1, 1.0, 2**53 - 1, forge.NOW - 12, "", "1", str(forge.NOW), "approve", "user:alice",
    "user:bob", "user:dana", "payments-owner", "webauthn.get", [], {}, [[]], [{}], {"stmt": {}}, "A" * 43, "A" * 44,
    "é", "x" * 300, "approved", "denied", "break_glass", "policy", "grant", "reviewed", {"id": "g", "uses_left": 1},
)  # fmt: skip


def places(value: Any) -> list[list[Any]]:
    """The path to every member."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [[key, *rest] for key, inner in pairs for rest in [[], *places(inner)]]


def change(value: Any, *, by: Random) -> Any:
    """A copy with one to three members gone, put in place of one another, doubled, or something else."""
    changed = copy.deepcopy(value)
    for _ in range(by.choice((1, 1, 1, 2, 3))):
        found = places(changed)
        if not found:
            return changed
        *parents, last = by.choice(found)
        holder = _at(changed, parents)
        match by.randrange(8):
            case 0 if isinstance(holder, dict):
                del holder[last]
            case 1 if isinstance(holder, list):
                holder.insert(by.randrange(len(holder) + 1), copy.deepcopy(by.choice(holder)))
            case 2:
                holder[last] = copy.deepcopy(_at(changed, by.choice(found)))
            case 3 if isinstance(holder, dict):
                holder[by.choice(("more", "grant", "basis", "topOrigin", "crossOrigin", "result", "opened"))] = (
                    by.choice(ODD)
                )
            case 4 if isinstance(holder[last], str) and holder[last]:
                holder[last] = _letters(holder[last], by)
            case 5 if type(holder[last]) is int:
                holder[last] += by.choice((-1, 1, 30, -30, 600))
            case _:
                holder[last] = copy.deepcopy(by.choice(ODD))
    return changed


def receipts(count: int, *, seed: int) -> list[dict[str, Any]]:
    """Vectors without an outcome."""
    by = Random(seed)
    return [by.choice((_claimed, _stated, _stated, _pinned))(by) for _ in range(count)]


def _claimed(by: Random) -> dict[str, Any]:
    """The console says something else, or signs a yes as a no."""
    typ = by.choice((forge.APPROVAL,) * 5 + (forge.DENIAL,))
    return _asked(change(_claims(by), by=by), by, typ=typ)


def _stated(by: Random) -> dict[str, Any]:
    """Somebody's passkey signs something else, or on another page, or what it signed is changed."""
    name = by.choice(("alice", "bob", "carol", "eve"))
    stmt = proven.said(name)["stmt"] | ({"on_behalf_of": "user:dana"} if name == "eve" else {})
    stmt = change(stmt, by=by) if by.random() < 0.6 else stmt
    client = {"type": "webauthn.get", "origin": proven.directory()["rp"]["origins"][0], "crossOrigin": False}
    client["challenge"] = _challenge(stmt)
    client = change(client, by=by) if by.random() < 0.4 else client
    how = {"raw_client": json.dumps(client).encode(), "flags": by.choice((5, 5, 5, 0x1D, 0x45, 1, 4, 0xFF))}
    review = proven.signed({"stmt": stmt}, proven.OWNERS[name], **how)
    review["webauthn"] = change(review["webauthn"], by=by) if by.random() < 0.3 else review["webauthn"]
    said = by.choice(([review], [review, proven.said("bob")], [review, review], [None, review]))
    return _asked({**forge.approval(), "reviews": said}, by, floor={"level": 2})


def _pinned(by: Random) -> dict[str, Any]:
    """The directory says something else of those whom the receipt names."""
    name = by.choice(("alice", "bob", "carol"))
    people = {**proven.PEOPLE, "people": [each for each in proven.PEOPLE["people"] if each["sub"] == f"user:{name}"]}
    for passkey in (people := copy.deepcopy(people))["people"][0]["passkeys"] if by.random() < 0.4 else ():
        member = by.choice(sorted(passkey["jwk"].keys() - {"kty", "crv"}))
        passkey["jwk"][member] = _respelled(passkey["jwk"][member], by)
    people = people if by.random() < 0.3 else without_fractions(change(people, by=by))
    claims = {**forge.approval(), "reviews": [proven.said(name)]}
    return _asked(claims, by, floor={"level": 2}, directory=people)


def _asked(claims: Any, by: Random, *, typ: str = forge.APPROVAL, **given: Any) -> dict[str, Any]:
    bases = by.choice((["reviewed"], ["reviewed", "policy", "grant", "break_glass"]))
    floor = {"level": by.choice((1, 2)), "bases": bases, "need": by.choice((1, 1, 1, 2))} | given.pop("floor", {})
    receipt = forge.sealed(claims, typ=typ, payload=json.dumps(claims).encode())
    return forge.vector("", receipt, {}, **{"floor": floor, "directory": proven.PEOPLE} | given)


def _challenge(stmt: Any) -> str:
    return digest_bytes(canonical(stmt))


def _respelled(text: str, by: Random) -> str:
    """The same number written longer, or another one."""
    raw = jws.decode(text.encode())
    return jws.encode(
        by.choice((b"\0" + raw, raw[:-1], b"\1", b"\3", raw[::-1], raw + b"\0", bytes(len(raw))))
    ).decode()


def without_fractions(value: Any) -> Any:
    """JSON of no marks: a directory comes as a value, and 1.0 is 1 to JavaScript."""
    return json.loads(json.dumps(value).replace("1.0", "1"))


def _claims(by: Random) -> dict[str, Any]:
    alice, bob = proven.said("alice"), proven.said("bob")
    said = by.choice((
        [alice], [alice, bob], [proven.said("carol")], [proven.said("eve", on_behalf_of="user:dana")], [alice, alice],
    ))  # fmt: skip
    return by.choice((
        {**forge.approval(), "reviews": said}, {**forge.approval(), "reviews": said}, forge.granted(), forge.standing(),
        {**forge.approval(), "reviews": said, "basis": "break_glass"}, forge.refusal("denied", "owner_denied", "no"),
    ))  # fmt: skip


def _at(value: Any, path: list[Any]) -> Any:
    for step in path:
        value = value[step]
    return value


def _letters(text: str, by: Random) -> str:
    at = by.randrange(len(text))
    return by.choice(
        (text[:at] + by.choice("AZ.-_=+ /é0") + text[at + 1 :], text[:at], text + "A", text + "=", text + "\n")
    )
