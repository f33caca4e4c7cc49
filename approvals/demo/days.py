"""The days of Kiln & Lantern: what was asked on each, and how it went. The same day is always the same."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from random import Random
from uuid import UUID

from . import asks, chapters
from .asks import Asked
from .plots import (
    DENIALS,
    FAILURES,
    NOTES,
    WORDS,
    Plot,
    approve,
    comment,
    deny,
    expired,
    used,
    withdrawn,
)  # fmt: skip

BUSY, QUIET = 20, 4  # asks of a working day and of one at the weekend
HOURS = (7, 8, 8, 9, 9, 9, 10, 10, 11, 11, 12, 13, 13, 14, 14, 15, 15, 16)
#: Who usually decides where, and the minutes they usually take.
OWNERS = {
    "refund": {"alice": 5, "bob": 3}, "issue_voucher": {"leo": 6, "alice": 2, "carol": 1},
    "desk": {"leo": 5, "carol": 3, "alice": 2}, "data": {"carol": 5, "ivan": 4, "bob": 1},
}  # fmt: skip
MINUTES = {"alice": 3, "bob": 7, "carol": 9, "leo": 4, "ivan": 14, "frank": 6, "grace": 5}
type Asking = Callable[[Random], Asked]


def plots(day: date, *, days_ago: int) -> list[Plot]:
    """All that happens on this day, so many days before the last one."""
    chance = Random(f"{days_ago}/{day.weekday()}")  # noqa: S311 (made up, and the same again)
    count = QUIET if day.weekday() >= 5 else BUSY + chance.randrange(-4, 5)
    made = [_ordinary(chance, _moment(chance, day), days_ago=days_ago) for _ in range(count)]
    return [*made, *_ticket(chance, day, days_ago=days_ago), *chapters.plots(chance, day, days_ago=days_ago)]


def _ordinary(chance: Random, begins: datetime, *, days_ago: int) -> Plot:
    """One ask as they come every day."""
    roll = chance.random()
    if roll < 0.34:
        return _reviewed(chance, begins, partial(asks.refund, days_ago=days_ago), among="refund")
    if roll < 0.44:
        return _payout(chance, begins)
    if roll < 0.54:
        return _reviewed(chance, begins, asks.voucher, among="issue_voucher")
    if roll < 0.64:
        return _plain(chance, begins, asks.search)
    if roll < 0.76:
        return _sampling(chance, begins)
    if roll < 0.86:
        return _reviewed(chance, begins, asks.form, among="desk")
    if roll < 0.91:
        return _reviewed(chance, begins, asks.link, among="desk")
    if roll < 0.93:
        return _plain(chance, begins, asks.delete)
    return _deploy(chance, begins, days_ago=days_ago)


def _plain(chance: Random, begins: datetime, ask: Asking) -> Plot:
    """What a rule decides by itself."""
    return Plot(*ask(chance), begins)


def _reviewed(chance: Random, begins: datetime, ask: Asking, *, among: str) -> Plot:
    """One yes is enough; sometimes it is a no, or comes too late, or the server takes its ask back."""
    server, asked = ask(chance)
    plot, roll = Plot(server, asked, begins), chance.random()
    who = chance.choices(list(OWNERS[among]), list(OWNERS[among].values()))[0]
    if roll < 0.04:
        plot.ask["timeout"] = "1h"
        return plot.after((61, expired))
    if roll < 0.06:
        return plot.after((chance.randrange(2, 9), withdrawn))
    if chance.random() < 0.08:
        plot.after((2, comment(who, chance.choice(WORDS))))
    waited = _minutes(chance, who, asked)
    if roll < 0.15:
        return plot.after((waited, deny(who, chance.choice(DENIALS))))
    if among == "refund" and roll < 0.18:
        amount = asked["mcp"]["params"]["arguments"]["amount"]
        note = "One of the two cups only."
        return plot.after((waited, approve(who, note, {"/amount": amount // 2})), (0.2, used()))
    return plot.after((waited, approve(who, chance.choice(NOTES))), (0.2, _use(chance)))


def _payout(chance: Random, begins: datetime) -> Plot:
    """Two people of payments, one after the other."""
    server, asked = asks.payout(chance)
    plot, (first, other) = Plot(server, asked, begins), chance.choice((("alice", "bob"), ("bob", "alice")))
    plot.after((_minutes(chance, first, asked), approve(first, chance.choice(NOTES))))
    if chance.random() < 0.1:
        return plot.after((_minutes(chance, other, asked), deny(other, "Wrong account: this supplier moved.")))
    return plot.after((2 * _minutes(chance, other, asked), approve(other, "Invoice seen.")), (0.2, _use(chance)))


def _sampling(chance: Random, begins: datetime, *, ticket: str = "") -> Plot:
    """A question to the model; half of the time its answer comes back for a look."""
    server, asked = asks.sampling(chance, ticket=ticket)
    who = chance.choices(list(OWNERS["data"]), list(OWNERS["data"].values()))[0]
    plot = Plot(server, asked, begins)
    if chance.random() < 0.08:
        return plot.after((_minutes(chance, who, asked), deny(who, "The page holds orders to the model.")))
    plot.after((_minutes(chance, who, asked), approve(who)), (0.2, used()))
    if chance.random() < 0.5:
        plot.then = partial(_answer, begins=plot.ends + timedelta(minutes=1), asked=asked, who=who)
    return plot


def _answer(of: UUID, *, begins: datetime, asked: asks.Ask, who: str) -> Plot:
    said = asks.sampling_result(str(of), subject=asked["subject"], session=asked["session"])
    return Plot("docs-search", said, begins).after((3, approve(who)), (0.2, used()))


def _deploy(chance: Random, begins: datetime, *, days_ago: int) -> Plot:
    """Platform and payments say yes, each for their own reason."""
    server, asked = asks.deploy(chance)
    platform = "frank" if days_ago < 4 else chance.choice(("frank", "frank", "grace"))
    payments = chance.choice(("alice", "bob"))
    plot = Plot(server, asked, begins).after((_minutes(chance, platform, asked), approve(platform, "All green.")))
    if chance.random() < 0.12:
        return plot.after((4, deny(payments, "Not during the sale. Ask again on Monday.")))
    return plot.after((_minutes(chance, payments, asked), approve(payments)), (0.2, _use(chance)))


def _ticket(chance: Random, day: date, *, days_ago: int) -> Iterator[Plot]:
    """One workflow of several steps: a search, a question to the model, a form, and the money."""
    if day.weekday() >= 5:
        return
    ticket, begins = f"ticket-{600 + days_ago}", _moment(chance, day)
    steps: list[Callable[[datetime], Plot]] = [
        lambda at: _plain(chance, at, partial(asks.search, ticket=ticket)),
        lambda at: _sampling(chance, at, ticket=ticket),
        lambda at: _reviewed(chance, at, partial(asks.form, ticket=ticket), among="desk"),
        lambda at: _reviewed(
            chance, at, partial(asks.refund, days_ago=days_ago, ticket=ticket), among="refund"
        ),
    ]  # fmt: skip
    for step in steps:
        plot = step(begins)
        plot.server = "shop"  # all of it is one server's workflow
        yield plot
        begins = plot.ends + timedelta(minutes=chance.randrange(1, 6))


def _use(chance: Random) -> Callable:
    return used(chance.choice(FAILURES) if chance.random() < 0.008 else "")


def _minutes(chance: Random, who: str, asked: asks.Ask) -> float:
    """How long this person took: longer for what is long to read, and now and then much longer."""
    size = len(str(asked["mcp"]))
    usual = MINUTES[who] * (1 + min(size, 12_000) / 3_000)
    return round(min(usual * chance.lognormvariate(0, 0.7), 100), 2)


def _moment(chance: Random, day: date) -> datetime:
    return _at(day, chance.choice(HOURS), chance.randrange(60)) + timedelta(seconds=chance.randrange(60))


def _at(day: date, hour: int, minute: int) -> datetime:
    return datetime.combine(day, time(hour, minute), UTC)
