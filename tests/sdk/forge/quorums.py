"""The vectors of step 11 about several reviews: are as many people proven as the rule asks for?"""

from __future__ import annotations

from .authenticator import signed
from .proven import EVE, MALLORY, PEOPLE, STANDING, alone, held, no, person, proven, said, yes
from .receipts import GOOD, Vector, changed
from .signatures import signatures


def step_11() -> list[Vector]:
    return [*alone(), *signatures(), *_quorums(), *_named_roles()]


def _quorums() -> list[Vector]:
    missing = "quorum_unproven"
    alice, bob = said("alice", pol__need=2), said("bob", pol__need=2)
    bare, bare_carol = {"stmt": bob["stmt"]}, {"stmt": said("carol", pol__need=2)["stmt"]}
    for_dana = said("eve", pol__need=2, on_behalf_of="user:dana")
    for_alice = signed(changed(bare, stmt__sub="user:eve", stmt__on_behalf_of="user:alice"), EVE)
    for_eve = PEOPLE | {"people": [*PEOPLE["people"][:3], person(
        "eve", EVE.passkey(), roles=[held()], stands_in=[STANDING | {"for": "user:alice"}])]}  # fmt: skip
    eve_too = PEOPLE | {"people": [*PEOPLE["people"][:3], person("eve", EVE.passkey(), stands_in=[STANDING])]}
    twofold = said("eve", pol__need=2)
    other_ask = said("bob", pol__need=2, req__id="0199e3c4-5a51-7c3e-9d4b-2f1f6c0a7b12")
    earlier, against = said("bob", pol__need=2, eff="e" * 43), said("bob", pol__need=2, verdict="deny")
    third = proven(alice, bob, signed({"stmt": said("carol", pol__need=2)["stmt"]}, MALLORY), need=2)
    return [
        yes("two people, as the rule asks", proven(alice, bob, need=2)),
        yes("two people, one standing in for a third", proven(alice, for_dana, need=2)),
        yes("two people, as this caller asks", proven(alice, bob, need=2), floor={"need": 2}),
        yes("three reviews, two of them with a passkey", proven(alice, bare_carol, bob, need=2)),
        yes("an assertion with a no is passed over", proven(said("alice"), said("bob", by=MALLORY, verdict="deny"))),
        no("a review without an assertion", GOOD, missing),
        no("two people, one of them without an assertion", proven(alice, bare, need=2), missing),
        no("the same person twice, with passkeys, beside another without one", proven(alice, alice, bare, need=2),
           missing),
        no("one for themselves and one standing in for them, beside another without an assertion",
           proven(alice, for_alice, bare, need=2), missing, people=for_eve),
        no("one for themselves and for another, beside another without an assertion",
           proven(twofold, for_dana, bare, need=2), missing, people=eve_too),
        no("an assertion given to another ask", proven(alice, other_ask, bare, need=2), missing),
        no("an assertion given before an edit", proven(alice, earlier, bare, need=2), missing),
        no("an assertion with a no", proven(alice, against, bare, need=2), missing),
        no("enough proven people, and one whose assertion is false", third, "unknown_credential"),
        no("a review that is nothing, beside one without an assertion", proven(
            None, {"stmt": said("alice")["stmt"]}), missing),
    ]  # fmt: skip


def _named_roles() -> list[Vector]:
    """A caller may say whose yes counts: a receipt names its rule by a digest alone."""
    missing, owners = "quorum_unproven", {"roles": ["payments-owner"]}
    alice, bob = said("alice", pol__need=2), said("bob", pol__need=2)
    gardener = said("mallory", pol__need=2, role="gardener")
    for_dana = said("eve", pol__need=2, on_behalf_of="user:dana")
    return [
        yes("two people, in a role that this caller names", proven(alice, bob, need=2), floor=owners),
        yes("standing in, in a role that this caller names", proven(for_dana, bob, need=2), floor=owners),
        no("two people, one in a role that this caller does not name", proven(alice, gardener, need=2), missing,
           floor=owners),
        yes("the same, for a caller who names none", proven(alice, gardener, need=2)),
        no("nobody's role would do", proven(alice, bob, need=2), missing, floor={"roles": []}),
    ]  # fmt: skip
