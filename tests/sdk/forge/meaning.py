"""Vectors of steps 7 to 10 and 12: does it allow what I asked for, and was it not used before?"""

from __future__ import annotations

from typing import Any

from placet.canonical import digest
from placet.receipts import DENIAL

from .receipts import (
    ACTION,
    GOOD,
    NOW,
    REFUND,
    Vector,
    accept,
    approval,
    changed,
    denies,
    granted,
    refusal,
    refuse,
    request,
    review,
    sealed,
    standing,
)  # fmt: skip

OTHER_ACTION = "0199e3c4-5a51-7c3e-9d4b-2f1f6c0a7b12"
ELSEWHERE = "urn:placet:server:bank"


def step_7() -> list[Vector]:
    other = {"method": "tools/call", "params": {"name": "refund", "arguments": {"order": "A1", "amount": 4200}}}
    no_nonce = changed(approval(), req__nonce=None, reviews__0__stmt__req__nonce=None)
    return [
        accept("an ask without a nonce", sealed(no_nonce), expect={"nonce": None}),
        refuse("another action", GOOD, 7, "wrong_action", expect={"action": OTHER_ACTION}),
        refuse("another nonce", GOOD, 7, "wrong_nonce", expect={"nonce": "AAAAAAAAAAAAAAAAAAAAAA"}),
        refuse("a receipt without the nonce I sent", sealed(no_nonce), 7, "wrong_nonce"),
        refuse("other bytes than mine", GOOD, 7, "wrong_digest", expect={"effective": other}),
        refuse("the same bytes as another kind", GOOD, 7, "wrong_digest", expect={"kind": "sampling"}),
        refuse("no ask", sealed(changed(approval(), req=...)), 7, "bad_request"),
        refuse("an ask with a member more", sealed(changed(approval(), req__scope="all")), 7, "bad_request"),
        refuse("an ask that is a text", sealed(changed(approval(), req=ACTION)), 7, "bad_request"),
    ]


def step_8() -> list[Vector]:
    no = refusal("denied", "owner_denied", "Not without the order form.")
    granting = approval()

    def bad(name: str, **members: Any) -> Vector:
        return refuse(name, sealed(changed(no, **members), typ=DENIAL), 8, "bad_denial")

    return [
        denies("denied by an owner, with a note", no),
        denies("denied because nobody owns it", refusal("denied", "no_owner")),
        denies("expired", refusal("expired", "expired")),
        denies("withdrawn", refusal("withdrawn", "withdrawn")),
        denies("a no does not go stale", no, now=NOW + 86_400),
        denies("a no may live long", changed(no, exp=NOW + 86_400)),
        bad("a denial that names who may act", act=granting["act"]),
        bad("a denial that grants something", authorization_details=granting["authorization_details"]),
        bad("a denial that says approved", decision="approved"),
        bad("a denial without a reason", reason=...),
        bad("a denial with an empty reason", reason=""),
        bad("a denial whose note is no text", note=["no"]),
    ]


def step_9() -> list[Vector]:
    return _bases() + _things() + _quorums()


def _bad_permission(name: str, code: str, **members: Any) -> Vector:
    return refuse(name, sealed(changed(approval(), **members)), 9, code)


def _bases() -> list[Vector]:
    as_approval = sealed(refusal("denied", "owner_denied"))
    return [
        refuse("a denial's claims under an approval's header", as_approval, 9, "wrong_decision"),
        _bad_permission("a decision in other words", "wrong_decision", decision="allowed"),
        refuse("a standing grant, not asked for", sealed(granted()), 9, "wrong_basis"),
        refuse("decided by policy alone, not asked for", sealed(standing()), 9, "wrong_basis"),
        _bad_permission("one person alone, not asked for", "wrong_basis", basis="break_glass"),
        _bad_permission("on no basis", "wrong_basis", basis=...),
        _bad_permission("a basis that is no text", "wrong_basis", basis=["reviewed"]),
        _bad_permission("another server may act", "wrong_actor", act__sub=ELSEWHERE),
        _bad_permission("nobody may act", "wrong_actor", act=...),
        _bad_permission("no rule", "need_below_floor", pol=None),
        _bad_permission("a rule that asks for nobody", "need_below_floor", pol__need=0),
        _bad_permission("a rule that asks for some", "need_below_floor", pol__need="1"),
        refuse("a rule weaker than this caller's", GOOD, 9, "need_below_floor", floor={"need": 2}),
        *_standing(),
        *_granted(),
        *_broken(),
    ]


