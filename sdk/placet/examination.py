"""A receipt, examined by somebody who was not there: which checks hold, what that proves, and what it does not.

Nothing here returns an object to run; for that, see `placet.receipts.verify`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from placet import jws
from placet.canonical import NotCanonical, parse
from placet.errors import Denied, NotVerified
from placet.receipts import Directory, Expected, Floor, Pin
from placet.receipts.terms import approvers
from placet.receipts.verification import walk

type Result = Literal["holds", "left out", "refused", "not reached"]

STEPS = {
    1: "size and form", 2: "header", 3: "pinned key", 4: "signature", 5: "issuer and audience", 6: "times",
    7: "about my ask", 8: "denial", 9: "permission", 10: "the object that may run", 11: "reviews", 12: "single use",
}  # fmt: skip
LEFT_OUT = {
    7: "give the ask to have it compared",
    10: "give the ask to have its digest compared",
    11: "level 1: the console's word is taken for who reviewed",
    12: "only the server that acts can know whether it was used before",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one numbered step found."""

    step: int
    result: Result
    detail: str = ""

    @property
    def title(self) -> str:
        return STEPS[self.step]


@dataclass(slots=True)
class Examination:
    """The findings in order. `decision` is None when nothing is proven; a proven one may be over."""

    findings: list[Finding]
    decision: str | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    proven: list[str] = field(default_factory=list)
    unproven: list[str] = field(default_factory=list)

    @property
    def refusal(self) -> Finding | None:
        return next((finding for finding in self.findings if finding.result == "refused"), None)


def examine(
    receipt: bytes, *, pin: Pin, now: float, audience: str | None = None, expect: Expected | None = None,
    floor: Floor | None = None, directory: Directory | None = None,
) -> Examination:  # fmt: skip
    """Take every step that can be taken with what is given. `now` is the moment to judge the receipt at.

    An approval that is over is refused at step 6, then examined as of its signing: it cannot run, but may prove.
    """
    audience = audience or (expect.audience if expect else None)
    terms = {"pin": pin, "expect": expect, "audience": audience, "floor": floor or Floor(), "directory": directory}
    held, refused, decision = _walked(receipt, now=now, **terms)
    over = refused if refused and (refused.step, refused.code) == (6, "expired") else None
    if over:
        held, refused, decision = _walked(receipt, now=float(issued_at(receipt) or 0), **terms)
    level = terms["floor"].level
    found = Examination([_finding(step, held, refused, decision, level) for step in STEPS], decision)
    if over:
        found.findings[5] = Finding(6, "refused", f"{over.code}: {over.message}")
    if decision:
        found.claims = parse(jws.split(receipt).payload)
        said = directory if level == 2 and decision == "approved" else None
        found.proven = _proven(found.claims, decision, audience=audience, expect=expect) + _passkeys(found.claims, said)
        found.unproven = _unproven(decision, pin=pin, audience=audience, expect=expect, directory=said)
    return found


def _walked(receipt: bytes, **terms: Any) -> tuple[list[int], NotVerified | None, str | None]:
    """The steps that held, the refusal if any, and the decision if it is proven."""
    held: list[int] = []
    try:
        for step in walk(receipt, **terms):
            held.append(step)
    except Denied as no:
        return [*held, 8], None, no.decision
    except NotVerified as no:
        return held, no, None
    return held, None, "approved"


#: Bases that are no reviews by as many people as the rule asks for.
RESTS = {
    "policy": "a standing rule, and on nobody's review",
    "grant": "a grant that somebody gave beforehand, and on nobody's review of this ask",
    "break_glass": "one person alone, who broke the glass in an emergency",
}


def issued_at(receipt: bytes) -> int | None:
    """The moment the receipt says it was signed, unverified: to examine it as of then."""
    try:
        issued = parse(jws.split(receipt).payload)["iat"]
    except (ValueError, NotCanonical, KeyError, TypeError):
        return None
    return issued if type(issued) is int else None


def _finding(step: int, held: list[int], refused: NotVerified | None, decision: str | None, level: int) -> Finding:
    if refused and step == refused.step:
        return Finding(step, "refused", f"{refused.code}: {refused.message}")
    if refused and step > refused.step:
        return Finding(step, "not reached")
    if decision not in (None, "approved") and step > 8:
        return Finding(step, "left out", "a denial grants nothing")
    if step not in held or (step == 11 and level == 1):
        return Finding(step, "left out", LEFT_OUT[step])
    said = "this is no denial" if decision == "approved" else f"the console says {decision}"
    return Finding(step, "holds", said if step == 8 else "")


def _proven(claims: dict[str, Any], decision: str, *, audience: str | None, expect: Expected | None) -> list[str]:
    reviewers = [f"{stmt['sub']} ({stmt['verdict']})" for stmt in _statements(claims)]
    lines = [
        f"A pinned key of {claims['iss']} signed exactly these claims: action {claims['req']['id']} is {decision}.",
        f"It is addressed to {claims['aud']}" + (", as demanded." if audience else "."),
        f"It names as reviewers: {', '.join(reviewers) or 'nobody'}.",
    ]
    if decision == "approved":
        detail = claims["authorization_details"][0]
        lines.append(f"It allowed {detail['method']} {detail.get('name', '')} once, until {_moment(claims['exp'])}.")
        lines += [f"It rests on {RESTS[claims['basis']]}."] if claims["basis"] in RESTS else []
    if expect:
        lines.append("It answers the given ask: same nonce, same bytes.")
    return lines


def _moment(seconds: int) -> str:
    """In a year that has a name; else as it was said."""
    try:
        return datetime.fromtimestamp(seconds, tz=UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def _passkeys(claims: dict[str, Any], directory: Directory | None) -> list[str]:
    if directory is None:
        return []
    dig = claims["authorization_details"][0]["dig"]
    signed = [review for review in claims["reviews"] if isinstance(review, dict) and "webauthn" in review]
    people = sorted(approvers({**claims, "reviews": signed}, dig))
    return [
        f"Passkeys of {', '.join(people)}, pinned in the directory, signed these reviews in person, in roles they held."
    ]


def _unproven(
    decision: str, *, pin: Pin, audience: str | None, expect: Expected | None, directory: Directory | None
) -> list[str]:
    lines = []
    if not pin.issuer:
        lines.append("That the issuer is the console you mean: only its key is pinned. Give --issuer.")
    if not audience:
        lines.append("That it was meant for your server. Give --audience.")
    if not expect:
        lines.append("Which bytes were decided on: the receipt holds their digest. Give --ask.")
    if directory is None:
        lines.append("That the reviewers themselves said so: this is the console's word (level 1).")
    else:
        lines.append("That they read what they signed, or that the pinned directory is true and of today.")
    if decision == "approved":
        lines.append("That it was not used before.")
    return lines


def _statements(claims: dict[str, Any]) -> list[dict[str, Any]]:
    reviews = claims.get("reviews")
    stated = [each.get("stmt") for each in reviews if isinstance(each, dict)] if isinstance(reviews, list) else []
    return [stmt for stmt in stated if isinstance(stmt, dict) and {"sub", "verdict"} <= stmt.keys()]
