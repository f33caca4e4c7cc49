"""Vectors of step 11: are the reviews proven by the reviewers' own passkeys, without believing the console?"""

from __future__ import annotations

from typing import Any

from placet import jws
from placet.canonical import digest

from .authenticator import Authenticator, signed
from .receipts import (
    ACTION,
    GOOD,
    ISSUER,
    NOW,
    REFUND,
    SHOP,
    Vector,
    accept,
    approval,
    changed,
    granted,
    refuse,
    request,
    review,
    sealed,
    standing,
)

ALICE, BOB, CAROL = Authenticator(11), Authenticator(12, alg=-8), Authenticator(13, alg=-257)
EVE, MALLORY, SMALL = Authenticator(14), Authenticator(15), Authenticator(16, alg=-257, small=True)
IDENTITY = b"\x01" + bytes(31)  # the neutral point of Ed25519: no key, though it can be read as one
SAID = NOW - 12  # when the forge's reviewers speak
LEVEL_2 = {"level": 2}


def held(role: str = "payments-owner", *, from_: int = 0, until: int | None = None) -> dict[str, Any]:
    return {"role": role, "from": from_, "until": until}


def person(name: str, *passkeys: dict[str, Any], roles: Any = None, stands_in: Any = ()) -> dict[str, Any]:
    return {
        "sub": f"user:{name}", "roles": [held()] if roles is None else roles, "stands_in": list(stands_in),
        "passkeys": list(passkeys),
    }  # fmt: skip


