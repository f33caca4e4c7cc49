"""The logging owners' digest: what was asked and decided at their checkpoints, a day or a week at a time.

A fixed number of queries, each over the days that are shown.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Count, DurationField, ExpressionWrapper, F, Max, Q, QuerySet, Window
from django.db.models.functions import RowNumber, TruncDate, TruncWeek

from accounts.models import Membership, User
from accounts.words import said

from .. import access
from ..models import Action, Checkpoint, Duty, Outcome, Policy, Review, State
from ..rules import ids, timing

PERIODS = {"day": (timedelta(days=1), 7, TruncDate), "week": (timedelta(days=7), 6, TruncWeek)}
TOLD = 40  # changes of one period that are told; more are counted
BY_PEOPLE = Q(state=State.APPROVED, reason="") | Q(state=State.DENIED, reason="owner_denied")


@dataclass(frozen=True, slots=True)
class Told:
    """A change of a rule or of its owners: when, and in words."""

    at: datetime
    words: str
    by: str


@dataclass(slots=True)
class Period:
    """What happened from `starts` until before `ends`; times to decide are of asks that people decided."""

    starts: datetime
    ends: datetime
    asks: int = 0
    decided: Counter[str] = field(default_factory=Counter)
    basis: Counter[str] = field(default_factory=Counter)
    median: timedelta | None = None
    p95: timedelta | None = None
    people: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    failed: int = 0
    changes: list[Told] = field(default_factory=list)
    more: int = 0

    @property
    def quiet(self) -> bool:
        return not (self.asks or self.decided or self.changes or self.failed)

    @property
    def last_day(self) -> datetime:
        return self.ends - timedelta(days=1)

    @property
    def deciders(self) -> list[tuple[str, int, int]]:
        """Who said how often yes and no, the busiest first."""
        said = [(name, votes["approve"], votes["deny"]) for name, votes in self.people.items()]
        return sorted(said, key=lambda each: (-each[1] - each[2], each[0]))


@dataclass(frozen=True, slots=True)
class Digest:
    """Periods, the latest first. `until` is where the page before this one starts, "" when there is none older."""

    periods: list[Period]
    by: str
    checkpoint: str
    checkpoints: list[str]
    older: str
    newer: bool


def minded(user: User, *, at: datetime) -> dict[int, str]:
    """Return the checkpoints on which this person holds logging: id -> name."""
    held = [key for key, duties in access.duties(user, at=at).items() if Duty.LOGGING in duties]
    return dict(Checkpoint.objects.filter(pk__in=held).values_list("pk", "name")) if held else {}


def read(
    *, user: User, by: str = "day", checkpoint: str = "", until: date | None = None, at: datetime
) -> Digest | None:
    """Read one page of the digest; None for somebody who holds logging nowhere."""
    names = minded(user, at=at)
    if not names:
        return None
    by = by if by in PERIODS else "day"
    mine = {key for key, name in names.items() if not checkpoint or name == checkpoint}
    periods = _periods(by, until, at=at)
    _fill(periods, mine, by)
    first = Action.objects.filter(checkpoint_id__in=mine).order_by("pk").values_list("created_at", flat=True).first()
    older = periods[-1].starts if first and first < periods[-1].starts else None
    return Digest(
        periods, by, checkpoint, sorted(names.values()), older=older.date().isoformat() if older else "",
        newer=until is not None and periods[0].ends <= at,
    )  # fmt: skip


def _periods(by: str, until: date | None, *, at: datetime) -> list[Period]:
    """The last periods that begin before `until`; days and weeks are those of UTC, weeks begin on Monday."""
    length, count, _ = PERIODS[by]
    last = min(until, at.date() + timedelta(days=1)) - timedelta(days=1) if until else at.date()
    starts = datetime.combine(last - timedelta(days=last.weekday() if by == "week" else 0), time(), UTC)
    return [Period(starts - length * n, starts - length * (n - 1)) for n in range(count)]


def _fill(periods: list[Period], mine: Collection[int], by: str) -> None:
    by_day = {period.starts.date(): period for period in periods}
    begin, end = periods[-1].starts, periods[0].ends
    trunc = PERIODS[by][2]
    decided = Action.objects.filter(checkpoint_id__in=mine, settled_at__gte=begin, settled_at__lt=end)
    ended = decided.exclude(state=State.PENDING).annotate(day=trunc("settled_at", tzinfo=UTC)).order_by()
    for day, state, reason, count in ended.values_list("day", "state", "reason").annotate(count=Count("pk")):
        _count(by_day[_date(day)], state, reason, count)
    for day, count in _asks(mine, begin, end, trunc):
        by_day[_date(day)].asks += count
    for day, took, median in _times(ended):
        setattr(by_day[_date(day)], "median" if median else "p95", took)
    recent = {"action__checkpoint_id__in": mine, "at__gte": begin, "at__lt": end,
              "action_id__gte": ids.floor(begin - timing.LONGEST - timedelta(days=1))}  # fmt: skip
    for day, name, verdict, count in _grouped(Review.objects.filter(**recent), trunc, "reviewer__username", "verdict"):
        by_day[_date(day)].people[name][verdict] += count
    for day, count in _grouped(Outcome.objects.filter(**recent, status="failed"), trunc):
        by_day[_date(day)].failed += count
    for told in sorted(_changes(mine, begin, end), key=lambda each: each.at):
        _tell(next(period for period in periods if period.starts <= told.at), told)


def _count(period: Period, state: str, reason: str, count: int) -> None:
    period.decided[state] += count
    if state == State.APPROVED:
        period.basis[reason or "review"] += count


def _asks(mine: Collection[int], begin: datetime, end: datetime, trunc: type) -> Iterable[tuple[date, int]]:
    """What was asked, in two questions, each with an index of its own: what is decided, and what is pending yet."""
    asked = Action.objects.filter(checkpoint_id__in=mine, created_at__gte=begin, created_at__lt=end)
    known = asked.exclude(state=State.PENDING).filter(settled_at__gte=begin), asked.filter(state=State.PENDING)
    for some in known:
        by = some.annotate(day=trunc("created_at", tzinfo=UTC)).order_by()
        yield from by.values_list("day").annotate(count=Count("pk"))


def _times(ended: QuerySet[Action]) -> list[tuple[date, timedelta, bool]]:
    """Median and 95th percentile of the time people took, by nearest rank: (day, time, whether it is the median)."""
    took = ExpressionWrapper(F("settled_at") - F("created_at"), output_field=DurationField())
    ranked = ended.filter(BY_PEOPLE).annotate(
        took=took, place=Window(RowNumber(), partition_by=[F("day")], order_by=[F("took"), F("pk")]),
        of=Window(Count("pk"), partition_by=[F("day")]),
    )  # fmt: skip
    middle, high = (F("of") + 1) / 2, (F("of") * 95 + 99) / 100
    found = ranked.filter(Q(place=middle) | Q(place=high)).values_list("day", "took", "place", "of")
    return [
        (day, taken, median)
        for day, taken, place, of in found
        for median, rank in ((True, (of + 1) // 2), (False, (of * 95 + 99) // 100))
        if place == rank
    ]


def _grouped(found: QuerySet, trunc: type, *columns: str) -> QuerySet:
    by = found.annotate(day=trunc("at", tzinfo=UTC)).order_by()
    return by.values_list("day", *columns).annotate(count=Count("pk"))


def _changes(mine: Collection[int], begin: datetime, end: datetime) -> Iterable[Told]:
    """Revisions of the rules; and whoever came into or left a role that the rules in force name."""
    made = Policy.objects.filter(checkpoint_id__in=mine, created_at__gte=begin, created_at__lt=end)
    for each in made.select_related("checkpoint", "created_by", "confirmed_by"):
        name = each.checkpoint.name
        what = said("{checkpoint}: revision {revision} published", checkpoint=name, revision=each.revision)
        if each.retired:
            what = said("{checkpoint}: retired", checkpoint=name)
        by = each.created_by.username if each.created_by else said("the console")
        if each.confirmed_by:
            by = said("{by}, confirmed by {other}", by=by, other=each.confirmed_by.username)
        yield Told(each.created_at, what, by)
    yield from _owners(mine, begin, end)


def _owners(mine: Collection[int], begin: datetime, end: datetime) -> Iterable[Told]:
    newest = Policy.objects.filter(checkpoint_id__in=mine).order_by().values("checkpoint").annotate(last=Max("pk"))
    rules = [each.rule for each in Policy.objects.filter(pk__in=newest.values("last"))]
    named = {role for rule in rules for held in rule.roles.values() for role in held}
    came, left = Q(starts_at__gte=begin, starts_at__lt=end), Q(ends_at__gte=begin, ends_at__lt=end)
    held = Membership.objects.filter(came | left, role__name__in=named).exclude(ends_at=F("starts_at"))
    for each in held.select_related("role", "person", "created_by"):
        if begin <= each.starts_at < end:
            by = each.created_by.username if each.created_by else ""
            yield Told(
                each.starts_at, said("{person} holds {role}", person=each.person.username, role=each.role.name), by
            )
        if each.ends_at and begin <= each.ends_at < end:
            yield Told(
                each.ends_at,
                said("{person} no longer holds {role}", person=each.person.username, role=each.role.name),
                "",
            )


def _tell(period: Period, told: Told) -> None:
    if len(period.changes) < TOLD:
        period.changes.append(told)
    else:
        period.more += 1


def _date(day: date | datetime) -> date:
    return day.date() if isinstance(day, datetime) else day
