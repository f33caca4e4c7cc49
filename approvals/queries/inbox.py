"""The inbox: what waits for me, for my roles, for others; what was decided.

Eight queries, two for the session; one fewer when nothing that is listed came in a bundle.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from uuid import UUID

from django.db.models import Exists, Q, QuerySet

from accounts.models import User

from ..models import Action, State
from . import asked, bundles, heads, lean, shelf
from .facets import PARTS, Cursor, Desk, Facets, seen_before
from .listing import Group, Row, folded, reviews_of, rows_of, told, value_of

__all__ = ["Group", "Inbox", "Row", "Section", "read", "told", "value_of", "waiting"]

PAGE = {"mine": 25, "roles": 12, "others": 8}
WHOLE = 40  # rows when a list shows one part alone
SOUGHT = {"mine": 100, "roles": 50, "others": 50}  # rows among which one looks for a flag that no index knows
KEPT = timedelta(minutes=10)  # settled rows stay this long on a page that was open
SEARCHED = 5_000  # actions of a checkpoint, open or decided, that a search goes through
#: Pending actions of a checkpoint among which those are looked for that do not wait for me: so many of each at least,
#: and so many of all of them.
SOONEST, SOONEST_OF_ALL = 20, 600
EVERYTHING = Facets()


@dataclass(frozen=True, slots=True)
class Section:
    part: str
    rows: list[Row]
    next: Cursor | None

    @property
    def waiting(self) -> int:
        return sum(row.action.state == State.PENDING for row in self.rows)

    @property
    def groups(self) -> list[Group]:
        """Its lines: what is open folds by session or bundle, what was decided stands as it ended."""
        return [Group([row]) for row in self.rows] if self.part == "decided" else folded(self.rows)


@dataclass(frozen=True, slots=True)
class Inbox:
    """`sought` says among how many rows a flag was looked for that is computed row by row, 0 when all were."""

    facets: Facets
    sections: list[Section]
    servers: list[str]
    roles: list[str]
    views: list[shelf.View]
    sought: int = 0

    @property
    def waiting(self) -> Section | None:
        return next((section for section in self.sections if section.part == "mine"), None)

    @property
    def mark(self) -> str:
        """Changes with what the list shows, but not with the clock."""
        rows = [row for section in self.sections for row in section.rows]
        shown = [
            (r.action.pk.hex, r.action.state, len(r.reviews), r.handed, r.action.warned, r.action.edits_made)
            for r in rows
        ]
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]

    @property
    def empty(self) -> bool:
        return not any(section.rows for section in self.sections)


def read(*, user: User, facets: Facets, at: datetime, kept: Iterable[UUID] = ()) -> Inbox:
    """Read the list. `kept` are rows an open page shows: those settled meanwhile stay where they were."""
    desk = Desk.of(user, at=at)
    cut = _decided(desk, facets) if facets.view == "decided" else _open(desk, facets)
    gone = _gone(desk, facets, kept, at=at)
    reviews = reviews_of([action.pk for _, actions, _ in cut for action in actions] + [a.pk for a in gone])
    places = bundles.places(desk, [action for _, actions, _ in cut for action in actions] + gone)
    sections = [
        Section(part, rows_of(_merged(part, actions, gone, desk), reviews, places), following)
        for part, actions, following in cut
    ]
    held = shelf.read(user=user, servers=bool(desk.held))
    if not facets.row_by_row:
        return Inbox(facets, sections, held.servers, desk.roles, held.views)
    found = [Section(each.part, list(filter(facets.flags, each.rows)), None) for each in sections]
    sought = sum(len(each.rows) for each in sections) if any(each.next for each in sections) else 0
    return Inbox(facets, found, held.servers, desk.roles, held.views, sought)


def waiting(*, desk: Desk, facets: Facets = EVERYTHING, size: int) -> QuerySet[Action]:
    """What waits for this person: asked by name, may decide still, has not, and has not passed it on.

    The first `size` are among the rows. What they were asked beside their duties (an escalation, a handover) is looked
    for among the latest of those.
    """
    mine = partial(_mine, desk=desk, facets=facets)
    return heads.first(desk.deciding, narrow=mine, key="deadline_at", size=size, beside=asked.beside(desk.user))


def _mine(actions: QuerySet[Action], *, desk: Desk, facets: Facets) -> QuerySet[Action]:
    pending = _pending(actions, facets).filter(Exists(asked.by_name(desk.user)), ~Exists(asked.said(desk.user)))
    return pending.exclude(pk__in=desk.passed) if desk.passed else pending


type Cut = tuple[str, list[Action], Cursor | None]


def _open(desk: Desk, facets: Facets) -> list[Cut]:
    """All parts in one query: each by itself would cost as much again, to write, to send and to plan."""
    parts = (facets.part,) if facets.part else PARTS
    wanted = [(part, _size(part, facets)) for part in parts]
    deciding = desk.deciding
    first = [(_of(part, desk, deciding, facets, size=size), size + 1) for part, size in wanted]
    told = heads.together(first, within=_everything()).annotate(**asked.told(desk.user))
    found = list(told.order_by(*heads.order("deadline_at")))
    split = {part: [a for a in found if facets.part or _belongs(a, desk, deciding) == part] for part in parts}
    return [_cut(part, split[part], key="deadline_at", size=size) for part, size in wanted]


@lru_cache(maxsize=1)
def _everything() -> QuerySet[Action]:
    return lean.everything().annotate(first_seen=~seen_before())


def _size(part: str, facets: Facets) -> int:
    return SOUGHT[part] if facets.row_by_row else WHOLE if facets.part else PAGE[part]


def _of(part: str, desk: Desk, deciding: set[int], facets: Facets, *, size: int) -> heads.Heads | None:
    pending = partial(_pending, facets=facets)
    if part == "mine":
        mine = partial(_mine, desk=desk, facets=facets)
        return heads.told(deciding, narrow=mine, key="deadline_at", size=size + 1, beside=asked.beside(desk.user))
    if part == "others":
        return heads.told(desk.watching, narrow=pending, key="deadline_at", size=size + 1)
    # What waits for my roles but not for me: said already, passed on, mine to leave, or asked before I held the role.
    # Where nearly all waits for me, the rest would have to be searched for in all.
    most = max(SOONEST, SOONEST_OF_ALL // max(1, len(deciding)))
    return heads.told(deciding, narrow=pending, key="deadline_at", size=most, where=asked.elsewhere(desk))


def _belongs(action: Action, desk: Desk, deciding: set[int]) -> str:
    decides = action.checkpoint_id in deciding
    if action.named and not action.said_so and action.pk not in desk.passed and (decides or action.reached):
        return "mine"
    return "roles" if decides else "others"


def _pending(actions: QuerySet[Action], facets: Facets) -> QuerySet[Action]:
    pending = actions.filter(state=State.PENDING)
    if facets.search:
        pending = pending.filter(pk__in=pending.order_by("deadline_at", "id").values("pk")[:SEARCHED])
    return facets.narrow(heads.after(pending, facets, key="deadline_at"))


def _decided(desk: Desk, facets: Facets) -> list[Cut]:
    def decided(actions: QuerySet[Action]) -> QuerySet[Action]:
        ended = facets.between(actions.exclude(state=State.PENDING))
        if facets.search:
            ended = ended.filter(pk__in=ended.order_by("-settled_at", "-id").values("pk")[:SEARCHED])
        return facets.narrow(heads.after(ended, facets, key="-settled_at"))

    actions = heads.first(desk.held.keys(), narrow=decided, key="-settled_at", size=WHOLE + 1)
    found = list(lean.rows(actions).order_by(*heads.order("-settled_at"))[: WHOLE + 1])
    return [_cut("decided", found, key="-settled_at", size=WHOLE)]


def _cut(part: str, found: list[Action], *, key: str, size: int) -> Cut:
    """One page of a part, and the cursor of the next."""
    last = found[size - 1] if len(found) > size else None
    return part, found[:size], Cursor(getattr(last, key.lstrip("-")), last.pk) if last else None


def _gone(desk: Desk, facets: Facets, kept: Iterable[UUID], *, at: datetime) -> list[Action]:
    ids = list(kept)[: sum(PAGE.values()) + WHOLE]
    if not ids or facets.view == "decided":
        return []
    seen = Q(checkpoint_id__in=desk.held) | Exists(asked.by_name(desk.user))
    settled = Action.objects.filter(seen, pk__in=ids, settled_at__gte=at - KEPT)
    return list(lean.rows(facets.narrow(settled)).annotate(was_mine=Exists(asked.by_name(desk.user))))


def _merged(part: str, actions: list[Action], gone: list[Action], desk: Desk) -> list[Action]:
    """Put what was settled meanwhile back into its place."""
    back = [action for action in gone if _part_of(action, desk) == part]
    return sorted([*actions, *back], key=lambda a: (a.deadline_at, a.pk)) if back else actions


def _part_of(action: Action, desk: Desk) -> str:
    if action.was_mine:
        return "mine"
    return "roles" if action.checkpoint_id in desk.deciding else "others"