def directory(*people: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {
        "@type": "placet.directory.v1", "iss": ISSUER,
        "rp": {"id": "console.example.org", "origins": ["https://console.example.org"]}, "at": NOW - 3600,
        "people": list(people),
    } | members  # fmt: skip


BOTH = directory(person("alice", ALICE.passkey()), person("bob", BOB.passkey()))
STANDING = {"for": "user:dana", "role": "payments-owner", "from": 0, "until": None}
PEOPLE = directory(
    person("alice", ALICE.passkey()), person("bob", BOB.passkey()), person("carol", CAROL.passkey()),
    person("eve", EVE.passkey(), roles=[], stands_in=[STANDING]),
    person("mallory", MALLORY.passkey(), roles=[held("gardener")]),
)  # fmt: skip
OWNERS = {"alice": ALICE, "bob": BOB, "carol": CAROL, "eve": EVE, "mallory": MALLORY}


def said(name: str, *, by: Authenticator | None = None, how: dict[str, Any] | None = None, **members: Any) -> Any:
    """A review with its assertion, after some members of the statement were changed."""
    stated = changed(review(name, req=request(), eff=digest("tool_call", REFUND)), **_under_stmt(members))
    return signed(stated, by or OWNERS[name], **(how or {}))


def _under_stmt(members: dict[str, Any]) -> dict[str, Any]:
    return {f"stmt__{path}": value for path, value in members.items()}


def proven(*reviews: Any, need: int = 1, **members: Any) -> str:
    """A receipt resting on these reviews. With `need` the reviews' policy says so too."""
    claims = changed(approval(), pol__need=need, **members)
    return sealed(claims | {"reviews": list(reviews)})


def yes(name: str, receipt: str, *, people: Any = None, **given: Any) -> Vector:
    floor = LEVEL_2 | given.pop("floor", {})
    return accept(name, receipt, floor=floor, directory=people or _named(receipt), **given)


def no(name: str, receipt: str, code: str, *, people: Any = None, **given: Any) -> Vector:
    floor = LEVEL_2 | given.pop("floor", {})
    return refuse(name, receipt, 11, code, floor=floor, directory=people or _named(receipt), **given)


def _named(receipt: str) -> dict[str, Any]:
    """The usual directory, without those of whom this receipt says nothing: the files shall stay small."""
    claims = jws.decode(receipt.split(".")[1].encode()).decode()
    return PEOPLE | {"people": [each for each in PEOPLE["people"] if f'"{each["sub"]}"' in claims]}


ONE = proven(said("alice"))


def alone() -> list[Vector]:
    """Those about one review; `quorums` has those about several."""
    return [
        *_levels(),
        *_pinned(),
        *_statements(),
        *_windows(),
        *_counting(),
        *_passkeys(),
        *_assertions(),
    ]


def _levels() -> list[Vector]:
    return [
        accept("level 1 believes the console about its reviewers", GOOD, floor={"level": 1}),
        accept("level 1 passes assertions over", proven(said("alice", by=MALLORY)), floor={"level": 1}),
        refuse("level 3 does not exist", ONE, 11, "level_unsupported", floor={"level": 3}, directory=BOTH),
        refuse("level 0 does not exist", ONE, 11, "level_unsupported", floor={"level": 0}, directory=BOTH),
        refuse("level 2 without a directory", ONE, 11, "no_directory", floor=LEVEL_2),
        yes("one person with a passkey (ES256)", ONE),
        yes("one person with a passkey (EdDSA)", proven(said("bob"))),
        yes("one person with a passkey (RS256)", proven(said("carol"))),
    ]


def _pinned() -> list[Vector]:
    taken = {"bases": ["reviewed", "policy", "grant", "break_glass"]}
    broken = changed(approval(), basis="break_glass", pol__need=2)
    broke = said("alice", pol__need=2, basis="break_glass")
    alone = sealed(broken | {"reviews": [broke]})
    among = [said("alice", pol__need=2), {"stmt": broke["stmt"]}]
    return [
        no("the directory of another console", ONE, "wrong_directory", people=BOTH | {"iss": f"{ISSUER}/"}),
        no("a standing rule, even for a caller who takes it", sealed(standing()), "basis_unproven", floor=taken),
        no("a grant, even for a caller who takes it", sealed(granted()), "basis_unproven", floor=taken),
        yes("who broke the glass with a passkey, for a caller who takes it", alone, floor=taken),
        no("who broke the glass without one", sealed(broken | {"reviews": [{"stmt": broke["stmt"]}]}),
           "quorum_unproven", floor=taken),
        no("a passkey's yes among others, beside a broken glass of the console's own making",
           sealed(broken | {"reviews": among}), "quorum_unproven", floor=taken),
        no("a broken glass, passed off as one of two", proven(broke, said("bob", pol__need=2),
           {"stmt": said("carol", pol__need=2)["stmt"]}, need=2), "quorum_unproven", floor=taken),
    ]  # fmt: skip


def _statements() -> list[Vector]:
    wrong = "wrong_statement"
    return [
        no("a statement of another type", proven(said("alice", **{"@type": "placet.answer.v1"})), wrong),
        no("a statement given on another console", proven(said("alice", iss="https://console.example.com")), wrong),
        no("a statement about another server", proven(said("alice", aud="urn:placet:server:bank")), wrong),
        no("a statement under another policy", proven(said("alice", pol__rev=11)), wrong),
        no("a statement under no policy", proven(said("alice", pol=...)), wrong),
        no("a statement in which they stand in for a number", proven(said("alice", on_behalf_of=7)), wrong),
        no("a statement in which they stand in for nobody named", proven(said("alice", on_behalf_of="")), wrong),
        yes("a statement that says how many large values were opened", proven(said("alice", opened=3))),
        no("a statement whose large values the console says were opened", proven(
            changed(said("alice"), stmt__opened=3)), "wrong_challenge"),
        no("a review with an assertion that another one without would do for", proven(
            said("alice", aud="urn:placet:server:bank"), said("bob")), wrong),
    ]  # fmt: skip


def _windows() -> list[Vector]:
    times, roles = "statement_times", "role_not_held"

    def roled(*roles: Any, stands_in: Any = ()) -> Any:
        return directory(person("alice", ALICE.passkey(), roles=list(roles), stands_in=stands_in))

    for_dana = proven(said("eve", on_behalf_of="user:dana"))
    late = {"for": "user:dana", "role": "payments-owner", "from": 0, "until": SAID}
    other = {"for": "user:dana", "role": "gardener", "from": 0, "until": None}
    return [
        yes("said within the clock's play", proven(said("alice", iat=NOW + 20))),
        no("said after the receipt", proven(said("alice", iat=NOW + 21)), times),
        no("said at no time", proven(said("alice", iat=...)), times),
        no("said at a time in words", proven(said("alice", iat="then")), times),
        no("without an end", proven(said("alice", exp=...)), times),
        yes("in the last second of its statement", proven(said("alice", exp=NOW - 10))),
        no("over before the receipt", proven(said("alice", exp=NOW - 11)), times),
        no("by somebody the directory does not know", ONE, "unknown_person", people=directory()),
        yes("in the first second of the role", ONE, people=roled(held(from_=SAID))),
        yes("in the last second of the role", ONE, people=roled(held(until=SAID + 1))),
        yes("in the second of two windows", ONE, people=roled(held(until=5), held(from_=SAID - 9))),
        no("before the role", ONE, roles, people=roled(held(from_=SAID + 1))),
        no("after the role", ONE, roles, people=roled(held(until=SAID))),
        no("in another role", ONE, roles, people=roled(held("gardener"))),
        no("in the name of a role that is a number", proven(said("alice", role=7)), roles),
        no("in a role they only stand in for, as their own", proven(said("eve")), roles),
        yes("standing in for somebody", for_dana),
        no("standing in for somebody else", proven(said("eve", on_behalf_of="user:frank")), roles),
        no("standing in, in another role", for_dana, roles,
           people=directory(person("eve", EVE.passkey(), roles=[], stands_in=[other]))),
        no("standing in when it was over", for_dana, roles,
           people=directory(person("eve", EVE.passkey(), roles=[], stands_in=[late]))),
        no("holding the role, and saying that they stand in", proven(said("alice", on_behalf_of="user:dana")), roles),
    ]  # fmt: skip


def _counting() -> list[Vector]:
    def keyed(**window: Any) -> Any:
        return directory(person("alice", ALICE.passkey(**window)))

    return [
        yes("in the first second of the passkey", ONE, people=keyed(from_=SAID)),
        yes("in the last second of the passkey", ONE, people=keyed(until=SAID + 1)),
        no("before the passkey", ONE, "credential_not_valid", people=keyed(from_=SAID + 1)),
        no("after the passkey was removed", ONE, "credential_not_valid", people=keyed(until=SAID)),
    ]


def _passkeys() -> list[Vector]:
    renamed = changed(said("alice", by=MALLORY), webauthn__id=ALICE.id)
    lent = changed(said("alice", by=BOB))
    unreadable = ALICE.passkey() | {"jwk": ALICE.jwk() | {"x": "not base64url!"}}
    off_curve = ALICE.passkey() | {"jwk": ALICE.jwk() | {"y": ALICE.jwk()["x"]}}
    longer = _respelled(ALICE, "x")
    without = ALICE.passkey() | {"jwk": {"kty": "EC", "crv": "P-256", "x": ALICE.jwk()["x"]}}
    bad = "bad_assertion_signature"
    return [
        no("a passkey of nobody", proven(said("alice", by=Authenticator(99))), "unknown_credential"),
        no("the passkey of another person", proven(lent), "unknown_credential", people=BOTH),
        no("an assertion of no passkey", proven(changed(said("alice"), webauthn__id=...)), "unknown_credential"),
        no("mallory's passkey under the name of alice's", proven(renamed), bad),
        no("a pinned key that cannot be read", ONE, bad, people=directory(person("alice", unreadable))),
        no("a pinned key that is no point of the curve", ONE, bad, people=directory(person("alice", off_curve))),
        no("a pinned key with a zero before it", ONE, bad, people=directory(person("alice", longer))),
        no("a pinned RSA key with a zero before it", proven(said("carol")), bad,
           people=directory(person("carol", _respelled(CAROL, "n")))),
        no("a pinned RSA key with a zero before its exponent", proven(said("carol")), bad,
           people=directory(person("carol", _respelled(CAROL, "e")))),
        no("half a pinned key", ONE, bad, people=directory(person("alice", without))),
        no("a pinned RSA key of 1,024 bits", proven(said("alice", by=SMALL)), bad,
           people=directory(person("alice", SMALL.passkey()))),
    ]  # fmt: skip


def _respelled(authenticator: Authenticator, member: str) -> dict[str, Any]:
    """The same key, spelled so that it looks like another one beside itself."""
    jwk = authenticator.jwk()
    longer = jws.encode(b"\0" + jws.decode(jwk[member].encode())).decode()
    return authenticator.passkey() | {"jwk": jwk | {member: longer}}


def _assertions() -> list[Vector]:
    def told(**how: Any) -> str:
        return proven(said("alice", how=how))

    other, shape = said("alice", rnd="q" * 22)["webauthn"]["clientDataJSON"], "bad_assertion"
    twice = b'{"type":"webauthn.create","type":"webauthn.get"}'

    def given(**members: Any) -> str:
        return proven(changed(said("alice"), **{f"webauthn__{name}": value for name, value in members.items()}))

    return [
        yes("client data with members that nobody knows", told(other_keys_can_be_added_here="yes")),
        yes("client data without crossOrigin", told(crossOrigin=...)),
        yes("flags of a passkey that is backed up", told(flags=0x1D)),
        no("an assertion that is a text", proven(said("alice") | {"webauthn": "yes"}), "unknown_credential"),
        no("an assertion with a member more", given(userHandle="YWxpY2U"), shape),
        no("an assertion without a signature", given(signature=...), shape),
        no("a signature that is no text", given(signature=7), shape),
        no("a signature with padding", given(signature="AA=="), shape),
        no("authenticator data that are too short", told(cut=36), shape),
        no("client data that are no JSON", told(raw_client=b"{"), "bad_client_data"),
        no("client data that are no object", told(client=["webauthn.get"]), "bad_client_data"),
        no("client data with a member twice", told(raw_client=twice), "bad_client_data"),
        no("client data longer than 4 KiB", told(pad="x" * 4000), "bad_client_data"),
        no("an assertion made for registering", told(type="webauthn.create"), "wrong_ceremony"),
        no("an assertion of no type", told(type=...), "wrong_ceremony"),
        no("an assertion over another statement", given(clientDataJSON=other), "wrong_challenge"),
        no("an assertion over a random challenge", told(challenge="A" * 43), "wrong_challenge"),
        no("an assertion over no challenge", told(challenge=...), "wrong_challenge"),
        no("a site that looks like the console", told(origin="https://console.example.com"), "wrong_origin"),
        no("the console on another port", told(origin="https://console.example.org:8443"), "wrong_origin"),
        no("no site", told(origin=...), "wrong_origin"),
        no("the console in somebody's frame", told(crossOrigin=True), "cross_origin"),
        no("crossOrigin that is no boolean", told(crossOrigin="false"), "cross_origin"),
        no("a page around the console", told(topOrigin="https://evil.example"), "cross_origin"),
        no("a page around the console, of which nothing is said", told(topOrigin=None), "cross_origin"),
        no("a passkey for another site", told(rp="example.org"), "wrong_rp"),
        no("nobody there", told(flags=0x04), "user_absent"),
        no("somebody there, of whom nobody knows who", told(flags=0x01), "user_unverified"),
    ]  # fmt: skip


__all__ = ["ACTION", "OWNERS", "PEOPLE", "SHOP", "directory", "person", "proven", "said"]
