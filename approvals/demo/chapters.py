"""What does not happen every day, so that it can be found in the demo's past: by how many days ago it was."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from random import Random

from . import asks
from .plots import (
    FAILURES,
    Plot,
    approve,
    broken,
    comment,
    expired,
    granted,
    passed_on,
    resolved,
    taken_over,
    timed,
    used,
    withdrawn,
)  # fmt: skip

GLASS = "The supplier stops tonight’s delivery, bob is on a plane, and the invoice is the usual one."
#: Days ago on which a grant holds that was given on the ninth.
COVERED = range(4, 9)


def plots(chance: Random, day: date, *, days_ago: int) -> Iterator[Plot]:
    if days_ago in CHAPTERS:
        yield CHAPTERS[days_ago](chance, day, days_ago)
    if days_ago in COVERED and day.weekday() < 5:
        for hour in (11, 15):
            plot = _refund(chance, day, days_ago, (hour, chance.randrange(50)), amount=chance.randrange(9, 59))
            yield plot.after((3, approve("alice")), (0.2, used()))


def _broken(chance: Random, day: date, days_ago: int) -> Plot:
    """One person approves alone; another looks at it afterwards."""
    plot = Plot(*asks.payout(chance, amount=6_400), _at(day, 16, 40)).after((6, broken("alice", GLASS)), (0.2, used()))
    return plot.after((95, resolved("erin", "Looked at the invoice with bob: amount and account are right.")))


def _escalated(chance: Random, day: date, days_ago: int) -> Plot:
    plot = Plot(*asks.payout(chance, amount=19_900), _at(day, 9, 5)).after((40, approve("bob", "Invoice seen.")))
    return plot.after((25, timed), (12, approve("erin", "I called the supplier.")), (0.2, used()))


def _deleted(chance: Random, day: date, days_ago: int) -> Plot:
    """A rule says no by itself."""
    return Plot(*asks.delete(chance), _at(day, 8, 15))


def _granted(chance: Random, day: date, days_ago: int) -> Plot:
    plot = _refund(chance, day, days_ago, (10, 20), amount=59).after((4, approve("alice")), (0.2, used()))
    return plot.after((9, granted("alice", amount=60, uses=20, days=7)))


def _unheard(chance: Random, day: date, days_ago: int) -> Plot:
    plot = _refund(chance, day, days_ago, (16, 5), amount=149)
    plot.ask["timeout"] = "1h"
    return plot.after((61, expired))


def _handed(chance: Random, day: date, days_ago: int) -> Plot:
    plot = _refund(chance, day, days_ago, (13, 12), amount=112).after((5, passed_on("bob", "She is my neighbour.")))
    return plot.after((8, taken_over("alice")), (3, approve("alice")), (0.2, used()))


def _withdrawn(chance: Random, day: date, days_ago: int) -> Plot:
    return Plot(*asks.form(chance), _at(day, 12, 2)).after((7, withdrawn))


def _edited(chance: Random, day: date, days_ago: int) -> Plot:
    plot = _refund(chance, day, days_ago, (9, 48), amount=96)
    plot.after((3, comment("bob", "Only one of the two cups is broken, see the photograph.")))
    return plot.after((4, approve("alice", "One cup.", {"/amount": 48})), (0.2, used()))


def _failed(chance: Random, day: date, days_ago: int) -> Plot:
    """Approved, and then it did not work. The newer one waits for somebody to look at it."""
    plot = _refund(chance, day, days_ago, (14, 30), amount=133).after((3, approve("bob")), (0.2, used(FAILURES[0])))
    return plot if days_ago == 2 else plot.after((70, resolved("erin", "Paid by hand, and the limit is raised.")))


def _refund(chance: Random, day: date, days_ago: int, clock: tuple[int, int], *, amount: int) -> Plot:
    return Plot(*asks.refund(chance, days_ago=days_ago, amount=amount), _at(day, *clock))


def _at(day: date, hour: int, minute: int) -> datetime:
    return datetime.combine(day, time(hour, minute), UTC)


CHAPTERS: dict[int, Callable[[Random, date, int], Plot]] = {
    16: _broken, 12: _failed, 11: _escalated, 10: _deleted, 9: _granted, 8: _unheard, 6: _handed, 5: _withdrawn,
    4: _edited, 2: _failed,
}  # fmt: skip
