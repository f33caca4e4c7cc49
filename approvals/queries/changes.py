"""What admins propose and confirm: the list, what waits first; one change with its difference; who could confirm it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import User
from accounts.words import said

from .. import access
from ..errors import BadPolicy, NotFound
from ..models import Change, Checkpoint
from ..rules import differences, policies, readings, written

OPEN = (Change.State.PROPOSED, Change.State.CONFIRMED)
WAITING = 200
PAGE = 40

type Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """`waiting` is for a second admin, `scheduled` for its time (or, a token, for its author), `past` is over."""

    waiting: list[Change]
    scheduled: list[Change]
    past: list[Change]
    next: int | None


@dataclass(frozen=True, slots=True)
class Page:
    """One change as this admin sees it.

    `reading` is of the rule that shall stand, or of the one that shall go; `turns` are of a checkpoint, in words, and
    `differences` of a role or a server.
    """

    change: Change
    mine: bool
    admins: list[str]
    checkpoint: Checkpoint | None
    before: Document | None
    after: Document | None
    reading: readings.Reading | None
    turns: tuple[readings.Turn, ...]
    differences: list[differences.Difference]

    @property
    def others(self) -> list[str]:
        """Who could decide it."""
        return [name for name in self.admins if name != self.change.author.username]

    @property
    def lines(self) -> list[written.Line]:
        """The two documents, line by line."""
        return written.lines(self.before, self.after)


def listing(*, user: User, before: int | None = None) -> Listing:
    """Read the list, or a later page of what is over; three queries. NotFound for whoever is no admin."""
    _require_admin(user)
    over = _lean().exclude(state__in=OPEN)
    past = list((over.filter(pk__lt=before) if before else over).order_by("-id")[: PAGE + 1])
    open_ = [] if before else list(_lean().filter(state__in=OPEN).order_by("-id")[:WAITING])
    return Listing(
        [change for change in open_ if change.state == Change.State.PROPOSED],
        [change for change in open_ if change.state == Change.State.CONFIRMED],
        past[:PAGE], past[PAGE - 1].pk if len(past) > PAGE else None,
    )  # fmt: skip


def one(*, user: User, change_id: int) -> Change:
    """Return the change with its people; NotFound for whoever is no admin."""
    _require_admin(user)
    found = Change.objects.filter(pk=change_id).select_related("author", "decided_by").first()
    if found is None:
        raise NotFound(said("There is no such change here."))
    return found


def page(*, user: User, change: Change, before: Document | None, after: Document | None, at: datetime) -> Page:
    """Compare what stood with what shall stand; three queries at most."""
    named = User.objects.filter(is_staff=True, is_active=True).order_by("username")
    place = None
    if change.about == Change.About.CHECKPOINT:
        place = Checkpoint.objects.filter(name=change.subject).first()
    old, new = _rule(change, before), _rule(change, after)
    return Page(
        change=change, mine=change.author_id == user.pk, admins=list(named.values_list("username", flat=True)),
        checkpoint=place, before=before, after=after, reading=readings.read(new or old) if new or old else None,
        turns=readings.difference(old, new) if old and new else (), differences=_differences(change, before, after),
    )  # fmt: skip


def _rule(change: Change, document: Document | None) -> policies.Rule | None:
    """The rule of a document; None of another kind, and of one that is no longer read as it was written."""
    if change.about != Change.About.CHECKPOINT or document is None:
        return None
    try:
        return policies.read(document)
    except BadPolicy:
        return None


def _differences(change: Change, before: Document | None, after: Document | None) -> list[differences.Difference]:
    compare = {Change.About.ROLE: differences.role, Change.About.SERVER: differences.server}.get(change.about)
    return compare(before, after) if compare else []


def _lean() -> QuerySet[Change]:
    """Changes for a list: without their documents, but with what those tell of them."""
    told = Change.objects.annotate(new=Q(current=None), ends=Q(proposed=None))
    return told.select_related("author", "decided_by").defer("current", "proposed")


def _require_admin(user: User) -> None:
    if not access.is_admin(user):
        raise NotFound(said("There is no such page here."))
