"""What a caller expects, the least it accepts, and what it gets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from placet.canonical import digest


@dataclass(frozen=True, slots=True)
class Expected:
    """What the caller knows by itself, never from the network.

    `effective` is the object it wants to run, `{"method": …, "params": …}`; `nonce` is its own secret of this ask;
    `action` the id it was given; `edit` the object an owner put in its place, as delivered beside the receipt.
    """

    audience: str
    kind: str
    effective: dict[str, Any]
    action: str
    nonce: str | None
    edit: dict[str, Any] | None = None

    @property
    def dig(self) -> str:
        """The digest of the ask, computed here."""
        return digest(self.kind, self.effective)


#: What a yes may rest on beside people's reviews, for callers who want it.
BASES = ("policy", "grant", "break_glass")
ALONE = "break_glass"  # what a statement says, too, that was given to this


@dataclass(frozen=True, slots=True)
class Floor:
    """The least a caller accepts. A valid receipt that meets only a weaker rule is refused.

    `level` 1 takes the console's word for who reviewed; 2 takes the reviewers' passkeys, and a directory of whose they
    are. `bases` says what a yes may rest on: people (`reviewed`) unless told, and for callers who want it a standing
    rule (`policy`), a `grant` that somebody gave beforehand, or one person alone in an emergency (`break_glass`).
    `roles`, at level 2, are those whose yes counts; without, that of anybody whom the directory knows in some role.
    """

    need: int = 1
    level: int = 1
    bases: frozenset[str] = frozenset({"reviewed"})
    max_life_seconds: int = 600
    roles: frozenset[str] | None = None

    @classmethod
    def taking(cls, bases: Iterable[str], **terms: Any) -> Self:
        """The usual floor, which takes a yes on these bases too."""
        return cls(bases=frozenset({"reviewed", *bases}), **terms)


@dataclass(frozen=True, slots=True)
class Verified:
    """The one object that may run, and the receipt that says so. `effective` is a copy that nobody else holds."""

    effective: dict[str, Any]
    claims: dict[str, Any] = field(repr=False)
    receipt: bytes = field(repr=False)

    @property
    def method(self) -> str:
        return self.effective["method"]

    @property
    def params(self) -> dict[str, Any]:
        return self.effective["params"]

    @property
    def action(self) -> str:
        return self.claims["req"]["id"]

    @property
    def edited(self) -> bool:
        return self.claims["authorization_details"][0]["edited"]

    @property
    def basis(self) -> str:
        """What the yes rests on; see `Floor`."""
        return self.claims["basis"]

    @property
    def result_review(self) -> bool:
        """Whether what comes of it is for owners to see before anybody else: a sampling's completion."""
        return self.claims["authorization_details"][0].get("result") == "review"

    @property
    def reviewers(self) -> list[str]:
        """Who said yes, as `user:name`."""
        return sorted(approvers(self.claims, self.claims["authorization_details"][0]["dig"]))


def approvers(claims: dict[str, Any], dig: str) -> set[str]:
    """Distinct people whose stated approval is of this ask and these bytes. Level 1 believes the console."""
    return {stmt["sub"] for stmt in agreeing(claims, dig)}


def voices(claims: dict[str, Any], dig: str) -> int:
    """How many voices approved: of somebody and of who stands in for them, one counts."""
    said = agreeing(claims, dig)
    return len({stmt["on_behalf_of"] if is_text(stmt.get("on_behalf_of"), 1) else stmt["sub"] for stmt in said})


def agreeing(claims: dict[str, Any], dig: str) -> list[dict[str, Any]]:
    """The statements that approve of this ask and these bytes, each by somebody.

    A yes among others is none to breaking the glass: who breaks it says so, and says it for themselves alone.
    """
    reviews = claims.get("reviews")
    stated = [review.get("stmt") for review in reviews if isinstance(review, dict)] if isinstance(reviews, list) else []
    basis = ALONE if claims.get("basis") == ALONE else None
    said = {"verdict": "approve", "eff": dig, "req": claims.get("req"), "basis": basis}
    found = [stmt for stmt in stated if isinstance(stmt, dict) and said == {name: stmt.get(name) for name in said}]
    return [stmt for stmt in found if is_text(stmt.get("sub"), 1)]


def is_text(value: Any, least: int) -> bool:
    """Whether it is a string of at least so many characters."""
    return isinstance(value, str) and len(value) >= least
