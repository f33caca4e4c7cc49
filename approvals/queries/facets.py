"""What a reader narrows a list to, and where the next page of it starts."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import User

from .. import access
from ..models import Action, Duty, Kind, State

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

    @classmethod
    def read(cls, query: dict[str, str]) -> "Facets":
        def one_of(name: str, known: tuple[str, ...] | list[str]) -> str:
            return query.get(name, "") if query.get(name) in known else ""

        def text(name: str, limit: int) -> str:
            return query.get(name, "").replace("\0", "").strip()[:limit]  # PostgreSQL holds no NUL

        decided = query.get("view") == "decided"
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
        )

    @property
    def narrowed(self) -> bool:
        return bool(self.kind or self.server or self.role or self.search or self.state or self.since or self.last)

    def address(self, **changes: object) -> str:
        """The query string of this list with these changes."""
        changed = replace(self, **changes)
        said = {
            "view": "" if changed.view == "open" else changed.view, "part": changed.part, "kind": changed.kind,
            "server": changed.server, "role": changed.role, "q": changed.search, "state": changed.state,
            "since": changed.since or "", "last": changed.last or "", "after": str(changed.after or ""),
        }  # fmt: skip
        return "?" + urlencode({name: value for name, value in said.items() if value})

    def narrow(self, actions: QuerySet[Action]) -> QuerySet[Action]:
        if self.kind:
            actions = actions.filter(kind=self.kind)
        if self.server:
            actions = actions.filter(server__name=self.server)
        if self.state:
            actions = actions.filter(state=self.state)
        if self.role:
            actions = actions.filter(checkpoint_id__in=access.decided_by(self.role))
        return actions.filter(self._found()) if self.search else actions

    def between(self, actions: QuerySet[Action]) -> QuerySet[Action]:
        """Only what was decided on these days, which are whole ones in UTC."""
        if self.since:
            actions = actions.filter(settled_at__gte=midnight(self.since))
        return actions.filter(settled_at__lt=midnight(self.last + timedelta(days=1))) if self.last else actions

    def _found(self) -> Q:
        try:
            return Q(pk=UUID(self.search))
        except ValueError:
            words = Q(name__icontains=self.search) | Q(subject__icontains=self.search)
            return words | Q(session=self.search) | Q(server__name=self.search)


def day(text: str) -> date | None:
    """A day as a field of that type sends it. The calendar's last year is left out: nothing comes after it."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1970 < found.year < 9999 else None


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


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
