"""How asks went over weeks: how many, how they ended, how long people took, and who carried how much.

Read from tallies alone, in one turn of four statements: nothing here reads an action, so a million of them cost what a
thousand cost. Times have two figures. Nobody is compared: people stand by name, with how much was theirs to look at.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db import connection

from accounts.models import User

from .. import access, rows

SPANS = (4, 12, 26)  # weeks
SORTS = ("volume", "slow", "expired")
PLACES = 25  # checkpoints of the table
PEOPLE = 40
QUIET = 20  # so many ended and nothing was denied: that is said
STATES = ("approved", "denied", "expired", "withdrawn")
SIZES = ("small", "middle", "large")

_WEEK = {
    "postgresql": "(tally.day - %s) / 7",
    "sqlite": "CAST((julianday(tally.day) - julianday(%s)) / 7 AS integer)",
}
_OF = "FROM approvals_tally AS tally WHERE tally.day >= %s AND tally.day < %s {mine}"
_COUNTS = f"""
SELECT {{week}}, tally.what, tally.name, SUM(tally.count), (SELECT MAX(until) FROM approvals_talliedday) {_OF}
   AND tally.what IN ('asked', 'ended', 'edited', 'unheard') GROUP BY 1, 2, 3
"""  # noqa: S608 (texts of our own, as all here)
_TOOK = f"SELECT {{week}}, tally.name, tally.number, SUM(tally.count) {_OF} AND tally.what = 'took' GROUP BY 1, 2, 3"
_PEOPLE = f"""
SELECT person.username, whole.said, whole.others FROM (
       SELECT tally.number, SUM(tally.count) AS said, COUNT(*) OVER () AS others {_OF} AND tally.what = 'said'
        GROUP BY tally.number ORDER BY 2 DESC, 1 LIMIT {PEOPLE}) AS whole
  JOIN accounts_user AS person ON person.id = whole.number ORDER BY person.username
"""  # noqa: S608
# A rank within a checkpoint is found by adding up from the shortest time on.
_PLACES = f"""
WITH counted AS (
  SELECT tally.checkpoint_id,
         SUM(CASE WHEN tally.what = 'asked' THEN tally.count ELSE 0 END) AS asked,
         SUM(CASE WHEN tally.what = 'ended' AND tally.name LIKE 'approved/%%' THEN tally.count ELSE 0 END) AS approved,
         SUM(CASE WHEN tally.what = 'ended' AND tally.name LIKE 'denied/%%' THEN tally.count ELSE 0 END) AS denied,
         SUM(CASE WHEN tally.what = 'ended' AND tally.name LIKE 'expired/%%' THEN tally.count ELSE 0 END) AS expired,
         SUM(CASE WHEN tally.what = 'unheard' THEN tally.count ELSE 0 END) AS unheard,
         SUM(CASE WHEN tally.what = 'ended' THEN tally.count ELSE 0 END) AS ended
    {_OF} AND tally.what IN ('asked', 'ended', 'unheard') GROUP BY tally.checkpoint_id
), took AS (
  SELECT tally.checkpoint_id, tally.number, SUM(tally.count) AS n {_OF} AND tally.what = 'took'
   GROUP BY tally.checkpoint_id, tally.number
), ranked AS (
  SELECT checkpoint_id, number, SUM(n) OVER (PARTITION BY checkpoint_id ORDER BY number) AS upto,
         SUM(n) OVER (PARTITION BY checkpoint_id) AS whole FROM took
), middle AS (
  SELECT checkpoint_id, MIN(CASE WHEN upto * 2 >= whole THEN number END) AS median,
         MIN(CASE WHEN upto * 10 >= whole * 9 THEN number END) AS p90 FROM ranked GROUP BY checkpoint_id
)
SELECT place.id, place.name, counted.asked, counted.approved, counted.denied, counted.expired, counted.unheard,
       counted.ended, middle.median, middle.p90, COUNT(*) OVER ()
  FROM counted JOIN approvals_checkpoint AS place ON place.id = counted.checkpoint_id
  LEFT JOIN middle ON middle.checkpoint_id = counted.checkpoint_id
 ORDER BY {{order}}, place.name LIMIT {PLACES}
"""  # noqa: S608
_ORDER = {
    "volume": "counted.asked + counted.ended DESC",
    "slow": "COALESCE(middle.p90, -1) DESC",
    "expired": "counted.expired DESC, counted.unheard DESC",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the page's address asks for; what makes no sense there is as if absent."""

    weeks: int = 12
    checkpoint: int | None = None
    sort: str = "volume"

    @classmethod
    def read(cls, query: dict[str, str]) -> "Wanted":
        weeks, checkpoint, sort = query.get("weeks", ""), query.get("checkpoint", ""), query.get("sort", "")
        return cls(
            weeks=int(weeks) if weeks in map(str, SPANS) else 12,
            checkpoint=int(checkpoint) if re.fullmatch("[0-9]{1,9}", checkpoint) else None,
            sort=sort if sort in SORTS else "volume",
        )  # fmt: skip

    def address(self, **changes: object) -> str:
        said = {"weeks": self.weeks, "checkpoint": self.checkpoint or "", "sort": self.sort} | changes
        usual = {"weeks": 12, "checkpoint": "", "sort": "volume"}
        told = {name: value for name, value in said.items() if value != usual[name]}
        return "?" + urlencode(told)


@dataclass(slots=True)
class Took:
    """How often people took how long, in seconds."""

    seconds: Counter[int] = field(default_factory=Counter)

    def rank(self, of_ten: int) -> int | None:
        """The shortest time within which so many of ten were decided; None when none was."""
        whole, upto = sum(self.seconds.values()), 0
        for seconds, count in sorted(self.seconds.items()):
            upto += count
            if upto * 10 >= whole * of_ten:
                return seconds
        return None

    @property
    def count(self) -> int:
        return sum(self.seconds.values())

    @property
    def median(self) -> int | None:
        return self.rank(5)

    @property
    def p90(self) -> int | None:
        return self.rank(9)


