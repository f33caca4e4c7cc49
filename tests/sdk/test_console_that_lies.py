"""With the console's signing key but nobody's authenticator, nothing passes level 2.

The attacker is the console itself: it signs whatever it likes, knows every statement and assertion that people ever
made, and writes reviews, roles and rules as it needs them. It does not hold people's passkeys, nor the verifier's pins.
"""

import copy
from itertools import product

import pytest
from placet.canonical import digest
from placet.receipts import Directory, Expected, Floor, MemorySpent, NotVerified, Pin, verify

from .forge import receipts as forge
from .forge.authenticator import Authenticator, signed
from .forge.proven import ALICE, BOB, MALLORY, PEOPLE, person
from .forge.proven import directory as directory_of

PAYOUT = {"method": "tools/call", "params": {"name": "payout", "arguments": {"to": "mallory", "amount": 1_000_000}}}
OTHER_ACTION = "0199e3c4-5a51-7c3e-9d4b-2f1f6c0a7b12"
GENUINE = signed(forge.review("alice", req=forge.request(), eff=digest("tool_call", forge.REFUND)), ALICE)


def accepted(claims, *, effective=forge.REFUND, action=forge.ACTION, nonce=forge.NONCE, now=forge.NOW, edit=None):
    """Whether a server at level 2 runs it. Level 1 has to, else this would test something else."""
    receipt = forge.sealed(claims).encode()
    expect = Expected(
        audience=claims["aud"], kind="tool_call", effective=effective, action=action, nonce=nonce, edit=edit
    )
    terms = {"pin": Pin(forge.PIN), "expect": expect, "now": now, "directory": Directory(PEOPLE)}
    verify(receipt, spent=MemorySpent(), floor=Floor(level=1), **terms)
    try:
        verify(receipt, spent=MemorySpent(), floor=Floor(level=2), **terms)
    except NotVerified as no:
        assert no.step == 11
        return False
    return True


def resting_on(review, **members):
    """A receipt of the attacker's, in which a genuine assertion was put under another statement."""
    claims = forge.changed(forge.approval(), **members)
    return claims | {"reviews": [review]}


def test_the_genuine_one_is_accepted():
    assert accepted(resting_on(GENUINE))


def restated(**members):
    """The statement changed, the assertion kept."""
    return forge.changed(GENUINE, **{f"stmt__{path}": value for path, value in members.items()})


REPLAYS = {
    "to another ask": ({"req__id": OTHER_ACTION}, {"req__id": OTHER_ACTION}, {"action": OTHER_ACTION}),
    "to another nonce": ({"req__nonce": "B" * 22}, {"req__nonce": "B" * 22}, {"nonce": "B" * 22}),
    "to another server": ({"aud": "urn:placet:server:bank"}, {"aud": "urn:placet:server:bank",
                                                              "act__sub": "urn:placet:server:bank"}, {}),
    "to another checkpoint": ({"pol__checkpoint": "shop/payout"}, {"pol__checkpoint": "shop/payout"}, {}),
    "to a later revision": ({"pol__rev": 13}, {"pol__rev": 13}, {}),
    "to a weaker rule": ({"pol__dig": "q" * 43}, {"pol__dig": "q" * 43}, {}),
    "to another person": ({"sub": "user:bob"}, {}, {}),
    "to another role": ({"role": "gardener"}, {}, {}),
    "to another principal": ({"on_behalf_of": "user:dana"}, {}, {}),
    "to another time": ({"iat": forge.NOW + 86_390, "exp": forge.NOW + 90_000}, {"iat": forge.NOW + 86_400,
                        "nbf": forge.NOW + 86_400, "exp": forge.NOW + 86_700}, {"now": forge.NOW + 86_410}),
    "to a longer life": ({"exp": forge.NOW + 86_400}, {}, {}),
    "to another picture": ({"shown": "w" * 43}, {}, {}),
    "to another noise": ({"rnd": "s" * 22}, {}, {}),
}  # fmt: skip


@pytest.mark.parametrize("how", REPLAYS)
def test_an_assertion_cannot_be_carried_over(how):
    stated, claimed, expected = REPLAYS[how]
    assert not accepted(resting_on(restated(**stated), **claimed), **expected)


@pytest.mark.parametrize("edited", [False, True])
def test_an_assertion_over_one_object_is_none_over_another(edited):
    """Other bytes outright, and an edit that the console makes after the review."""
    other = {**forge.REFUND, "params": {"name": "refund", "arguments": {"order": "A1", "amount": 99_999}}}
    dig = digest("tool_call", other)
    members = {"authorization_details__0__dig": dig, "authorization_details__0__edited": edited}
    review = restated(eff=dig) if edited else restated(eff=dig, req__dig=dig)
    members |= {} if edited else {"req__dig": dig}
    given = {"effective": forge.REFUND, "edit": other} if edited else {"effective": other}
    assert not accepted(resting_on(review, **members), **given)


def test_a_no_cannot_be_turned_into_a_yes():
    no = signed(forge.changed(GENUINE, stmt__verdict="deny"), ALICE)
    assert not accepted(resting_on(forge.changed(no, stmt__verdict="approve")))


def test_a_statement_of_the_consoles_own_making_is_signed_by_nobody():
    bare = {"stmt": GENUINE["stmt"]}
    for authenticator in (MALLORY, Authenticator(99), Authenticator(98, alg=-8), Authenticator(97, alg=-257)):
        own = signed(bare, authenticator)
        assert not accepted(resting_on(own))
        assert not accepted(resting_on(forge.changed(own, webauthn__id=ALICE.id)))
    assert not accepted(resting_on(bare))


def test_the_console_cannot_count_one_person_twice():
    two = forge.changed(GENUINE, stmt__pol__need=2)
    alice = signed({"stmt": two["stmt"]}, ALICE)
    claims = forge.changed(forge.approval(people=("alice", "bob")), pol__need=2)
    as_bob = forge.changed(alice, stmt__sub="user:bob")
    for second in (alice, as_bob, signed({"stmt": as_bob["stmt"]}, ALICE), {"stmt": as_bob["stmt"]}):
        reviews = [alice, second, {"stmt": as_bob["stmt"]}]
        assert not accepted(claims | {"reviews": reviews})


def test_every_pairing_of_statements_and_assertions_but_the_genuine_ones_fails():
    """Alice and Bob said yes to two asks each; the console mixes what they signed."""
    said = []
    for name, authenticator, action in product(["alice"], [ALICE], [forge.ACTION, OTHER_ACTION]):
        stmt = forge.changed(GENUINE, stmt__sub=f"user:{name}", stmt__req__id=action)["stmt"]
        said.append(signed({"stmt": stmt}, authenticator))
    stmt = forge.changed(GENUINE, stmt__sub="user:bob")["stmt"]
    said.append(signed({"stmt": stmt}, BOB))
    for one, other in product(said, said):
        action = one["stmt"]["req"]["id"]
        mixed = {"stmt": one["stmt"], "webauthn": copy.deepcopy(other["webauthn"])}
        found = accepted(resting_on(mixed, req__id=action), action=action)
        assert found == (one is other)


def test_a_directory_with_one_passkey_under_two_names_is_refused():
    with pytest.raises(ValueError, match="twice"):
        Directory(directory_of(person("alice", ALICE.passkey()), person("bob", ALICE.passkey() | {"id": "AAAA"})))
