"""The worklist of what fell through: what is open, the oldest first; what was resolved, the latest first."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from accounts.models import User

from .. import findings
from ..models import Finding, Review

SIZE = 50
VIEWS = ("open", "resolved")
CHOICES = 200  # values of a filter that are offered


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader narrows the list to, as it stands in the address; `after` is the last row of the page before."""

    view: str = "open"
    code: str = ""
    checkpoint: str = ""
    server: str = ""
    after: tuple[datetime, int] | None = None

    @classmethod
    def read(cls, query: dict[str, str]) -> "Wanted":
        def text(name: str) -> str:
            return query.get(name, "").replace("\0", "").strip()[:150]

        return cls(
            view="resolved" if query.get("view") == "resolved" else "open",
            code=query["code"] if query.get("code") in Finding.Code.values else "",
            checkpoint=text("checkpoint"), server=text("server"), after=_cursor(query.get("after", "")),
        )  # fmt: skip

    @property
    def narrowed(self) -> bool:
        return bool(self.code or self.checkpoint or self.server)

    @property
    def resolved(self) -> bool:
        return self.view == "resolved"

    @property
    def all(self) -> str:
        """The address without filters."""
        return Wanted(view=self.view).address

    @property
    def address(self) -> str:
        """The query string of this very list."""
        said = {
            "view": self.view if self.resolved else "", "code": self.code, "checkpoint": self.checkpoint,
            "server": self.server, "after": f"{self.after[0].timestamp():.6f}~{self.after[1]}" if self.after else "",
        }  # fmt: skip
        return "?" + urlencode({name: value for name, value in said.items() if value})


@dataclass(frozen=True, slots=True)
class Line:
    """One finding. `opens` is whether its reader may open the action, `mine` that they broke the glass themselves."""

    finding: Finding
    opens: bool
    broke: User | None
    mine: bool


@dataclass(frozen=True, slots=True)
class Found:
    lines: list[Line]
    next: str
    open: int
    codes: list[tuple[str, str]]
    checkpoints: list[str]
    servers: list[str]


def read(*, user: User, wanted: Wanted, at: datetime) -> Found:
    """Read one page of the list, in a fixed number of queries."""
    seen = findings.seen_by(user, at=at)
    here = seen.filter(resolved_at__isnull=not wanted.resolved)
    page = list(_ordered(_narrowed(here, wanted), wanted)[: SIZE + 1])
    following = replace(wanted, after=_place(page[SIZE - 1], wanted)).address if len(page) > SIZE else ""
    broke = _breakers([finding for finding in page if finding.code == Finding.Code.BREAK_GLASS])
    lines = [_line(finding, broke.get(finding.action_id), user) for finding in page[:SIZE]]
    codes = dict(Finding.Code.choices)
    return Found(
        lines, following, open=seen.filter(resolved_at=None).count(),
        codes=[(code, str(codes[code])) for code in _offered(here, "code")],
        checkpoints=_offered(here, "checkpoint__name"), servers=_offered(here, "server__name"),
    )  # fmt: skip


def _narrowed(found: QuerySet[Finding], wanted: Wanted) -> QuerySet[Finding]:
    said = {"code": wanted.code, "checkpoint__name": wanted.checkpoint, "server__name": wanted.server}
    return found.filter(**{column: value for column, value in said.items() if value})


def _ordered(found: QuerySet[Finding], wanted: Wanted) -> QuerySet[Finding]:
    if wanted.after is not None:
        moment, key = wanted.after
        if wanted.resolved:
            found = found.filter(Q(resolved_at__lt=moment) | Q(resolved_at=moment, pk__lt=key))
        else:
            found = found.filter(Q(first_at__gt=moment) | Q(first_at=moment, pk__gt=key))
    lean = found.select_related("checkpoint", "server", "action", "resolved_by").defer(
        "action__body", "action__context"
    )
    return lean.order_by("-resolved_at", "-pk") if wanted.resolved else lean.order_by("first_at", "pk")


def _place(last: Finding, wanted: Wanted) -> tuple[datetime, int]:
    return (last.resolved_at if wanted.resolved else last.first_at), last.pk


def _breakers(broken: list[Finding]) -> dict[object, User]:
    """Who broke the glass: theirs is the last review of its action."""
    ids = [finding.action_id for finding in broken if finding.action_id]
    said = Review.objects.filter(action_id__in=ids).select_related("reviewer").defer("stmt").order_by("at", "pk")
    return {review.action_id: review.reviewer for review in said} if ids else {}


def _line(finding: Finding, broke: User | None, user: User) -> Line:
    """An action without a checkpoint is on nobody's desk, so nobody opens it."""
    opens = finding.action is not None and finding.action.checkpoint_id is not None
    return Line(finding, opens and finding.checkpoint_id is not None, broke, broke is not None and broke.pk == user.pk)


def _offered(found: QuerySet[Finding], column: str) -> list[str]:
    told = found.exclude(**{column: None}).order_by(column).values_list(column, flat=True).distinct()
    return list(told[:CHOICES])


def _cursor(text: str) -> tuple[datetime, int] | None:
    moment, _, key = text.partition("~")
    try:
        return datetime.fromtimestamp(float(moment), UTC), int(key)
    except (ValueError, OverflowError, OSError):
        return None
