"""What is asserted: policies, reviews and settlements, as values to be made canonical and signed.

Shapes are those of docs/receipts.md.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

RENDERER = 2  # the version of the faithful renderer; a change of what it shows is a new number


@dataclass(frozen=True, slots=True)
class Ask:
    """What a statement says of an action. `edited` is the digest of what an owner made of it, "" when nobody did."""

    id: str
    nonce: str | None
    dig: str
    context_dig: str
    method: str
    name: str
    server_urn: str
    subject: str
    edited: str = ""

    @property
    def eff(self) -> str:
        """The digest of what may run."""
        return self.edited or self.dig


@dataclass(frozen=True, slots=True)
class PolicyRef:
    checkpoint: str
    rev: int
    dig: str
    need: int

    def claim(self) -> dict[str, Any]:
        return {"checkpoint": self.checkpoint, "rev": self.rev, "dig": self.dig, "need": self.need}


@dataclass(frozen=True, slots=True)
class GrantRef:
    """What a statement says of the grant that approved: which, and how many uses it has left after this one."""

    id: str
    uses_left: int

    def claim(self) -> dict[str, Any]:
        return {"id": self.id, "uses_left": self.uses_left}


def view(ask: Ask, policy: PolicyRef | None) -> dict[str, Any]:
    """What was shown: a renderer's version and its inputs.

    The renderer is a pure injective function of these, so they name the picture.
    """
    view = {"renderer": RENDERER, "body": ask.eff, "context": ask.context_dig, "policy": policy.dig if policy else None}
    return view | ({"asked": ask.dig} if ask.edited else {})


def review(
    ask: Ask, policy: PolicyRef, *, issuer: str, shown: str, verdict: str, reviewer: str, role: str,
    at: datetime, expires: datetime, rnd: str, on_behalf_of: str | None = None, opened: int = 0, basis: str = "",
) -> dict[str, Any]:  # fmt: skip
    """One person's verdict on one digest; `on_behalf_of` is for whom they stood in, as `user:alice`, and `opened` how
    many large values they opened before it. `basis` is said where the yes is to break the glass: else a yes that was
    meant to be one of two could be taken for that of one alone.
    """
    stated = {
        "@type": "placet.review.v1",
        "iss": issuer,
        "aud": ask.server_urn,
        "req": _req(ask),
        "eff": ask.eff,
        "shown": shown,
        "verdict": verdict,
        "opened": opened,
        "sub": reviewer,
        "role": role,
        "on_behalf_of": on_behalf_of,
        "pol": policy.claim(),
        "iat": int(at.timestamp()),
        "exp": int(expires.timestamp()),
        "rnd": rnd,
    }
    return stated | ({"basis": basis} if basis else {})


def approval(
    ask: Ask, policy: PolicyRef, *, issuer: str, jti: str, at: datetime, expires: datetime,
    reviews: list[dict[str, Any]], basis: str = "reviewed", grant: GrantRef | None = None, review_result: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """The claims of a receipt that lets the server act once.

    `basis` says what the yes rests on: people (`reviewed`), a standing rule (`policy`), a `grant`, or one person alone
    (`break_glass`). What may run only as far as its result is reviewed says so in its detail.
    """
    detail = {
        "type": "urn:placet:mcp-action:v1", "method": ask.method, "name": ask.name, "dig": ask.eff,
        "edited": bool(ask.edited), "uses": 1,
    }  # fmt: skip
    claims = _common(ask, policy, issuer=issuer, jti=jti, at=at, expires=expires, reviews=reviews) | {
        "act": {"sub": ask.server_urn},
        "decision": "approved",
        "basis": basis,
        "authorization_details": [detail | ({"result": "review"} if review_result else {})],
    }
    return claims | ({"grant": grant.claim()} if grant else {})


def denial(
    ask: Ask, policy: PolicyRef | None, *, issuer: str, jti: str, at: datetime, expires: datetime,
    reviews: list[dict[str, Any]], decision: str, reason: str, note: str,
) -> dict[str, Any]:  # fmt: skip
    """The claims of a receipt that says no.

    It has no `act` and no `authorization_details`: no code path can mistake it.
    """
    claims = _common(ask, policy, issuer=issuer, jti=jti, at=at, expires=expires, reviews=reviews)
    claims |= {"decision": decision, "reason": reason}
    return claims | ({"note": note} if note else {})


def _common(
    ask: Ask,
    policy: PolicyRef | None,
    *,
    issuer: str,
    jti: str,
    at: datetime,
    expires: datetime,
    reviews: list[dict[str, Any]],
) -> dict[str, Any]:
    issued = int(at.timestamp())
    return {
        "ver": 1,
        "iss": issuer,
        "aud": ask.server_urn,
        "sub": f"user:{ask.subject}" if ask.subject else ask.server_urn,
        "jti": jti,
        "iat": issued,
        "nbf": issued,
        "exp": int(expires.timestamp()),
        "req": _req(ask),
        "pol": policy.claim() if policy else None,
        "reviews": reviews,
    }


def _req(ask: Ask) -> dict[str, Any]:
    return {"id": ask.id, "nonce": ask.nonce, "dig": ask.dig}
