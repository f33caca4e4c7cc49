"""Step 11: what a receipt says of its reviewers, proven by their own passkeys. Nothing here believes the console.

11.1 a directory of this console is pinned · 11.2 the yes rests on people · 11.3 each statement is about this receipt ·
11.4 its time fits · 11.5 the person is in the directory, and held the role then · 11.6 the passkey is theirs, and
counted then · 11.7 it signed the statement (`assertions`) · 11.8 as many people and voices as the rule asks for.
"""

from __future__ import annotations

from typing import Any

from placet.canonical import canonical
from placet.errors import require
from placet.receipts import assertions
from placet.receipts import directory as pinned
from placet.receipts.directory import Directory
from placet.receipts.terms import agreeing, approvers, is_text, voices

STATEMENT = "placet.review.v1"
SKEW_SECONDS = 30


def prove(
    claims: dict[str, Any], dig: str, *, directory: Directory | None, roles: frozenset[str] | None = None
) -> None:
    """Raise unless enough people's passkeys said yes to these bytes, in `roles` where the caller names some.

    `claims` have passed steps 5 to 9.

    A review without an assertion counts for nothing; one whose assertion does not hold refuses the whole receipt.
    """
    require(directory is not None, 11, "no_directory", "level 2 takes a directory: whose passkeys count")
    directory = directory.fresh()
    require(directory.iss == claims["iss"], 11, "wrong_directory", "the directory is that of another console")
    people = claims["basis"] in ("reviewed", "break_glass")
    require(people, 11, "basis_unproven", "a yes on this basis is signed by nobody's passkey")
    proven = [review for review in claims["reviews"] if _is_proven(review, claims, dig, directory=directory)]
    if roles is not None:
        proven = [review for review in proven if review["stmt"]["role"] in roles]
    said = claims | {"reviews": proven}
    need = claims["pol"]["need"] if claims["basis"] == "reviewed" else 1
    enough = len(approvers(said, dig)) >= need and voices(said, dig) >= need
    require(enough, 11, "quorum_unproven", "fewer people proved their yes than the rule asks for")


def _is_proven(review: Any, claims: dict[str, Any], dig: str, *, directory: Directory) -> bool:
    """Whether this review is a yes to these bytes with an assertion, which then has to hold."""
    if not agreeing(claims | {"reviews": [review]}, dig) or "webauthn" not in review:
        return False
    stmt = review["stmt"]
    _bound(stmt, claims)
    at = _timed(stmt, claims)
    person = directory.person(stmt["sub"])
    require(person is not None, 11, "unknown_person", "the directory does not know the reviewer")
    _in_role(stmt, person, at=at)
    named = review["webauthn"].get("id") if isinstance(review["webauthn"], dict) else None
    passkey = pinned.credential(person, named)
    require(passkey is not None, 11, "unknown_credential", "the passkey is not the reviewer's")
    require(pinned.covers(passkey, at=at), 11, "credential_not_valid", "the passkey did not count at that time")
    assertions.check(
        review["webauthn"], stmt=stmt, jwk=passkey["jwk"], alg=passkey["alg"],
        rp_id=directory.rp_id, origins=directory.origins,
    )  # fmt: skip
    return True


def _bound(stmt: dict[str, Any], claims: dict[str, Any]) -> None:
    """11.3: about this receipt. Its `req`, `eff` and verdict were compared already: see `agreeing`."""
    require(stmt.get("@type") == STATEMENT, 11, "wrong_statement", "this is no review")
    require(stmt.get("iss") == claims["iss"], 11, "wrong_statement", "the review was given on another console")
    require(stmt.get("aud") == claims["aud"], 11, "wrong_statement", "the review is about another server")
    same = canonical(stmt.get("pol")) == canonical(claims["pol"])
    require(same, 11, "wrong_statement", "the review was given under another policy")
    principal = stmt.get("on_behalf_of")
    require(principal is None or is_text(principal, 1), 11, "wrong_statement", "somebody stands in for a person")


def _timed(stmt: dict[str, Any], claims: dict[str, Any]) -> int:
    """11.4: said before the receipt was signed, and not over by then. Returns when it was said."""
    said, ends = stmt.get("iat"), stmt.get("exp")
    require(type(said) is int and type(ends) is int, 11, "statement_times", "iat and exp are whole seconds")
    require(said <= claims["iat"] + SKEW_SECONDS, 11, "statement_times", "the review is later than its receipt")
    require(claims["iat"] <= ends, 11, "statement_times", "the review was over before its receipt")
    return said


def _in_role(stmt: dict[str, Any], person: pinned.Person, *, at: int) -> None:
    """11.5: in a role of their own, or of somebody they stood in for."""
    role, principal = stmt.get("role"), stmt.get("on_behalf_of")
    if principal is None:
        require(pinned.holds_role(person, role, at=at), 11, "role_not_held", "the reviewer did not hold the role then")
    else:
        stands = pinned.stood_in(person, role, principal=principal, at=at)
        require(stands, 11, "role_not_held", "the reviewer did not stand in for that person then")