def _standing() -> list[Vector]:
    taken = {"bases": ["reviewed", "policy"]}
    strict = taken | {"need": 2}
    odd, less = sealed(changed(standing(), pol__need=None)), sealed(changed(standing(), pol__need=-1))
    asking, unheard = sealed(changed(standing(), pol__need=1)), sealed(approval() | {"basis": "oracle"})
    return [
        accept("a standing rule, for a caller who takes them", sealed(standing()), floor=taken),
        accept("people, for a caller who takes a standing rule too", GOOD, floor=taken),
        accept("a standing rule asks for nobody, whatever this caller needs", sealed(standing()), floor=strict),
        refuse("a standing rule that asks for people", asking, 9, "bad_basis", floor=taken),
        refuse("no number of people", odd, 9, "need_below_floor", floor=taken),
        refuse("fewer people than none", less, 9, "need_below_floor", floor=taken),
        refuse("a basis nobody knows", unheard, 9, "wrong_basis", floor={"bases": ["oracle"]}),
    ]


def _granted() -> list[Vector]:
    taken = {"bases": ["reviewed", "grant"]}

    def bad(name: str, claims: dict[str, Any]) -> Vector:
        return refuse(name, sealed(claims), 9, "bad_basis", floor=taken)

    return [
        accept("a standing grant, for a caller who takes them", sealed(granted()), floor=taken),
        accept("the last use of a grant", sealed(granted(uses_left=0)), floor=taken),
        refuse("a grant under a rule weaker than this caller's", sealed(granted()), 9, "need_below_floor",
               floor=taken | {"need": 2}),
        bad("a grant that is not named", changed(granted(), grant=...)),
        bad("a grant that is a text", granted() | {"grant": ACTION}),
        bad("a grant with a member more", granted(by="user:alice")),
        bad("a grant without a name", granted(id="")),
        bad("a grant with uses that are no number", granted(uses_left=True)),
        bad("a grant overdrawn", granted(uses_left=-1)),
        bad("people who name a grant too", approval() | {"grant": granted()["grant"]}),
    ]  # fmt: skip


def _broken() -> list[Vector]:
    taken = {"bases": ["reviewed", "break_glass"]}
    broken = changed(approval(), basis="break_glass", pol__need=2, reviews__0__stmt__basis="break_glass")
    yes = changed(broken, reviews__0__stmt__basis=...)
    alone = changed(approval(), reviews__0__stmt__basis="break_glass")
    return [
        accept("one person where two are needed, for a caller who takes it", sealed(broken), floor=taken),
        refuse("a yes among others, passed off as a broken glass", sealed(yes), 9, "quorum_missing", floor=taken),
        refuse("a broken glass, passed off as a yes among others", sealed(alone), 9, "quorum_missing", floor=taken),
        refuse("a glass broken by nobody", sealed(changed(broken, reviews=[])), 9, "quorum_missing", floor=taken),
    ]


def _things() -> list[Vector]:
    detail = approval()["authorization_details"][0]
    again = sealed(changed(approval(), authorization_details__0__result="review"))
    return [
        _bad_permission("nothing is granted", "not_one_detail", authorization_details=[]),
        _bad_permission("two things are granted", "not_one_detail", authorization_details=[detail, detail]),
        _bad_permission("things are granted in another form", "not_one_detail", authorization_details=detail),
        _bad_permission("a thing of one letter", "not_one_detail", authorization_details="x"),
        _bad_permission("a thing that is a text", "bad_detail", authorization_details=["refund"]),
        _bad_permission("another kind of grant", "bad_detail", authorization_details__0__type="payment_initiation"),
        _bad_permission("a thing without a digest", "bad_detail", authorization_details__0__dig=...),
        _bad_permission("a thing without a method", "bad_detail", authorization_details__0__method=...),
        _bad_permission("edited, perhaps", "bad_detail", authorization_details__0__edited="no"),
        _bad_permission("without a number of uses", "bad_detail", authorization_details__0__uses=...),
        _bad_permission("on terms that nobody knows", "bad_detail", authorization_details__0__result="burn"),
        accept("its result to be reviewed", sealed(changed(approval(), authorization_details__0__result="review"))),
        _bad_permission("to be used twice", "wrong_uses", authorization_details__0__uses=2),
        _bad_permission("to be used true times", "wrong_uses", authorization_details__0__uses=True),
        accept("its result comes back for a review", again),
        _bad_permission("a result on another condition", "bad_detail", authorization_details__0__result="publish"),
    ]


