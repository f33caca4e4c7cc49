"""What a reader narrows a list to, and where the next page of it starts."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import DateTimeField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import User

from .. import access
from ..models import Action, Duty, Edit, Kind, Sighting, State, Timer

DUE = ("quarter", "hour", "today")
SQL_FLAGS = ("first", "edited", "soon")
ROW_FLAGS = ("hidden", "changed")  # what only the row itself can say: no index knows it
FLAGS = (*ROW_FLAGS, *SQL_FLAGS)
VIEWS = ("open", "decided")
PARTS = ("mine", "roles", "others")
ENDED = tuple(state for state in State.values if state != State.PENDING)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of a page: its time and id. Pages are found by key, never by counting."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        return f"{self.at.timestamp():.6f}~{self.id}"

    @classmethod
    def read(cls, text: str) -> "Cursor | None":
        moment, _, name = text.partition("~")
        try:
            return cls(datetime.fromtimestamp(float(moment), UTC), UUID(name))
        except (ValueError, OverflowError, OSError):
            return None


@dataclass(frozen=True, slots=True)
class Facets:
    """A list's filters as they stand in its address. What makes no sense there is as if absent."""

    view: str = "open"
    part: str = ""
    kind: str = ""
    server: str = ""
    role: str = ""
    search: str = ""
    state: str = ""
    since: date | None = None
    last: date | None = None
    after: Cursor | None = None
    due: str = ""
    flag: str = ""
    until: datetime | None = None
    choosing: bool = False

    @classmethod
    def read(cls, query: dict[str, str], *, at: datetime | None = None) -> "Facets":
        """Read an address. `at` is now, in the reader's zone: without it nothing is due within anything."""

        def one_of(name: str, known: tuple[str, ...] | list[str]) -> str:
            return query.get(name, "") if query.get(name) in known else ""

        def text(name: str, limit: int) -> str:
            return query.get(name, "").replace("\0", "").strip()[:limit]  # PostgreSQL holds no NUL

        decided = query.get("view") == "decided"
        due = one_of("due", DUE) if at and not decided else ""
        return cls(
            view=one_of("view", VIEWS) or "open",
            part=one_of("part", PARTS),
            kind=one_of("kind", Kind.values),
            server=text("server", 64),
            role=text("role", 150),
            search=text("q", 120),
            state=one_of("state", ENDED) if decided else "",
            since=day(query.get("since", "")) if decided else None,
            last=day(query.get("last", "")) if decided else None,
            after=Cursor.read(query.get("after", "")),
            due=due,
            flag="" if decided else one_of("flag", FLAGS),
            until=_within(due, at) if at and due else None,
            choosing=query.get("choose") == "1" and not decided,
        )

    @property
    def narrowed(self) -> bool:
        chosen = (self.kind, self.server, self.role, self.search, self.state, self.since, self.last)
        return any((*chosen, self.due, self.flag))

    @property
    def row_by_row(self) -> bool:
        """Whether each row has to be read before one knows whether it belongs here."""
        return self.flag in ROW_FLAGS

    def flags(self, row: Any) -> bool:
        """Whether a row (of `listing`) has the flag that is looked for row by row."""
        return bool(row.hidden) if self.flag == "hidden" else bool(row.drift and row.drift.changed)

    def address(self, **changes: object) -> str:
        """The query string of this list with these changes."""
        changed = replace(self, **changes)
        said = {
            "view": "" if changed.view == "open" else changed.view, "part": changed.part, "kind": changed.kind,
            "server": changed.server, "role": changed.role, "q": changed.search, "state": changed.state,
            "since": changed.since or "", "last": changed.last or "", "due": changed.due, "flag": changed.flag,
            "after": str(changed.after or ""),
        }  # fmt: skip
        return "?" + urlencode({name: value for name, value in said.items() if value})

    @property
    def lasting(self) -> str:
        """What of its address can be kept: all but where a page of it begins."""
        return self.address(after=None)

    @property
    def choose(self) -> str:
        """This list, with boxes to choose rows by."""
        return self.address() + ("&" if self.address() != "?" else "") + "choose=1"

    def narrow(self, actions: QuerySet[Action]) -> QuerySet[Action]:
        if self.kind:
            actions = actions.filter(kind=self.kind)
        if self.server:
            actions = actions.filter(server__name=self.server)
        if self.state:
            actions = actions.filter(state=self.state)
        if self.role:
            actions = actions.filter(checkpoint_id__in=access.decided_by(self.role))
        if self.until:
            actions = actions.filter(deadline_at__lt=self.until)
        if self.flag in SQL_FLAGS:
            actions = actions.filter(_FLAGGED[self.flag]())
        return actions.filter(self._found()) if self.search else actions

    def between(self, actions: QuerySet[Action]) -> QuerySet[Action]:
        """Only what was decided on these days, which are whole ones where the reader is."""
        if self.since:
            actions = actions.filter(settled_at__gte=midnight(self.since))
        return actions.filter(settled_at__lt=midnight(self.last + timedelta(days=1))) if self.last else actions

    def _found(self) -> Q:
        try:
            return Q(pk=UUID(self.search))
        except ValueError:
            words = Q(name__icontains=self.search) | Q(subject__icontains=self.search)
            return words | Q(session=self.search) | Q(server__name=self.search)


def _within(due: str, at: datetime) -> datetime:
    """Until when: a quarter of an hour, an hour, or the end of the reader's day."""
    if due == "today":
        return midnight(timezone.localdate(at) + timedelta(days=1))
    return at + timedelta(minutes={"quarter": 15, "hour": 60}[due])


def seen_before() -> Exists:
    """That its server was seen with this kind and name before it was asked."""
    before = ExpressionWrapper(OuterRef("created_at") - timedelta(seconds=1), output_field=DateTimeField())
    same = Sighting.objects.filter(server=OuterRef("server"), kind=OuterRef("kind"), name=OuterRef("name"))
    return Exists(same.filter(first_at__lt=before))


_FLAGGED: dict[str, Callable[[], Any]] = {
    "first": lambda: ~seen_before(),
    "edited": lambda: Exists(Edit.objects.filter(action=OuterRef("pk"))),
    "soon": lambda: Exists(Timer.objects.filter(action=OuterRef("pk"), step=0, fired_at__isnull=False)),
}


def day(text: str) -> date | None:
    """A day as a field of that type sends it. The calendar's last year is left out: nothing comes after it."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1970 < found.year < 9999 else None


def midnight(day: date, zone: tzinfo | None = None) -> datetime:
    """When a day begins in a zone; where none is named, where the reader is."""
    return datetime.combine(day, time(), zone or timezone.get_current_timezone())


@dataclass(frozen=True, slots=True)
class Desk:
    """What a person may see, resolved once a page: checkpoint id -> {duty: role}; and what they have passed on."""

    user: User
    held: dict[int, dict[str, str]]
    passed: frozenset[UUID] = frozenset()

    @classmethod
    def of(cls, user: User, *, at: datetime) -> "Desk":
        return cls(user, *access.desk(user, at=at))

    @property
    def deciding(self) -> set[int]:
        return {checkpoint for checkpoint, duties in self.held.items() if Duty.APPROVAL in duties}

    @property
    def watching(self) -> set[int]:
        return self.held.keys() - self.deciding

    @property
    def roles(self) -> list[str]:
        return sorted({role for duties in self.held.values() for role in duties.values()})
