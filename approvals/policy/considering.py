"""How the rules that meet an ask by name come to one decision, and why: the order of precedence, in one place.

Docs: docs/policies.md, "Which rule decides".
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..errors import BadPolicy, ConditionFailed
from ..models import Effect, Policy
from ..rules import matching
from .entries import Entry

type Decision = Literal["review", "allow", "deny"]
type Verdict = Literal["wins", "loses", "does not fit", "failed"]
type Facts = Callable[[], dict[str, Any]]

FITS, UNFIT, FAILED = "fits", "does not fit", "failed"


@dataclass(frozen=True, slots=True)
class Found:
    """What becomes of an ask, under which revision, and for which reason ("" when people decide).

    `detail` is a sentence about a condition that could not be evaluated.
    """

    policy: Policy | None
    decision: Decision
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Considered:
    """A rule that is there by kind, name and server, and what it came to. `why` is a sentence."""

    policy: Policy
    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True)
class Weighed:
    """A rule by name, and whether the ask fits it."""

    entry: Entry
    found: str
    why: str = ""


def weigh(entries: Iterable[Entry], facts: Facts) -> list[Weighed]:
    """Hold the ask against each rule, the most exact first. The ask is read when a rule wants to know more of it."""
    known: dict[str, Any] | None = None
    weighed = []
    for entry in sorted(entries, key=lambda entry: entry.order, reverse=True):
        if not entry.exactness.conditional:
            weighed.append(Weighed(entry, FITS))
            continue
        known = facts() if known is None else known
        weighed.append(_held(entry, known))
    return weighed


def decide(weighed: Sequence[Weighed]) -> tuple[Weighed | None, Decision, str]:
    """Return the rule that decides, how, and the reason. Rules come the most exact first."""
    for found, denies, reason in ((FAILED, False, "policy_error"), (FITS, True, "policy_denied")):
        for each in weighed:
            if each.found == found and (not denies or each.entry.effect == Effect.DENY):
                return each, "deny", reason
    for each in weighed:
        if each.found == FITS:
            return (each, "allow", "policy") if each.entry.effect == Effect.ALLOW else (each, "review", "")
    return (weighed[0], "deny", "outside_policy") if weighed else (None, "deny", "no_checkpoint")


def explained(weighed: Sequence[Weighed], *, name: str) -> list[Considered]:
    """Say of each rule what it came to."""
    winner, _, reason = decide(weighed)
    return [Considered(each.entry.policy, *_verdict(each, winner, reason, name=name)) for each in weighed]


def _held(entry: Entry, known: dict[str, Any]) -> Weighed:
    try:
        if entry.judge.arguments is not None and not entry.judge.arguments.fits(known["args"]):
            return Weighed(entry, UNFIT, "Its arguments are not those the rule is about.")
        if entry.judge.when is not None and not entry.judge.when.holds(known):
            return Weighed(entry, UNFIT, "The rule's condition does not hold.")
    except ConditionFailed as failed:
        return Weighed(entry, FAILED, failed.message)
    except BadPolicy as bad:  # it was saved before its condition became one that none may write
        return Weighed(entry, FAILED, bad.message)
    return Weighed(entry, FITS)


def _verdict(each: Weighed, winner: Weighed | None, reason: str, *, name: str) -> tuple[Verdict, str]:
    if each.found == UNFIT:
        return "does not fit", each.why
    if each.found == FAILED:
        return "failed", f"{each.why} What cannot be evaluated is denied."
    if reason == "policy_error":
        return "loses", f"The condition of {_place(winner)} cannot be evaluated, and that denies."
    if each is winner:
        return "wins", _how_it_wins(each)
    if reason == "policy_denied" and each.entry.effect != Effect.DENY:
        return "loses", f"{_place(winner)} denies, and a deny wins."
    words = matching.why(winner.entry.exactness, each.entry.exactness, name=name) if winner else ""
    return "loses", f"{_place(winner)} is more exact: {words}."


def _how_it_wins(winner: Weighed) -> str:
    match winner.entry.effect:
        case Effect.DENY:
            return "It denies, and a deny wins."
        case Effect.ALLOW:
            return "It is the most exact that fits, and allows."
    return "It is the most exact that fits."


def _place(winner: Weighed | None) -> str:
    return winner.entry.place if winner else "Another rule"