def _quorums() -> list[Vector]:
    two = changed(approval(people=("alice", "bob")), pol__need=2)
    eff = digest("tool_call", REFUND)
    against = review("bob", req=request(), eff=eff, verdict="deny")
    elsewhere = review("bob", req=request() | {"nonce": "B" * 22}, eff=eff)
    earlier = review("bob", req=request(), eff="e" * 43)
    for_alice = changed(review("bob", req=request(), eff=eff), stmt__on_behalf_of="user:alice")
    for_carol = changed(for_alice, stmt__on_behalf_of="user:carol")
    twice = changed(two["reviews"][0], stmt__on_behalf_of="user:eve")
    stood_in = sealed(changed(two, reviews=[two["reviews"][0], for_carol]))

    def alone(name: str, *more: Any) -> Vector:
        return refuse(name, sealed(changed(two, reviews=[two["reviews"][0], *more])), 9, "quorum_missing")

    return [
        accept("two people, as the rule asks", sealed(two)),
        accept("two people, as this caller asks", sealed(two), floor={"need": 2}),
        accept("one for themselves, one standing in for a third", stood_in),
        alone("one for themselves, and one standing in for them", for_alice),
        alone("one for themselves, and standing in for another", twice),
        alone("one person where two are needed"),
        alone("the same person twice", two["reviews"][0]),
        alone("one for, one against", against),
        alone("a review of another ask", elsewhere),
        alone("a review of what it was before an edit", earlier),
        alone("a review by nobody", changed(two["reviews"][1], stmt__sub="")),
        alone("a review that says nothing", {}, "bob"),
        _bad_permission("reviews in another form", "quorum_missing", reviews={"stmt": {}}),
    ]


def step_10() -> list[Vector]:
    edited = {"method": "tools/call", "params": {"name": "refund", "arguments": {"order": "A1", "amount": 40}}}
    other_tool = {"method": "tools/call", "params": {"name": "payout", "arguments": {"order": "A1", "amount": 40}}}
    other_method = {"method": "prompts/get", "params": {"name": "refund"}}
    now_edited = sealed(approval(edited))
    as_original = sealed(changed(approval(edited), authorization_details__0__edited=False))
    renamed = sealed(changed(approval(), authorization_details__0__method="prompts/get"))
    to_tool, to_method = sealed(approval(other_tool)), sealed(approval(other_method))
    return [
        accept("what I asked for", GOOD),
        accept("what an owner made of it", now_edited, runs=edited, expect={"edit": edited}),
        accept("an edit delivered beside an approval of the original", GOOD, expect={"edit": edited}),
        refuse("an edit that was not delivered", now_edited, 10, "edit_missing"),
        refuse("another edit than the approved one", now_edited, 10, "wrong_object", expect={"edit": other_tool}),
        refuse("an edit that is no JSON", now_edited, 10, "wrong_object", expect={"edit": {"amount": 2**60}}),
        refuse(
            "an edit passed off as the original",
            as_original,
            10,
            "wrong_object",
        ),
        refuse("an edit to another tool", to_tool, 10, "wrong_method", expect={"edit": other_tool}),
        refuse("an edit to another method", to_method, 10, "wrong_method", expect={"edit": other_method}),
        refuse("another method in the receipt", renamed, 10, "wrong_method"),
    ]


def step_12() -> list[Vector]:
    jti = approval()["jti"]
    unrelated = {"jti": "another receipt of it", "action": OTHER_ACTION}
    same_action, same_receipt = unrelated | {"action": ACTION}, unrelated | {"jti": jti}
    return [
        accept("never used", GOOD, spent=[unrelated]),
        refuse("used before", GOOD, 12, "already_spent", spent=[{"jti": jti, "action": ACTION}]),
        refuse(
            "another receipt of an action that was used",
            GOOD,
            12,
            "already_spent",
            spent=[same_action],
        ),
        refuse(
            "a receipt that was used for another action",
            GOOD,
            12,
            "already_spent",
            spent=[same_receipt],
        ),
    ]
