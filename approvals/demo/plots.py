"""What becomes of an ask in the demo's past: who does what to it, and when."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from accounts.models import User
from accounts.servers import Identity
from approvals import deadlines, findings, glass, grants, handovers, redemption, reviews, settlement, withdrawal
from approvals.models import Action, Finding, State
from approvals.rules import covering

from .asks import Ask

DENIALS = (
    "The order was refunded on Tuesday already.",
    "The amount is more than the customer paid.",
    "Wrong account: this supplier moved to another bank.",
    "No photograph in the ticket. Ask the customer first.",
    "This is not what the ticket says.",
    "Not during the sale. Ask again on Monday.",
)
NOTES = ("", "", "", "", "Matches the ticket.", "Checked with the photograph.", "Invoice seen.", "Fine.")
WORDS = (
    "Is this the order from yesterday?",
    "The customer called, it is right.",
    "I have asked the desk for the slip.",
    "Same supplier as last month, the account did not change.",
)
FAILURES = (
    "The bank answered: limit of the day reached.",
    "Timeout after 30 s, nothing was booked.",
    "The release was rolled back: health check failed.",
)


@dataclass(frozen=True, slots=True)
class World:
    """Whom and what the plots name."""

    people: dict[str, User]
    servers: dict[str, Identity]

    def server_of(self, action_id: UUID) -> Identity:
        name = Action.objects.values_list("server__name", flat=True).get(pk=action_id)
        return self.servers[name]


type Turn = Callable[[World, UUID, datetime], Any]


@dataclass(slots=True)
class Plot:
    """An ask, and the turns that follow it in time. `then` makes a plot of what was asked in consequence of it."""

    server: str
    ask: Ask
    begins: datetime
    turns: list[tuple[datetime, Turn]] = field(default_factory=list)
    then: "Callable[[UUID], Plot] | None" = None

    def after(self, *turns: tuple[float, Turn]) -> "Plot":
        """Add turns, each so many minutes after the one before."""
        last = self.turns[-1][0] if self.turns else self.begins
        for minutes, turn in turns:
            last += timedelta(minutes=minutes)
            self.turns.append((last, turn))
        return self

    @property
    def ends(self) -> datetime:
        return self.turns[-1][0] if self.turns else self.begins


def approve(name: str, note: str = "", changes: dict[str, Any] | None = None) -> Turn:
    return partial(_verdict, name=name, verdict="approve", note=note, changes=changes)


def deny(name: str, note: str) -> Turn:
    return partial(_verdict, name=name, verdict="deny", note=note)


def comment(name: str, text: str) -> Turn:
    return lambda world, pk, at: reviews.comment(action_id=pk, author=world.people[name], text=text, at=at)


def used(failure: str = "") -> Turn:
    """The server uses the approval and says what came of it."""
    return partial(_used, failure=failure)


def withdrawn(world: World, pk: UUID, at: datetime) -> None:
    withdrawal.withdraw(action_id=pk, server=world.server_of(pk), at=at)


def expired(world: World, pk: UUID, at: datetime) -> None:
    deadlines.sweep(at=at)


def timed(world: World, pk: UUID, at: datetime) -> None:
    """What is due before the deadline happens: a warning, or a step of escalation."""
    deadlines.sweep_timers(at=at)


def passed_on(name: str, note: str) -> Turn:
    return lambda world, pk, at: handovers.pass_on(action_id=pk, person=world.people[name], note=note, at=at)


def taken_over(name: str) -> Turn:
    return lambda world, pk, at: handovers.take_over(action_id=pk, person=world.people[name], at=at)


def broken(name: str, reason: str) -> Turn:
    return lambda world, pk, at: glass.break_glass(action_id=pk, person=world.people[name], reason=reason, at=at)


def resolved(name: str, text: str) -> Turn:
    """What fell through of this ask is looked at."""
    return partial(_resolved, name=name, text=text)


def granted(name: str, *, amount: int, uses: int, days: int) -> Turn:
    """Say yes to its like beforehand, up to an amount."""
    return partial(_granted, name=name, amount=amount, uses=uses, days=days)


def _verdict(
    world: World, pk: UUID, at: datetime, *, name: str, verdict: str, note: str, changes: dict[str, Any] | None = None
) -> None:
    action = Action.objects.select_related("policy__checkpoint").get(pk=pk)
    seen = settlement.shown(action, policy=action.policy) if changes else None
    reviews.record(
        action_id=pk, reviewer=world.people[name], verdict=verdict, note=note, changes=changes, seen=seen, at=at
    )


def _used(world: World, pk: UUID, at: datetime, *, failure: str) -> None:
    server = world.server_of(pk)
    if Action.objects.values_list("state", flat=True).get(pk=pk) == State.APPROVED:
        redemption.consume(action_id=pk, server=server, key=f"use-{pk.hex[-12:]}", at=at)
        said = {"status": "failed", "note": failure} if failure else {"status": "succeeded"}
        redemption.report(action_id=pk, server=server, at=at + timedelta(seconds=2), **said)


def _resolved(world: World, pk: UUID, at: datetime, *, name: str, text: str) -> None:
    for found in Finding.objects.filter(action_id=pk, resolved_at=None):
        findings.resolve(finding_id=found.pk, by=world.people[name], resolution=text, at=at)


def _granted(world: World, pk: UUID, at: datetime, *, name: str, amount: int, uses: int, days: int) -> None:
    limits = {
        "amount": covering.Limit("most", amount), "order": covering.Limit("any"), "reason": covering.Limit("any"),
    }  # fmt: skip
    terms = grants.Terms(uses=uses, seconds=days * 86_400, per_hour=min(uses, 5), limits=limits)
    grants.create(action_id=pk, person=world.people[name], terms=terms, at=at)