@dataclass(slots=True)
class Week:
    """Seven days from a Monday on; or the sum of several such."""

    starts: date
    counts: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    took: Took = field(default_factory=Took)

    @property
    def asked(self) -> int:
        return self.counts["asked"]

    @property
    def edited(self) -> int:
        return self.counts["edited"]

    @property
    def unheard(self) -> int:
        return self.counts["unheard"]

    @property
    def decided(self) -> int:
        return sum(self.ended.values())

    @property
    def states(self) -> list[int]:
        """How many ended in which way, in the order of `STATES`."""
        return [sum(n for name, n in self.ended.items() if name.startswith(f"{state}/")) for state in STATES]

    @property
    def settled(self) -> dict[str, int]:
        """How many were settled by people, and how many by what else."""
        by = {
            "people": self.ended["approved/"] + self.ended["denied/owner_denied"],
            "glass": self.ended["approved/break_glass"], "grant": self.ended["approved/grant"],
            "rule": self.ended["approved/policy"] + self.ended["denied/policy_denied"],
        }  # fmt: skip
        by["nobody"] = sum(n for name, n in self.ended.items() if name.startswith(("expired/", "withdrawn/")))
        return by | {"console": self.decided - sum(by.values())}


@dataclass(frozen=True, slots=True)
class Place:
    """One checkpoint over the whole time."""

    id: int
    name: str
    asked: int
    approved: int
    denied: int
    expired: int
    unheard: int
    ended: int
    median: int | None
    p90: int | None

    @property
    def never_denied(self) -> bool:
        return self.approved >= QUIET and not self.denied


@dataclass(frozen=True, slots=True)
class Insights:
    """All of it. `people` are name and number of verdicts, by name; `others` how many more there are of each."""

    wanted: Wanted
    weeks: list[Week]
    whole: Week
    sizes: list[tuple[str, Took]]
    places: list[Place]
    people: list[tuple[str, int]]
    more_places: int
    more_people: int
    until: datetime | None
    everything: bool

    @property
    def place(self) -> Place | None:
        """The one checkpoint the page is about, when it is about one."""
        return self.places[0] if self.wanted.checkpoint and self.places else None

    @property
    def busiest(self) -> int:
        return max((count for _, count in self.people), default=0)


def read(*, user: User, wanted: Wanted, at: datetime) -> Insights | None:
    """Read the page; None for somebody who holds no duty and is no admin, or asks for what is not theirs.

    Admins see the counts of all checkpoints, as on the map; others of those where they hold a duty.
    """
    admin = access.is_admin(user)
    mine = None if admin else set(access.duties(user, at=at))
    if wanted.checkpoint is not None:
        mine = {wanted.checkpoint} if mine is None else mine & {wanted.checkpoint}
    if mine is not None and not mine:
        return None
    begin = _monday(at) - timedelta(weeks=wanted.weeks - 1)
    counts, took, people, places = rows.fetch(*_questions(begin, mine, weeks=wanted.weeks, sort=wanted.sort))
    weeks = [Week(begin + timedelta(weeks=n)) for n in range(wanted.weeks)]
    whole, sizes = Week(begin), {size: Took() for size in SIZES}
    _fill(weeks, whole, counts, took, sizes)
    return Insights(
        wanted, weeks, whole, list(sizes.items()), [Place(*map(_whole, row[:10])) for row in places],
        [(name, int(said)) for name, said, _ in people],
        more_places=max(0, places[0][10] - PLACES) if places else 0,
        more_people=max(0, people[0][2] - PEOPLE) if people else 0,
        until=_moment(counts[0][4]) if counts else None, everything=mine is None,
    )  # fmt: skip


def _questions(begin: date, mine: set[int] | None, *, weeks: int, sort: str) -> Iterable[rows.Question]:
    edges = [connection.ops.adapt_datefield_value(day) for day in (begin, begin + timedelta(weeks=weeks))]
    week = _WEEK[connection.vendor]
    narrow = "AND tally.checkpoint_id {any}" if mine is not None else ""
    only: list[Any] = [sorted(mine)] if mine is not None else []

    def text(of: str) -> str:
        return of.replace("{mine}", narrow).replace("{week}", week).replace("{order}", _ORDER[sort])

    yield text(_COUNTS), [edges[0], *edges, *only]
    yield text(_TOOK), [edges[0], *edges, *only]
    yield text(_PEOPLE), [*edges, *only]
    yield text(_PLACES), [*edges, *only, *edges, *only]


def _fill(weeks: list[Week], whole: Week, counts: rows.Answer, took: rows.Answer, sizes: dict[str, Took]) -> None:
    for place, what, name, count, _ in counts:
        for week in (weeks[int(place)], whole):
            if what == "ended":
                week.ended[name] += int(count)
            else:
                week.counts[what] += int(count)
    for place, size, seconds, count in took:
        for each in (weeks[int(place)].took, whole.took, sizes[size]):
            each.seconds[seconds] += int(count)


def _monday(at: datetime) -> date:
    today = at.astimezone(UTC).date()
    return today - timedelta(days=today.weekday())


def _moment(found: datetime | str | None) -> datetime | None:
    """SQLite gives the greatest time back as text: nothing tells it that this is one."""
    return datetime.fromisoformat(found).replace(tzinfo=UTC) if isinstance(found, str) else found


def _whole(value: Any) -> Any:
    """PostgreSQL adds whole numbers up to a decimal."""
    return value if value is None or isinstance(value, str) else int(value)
