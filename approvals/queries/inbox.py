"""The inbox: what waits for me, for my roles, for others; what was decided. Eight queries, two for the session."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import BinaryField, Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, When
from django.db.models.functions import Length

from accounts.models import Server, User

from ..models import Action, Assignment, Kind, Review, State
from ..rules.rendering.values import Sheet
from ..rules.sentences import Part, sentence
from .facets import Cursor, Desk, Facets

READ = 8 * 1024  # bytes of a body that a list reads; a larger ask gets a general sentence and says its size
PAGE = {"mine": 25, "roles": 12, "others": 8}
WHOLE = 40  # rows when a list shows one part alone
KEPT = timedelta(minutes=10)  # settled rows stay this long on a page that was open
SEARCHED = 5_000  # actions that a search without an index goes through
DEPRECATED = (Kind.SAMPLING, Kind.SAMPLING_RESULT)


@dataclass(frozen=True, slots=True)
class Row:
    """One action in a list."""

    action: Action
    sentence: tuple[Part, ...]
    hidden: int
    size: int
    reviews: list[Review]
    place: int = 0
    of: int = 0

    @property
    def yes(self) -> int:
        return sum(review.verdict == "approve" for review in self.reviews)

    @property
    def need(self) -> int:
        return self.action.policy.need if self.action.policy else 0

    @property
    def votes(self) -> list[bool]:
        return [index < self.yes for index in range(self.need)]

    @property
    def too_large(self) -> bool:
        return self.size > READ

    @property
    def deprecated(self) -> bool:
        return self.action.kind in DEPRECATED

    @property
    def denial(self) -> Review | None:
        return next((review for review in self.reviews if review.verdict == "deny"), None)

    @property
    def threaded(self) -> bool:
        """Whether the next row is of the same bundle."""
        return self.place < self.of


@dataclass(frozen=True, slots=True)
class Section:
    part: str
    rows: list[Row]
    next: Cursor | None

    @property
    def waiting(self) -> int:
        return sum(row.action.state == State.PENDING for row in self.rows)


@dataclass(frozen=True, slots=True)
class Inbox:
    facets: Facets
    sections: list[Section]
    servers: list[str]
    roles: list[str]

    @property
    def waiting(self) -> Section | None:
        return next((section for section in self.sections if section.part == "mine"), None)

    @property
    def mark(self) -> str:
        """Changes with what the list shows, but not with the clock."""
        shown = [(r.action.pk.hex, r.action.state, len(r.reviews)) for section in self.sections for r in section.rows]
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]

    @property
    def empty(self) -> bool:
        return not any(section.rows for section in self.sections)


def read(*, user: User, facets: Facets, at: datetime, kept: Iterable[UUID] = ()) -> Inbox:
    """Read the list. `kept` are rows an open page shows: those settled meanwhile stay where they were."""
    desk = Desk.of(user)
    cut = _decided(desk, facets) if facets.view == "decided" else _open(desk, facets, at=at)
    gone = _gone(desk, facets, kept, at=at)
    reviews = _reviews([action.pk for _, actions, _ in cut for action in actions] + [a.pk for a in gone])
    sections = [
        Section(part, _rows(_merged(part, actions, gone, desk), reviews), following) for part, actions, following in cut
    ]
    return Inbox(facets, sections, _servers(desk), desk.roles)


def waiting(*, user: User, desk: Desk | None = None) -> QuerySet[Action]:
    """What waits for this person: asked by name, may decide still, and has not."""
    desk = desk or Desk.of(user)
    return _deciding(desk).filter(Exists(_asked(user)), ~Exists(_said(user)))


type Cut = tuple[str, list[Action], Cursor | None]


def _open(desk: Desk, facets: Facets, *, at: datetime) -> list[Cut]:
    pending = Action.objects.filter(state=State.PENDING)
    mine = waiting(user=desk.user, desk=desk)
    parts = {
        "mine": mine if desk.deciding else None,
        "roles": _others_of_my_roles(desk, facets) if desk.deciding else None,
        "others": pending.filter(checkpoint_id__in=desk.watching) if desk.watching else None,
    }
    shown = [facets.part] if facets.part else list(parts)
    return [_cut(part, parts[part], facets, key="deadline_at") for part in shown]


def _deciding(desk: Desk) -> QuerySet[Action]:
    return Action.objects.filter(state=State.PENDING, checkpoint_id__in=desk.deciding)


def _others_of_my_roles(desk: Desk, facets: Facets) -> QuerySet[Action]:
    """What waits for my roles but not for me: said already, mine to leave, or asked before I held the role.

    Looked for among the soonest alone: where nearly all wait for me, the rest would have to be searched for in all.
    """
    soonest = _after(_deciding(desk), facets, key="deadline_at").order_by("deadline_at", "id")[:SEARCHED]
    rest = _deciding(desk).filter(pk__in=_ids(soonest))
    return rest.filter(~Exists(_asked(desk.user)) | Exists(_said(desk.user)))


def _ids(actions: QuerySet[Action]) -> QuerySet[Action]:
    return actions.values("pk")


def _decided(desk: Desk, facets: Facets) -> list[Cut]:
    decided = Action.objects.filter(checkpoint_id__in=desk.held).exclude(state=State.PENDING)
    if facets.search:
        decided = decided.filter(pk__in=_ids(decided.order_by("-settled_at", "-id"))[:SEARCHED])
    return [_cut("decided", decided if desk.held else None, facets, key="-settled_at")]


def _cut(part: str, actions: QuerySet[Action] | None, facets: Facets, *, key: str) -> Cut:
    """One page of a part, by key: rows after the cursor, and the cursor of the next page."""
    if actions is None:
        return part, [], None
    size = WHOLE if facets.part or facets.view == "decided" else PAGE[part]
    column = key.lstrip("-")
    order = (key, "-id" if key.startswith("-") else "id")
    found = list(_lean(facets.narrow(_after(actions, facets, key=key))).order_by(*order)[: size + 1])
    last = found[size - 1] if len(found) > size else None
    return part, found[:size], Cursor(getattr(last, column), last.pk) if last else None


def _after(actions: QuerySet[Action], facets: Facets, *, key: str) -> QuerySet[Action]:
    if facets.after is None:
        return actions
    column, side = key.lstrip("-"), "lt" if key.startswith("-") else "gt"
    same = Q(**{column: facets.after.at, f"id__{side}": facets.after.id})
    return actions.filter(Q(**{f"{column}__{side}": facets.after.at}) | same)


def _gone(desk: Desk, facets: Facets, kept: Iterable[UUID], *, at: datetime) -> list[Action]:
    ids = list(kept)[: sum(PAGE.values()) + WHOLE]
    if not ids or facets.view == "decided":
        return []
    settled = Action.objects.filter(pk__in=ids, checkpoint_id__in=desk.held, settled_at__gte=at - KEPT)
    return list(_lean(facets.narrow(settled)).annotate(was_mine=Exists(_asked(desk.user))))


def _asked(user: User) -> QuerySet[Assignment]:
    return Assignment.objects.filter(action=OuterRef("pk"), owner=user)


def _said(user: User) -> QuerySet[Review]:
    return Review.objects.filter(action=OuterRef("pk"), reviewer=user)


def _merged(part: str, actions: list[Action], gone: list[Action], desk: Desk) -> list[Action]:
    """Put what was settled meanwhile back into its place."""
    back = [action for action in gone if _part_of(action, desk) == part]
    return sorted([*actions, *back], key=lambda a: (a.deadline_at, a.pk)) if back else actions


def _part_of(action: Action, desk: Desk) -> str:
    if action.checkpoint_id not in desk.deciding:
        return "others"
    return "mine" if action.was_mine else "roles"


def _lean(actions: QuerySet[Action]) -> QuerySet[Action]:
    """Rows for a list: bodies only when small, and never the context."""
    size = Length("body", output_field=IntegerField())
    small = Case(When(size__lte=READ, then=F("body")), default=None, output_field=BinaryField(null=True))
    return actions.select_related("server", "policy", "checkpoint").defer("body", "context").annotate(
        size=size
    ).annotate(small=small)  # fmt: skip


def _reviews(ids: list[UUID]) -> dict[UUID, list[Review]]:
    found: dict[UUID, list[Review]] = defaultdict(list)
    if ids:
        for review in Review.objects.filter(action_id__in=ids).select_related("reviewer").defer("stmt"):
            found[review.action_id].append(review)
    return found


def _servers(desk: Desk) -> list[str]:
    """Names for the facet: the servers that ask, none for a person who sees nothing."""
    return list(Server.objects.filter(stopped_at=None).values_list("name", flat=True)[:50]) if desk.held else []


def _rows(actions: list[Action], reviews: dict[UUID, list[Review]]) -> list[Row]:
    bundles: dict[tuple[int, str], int] = defaultdict(int)
    for action in actions:
        bundles[action.server_id, action.bundle] += bool(action.bundle)
    seen: dict[tuple[int, str], int] = defaultdict(int)
    rows = []
    for action in actions:
        key = (action.server_id, action.bundle)
        seen[key] += 1
        of = bundles[key] if bundles[key] > 1 else 0
        rows.append(_row(action, reviews.get(action.pk, []), place=seen[key] if of else 0, of=of))
    return rows


def _row(action: Action, reviews: list[Review], *, place: int, of: int) -> Row:
    body = value_of(action.small) if action.small is not None else None
    words = sentence(
        kind=action.kind,
        server=action.server.name,
        name=action.name,
        body=body,
        subject=action.subject,
        state=action.state,
    )
    hidden = 0
    if body is not None and action.state == State.PENDING:
        sheet = Sheet(body)
        sheet.rows()
        hidden = sheet.alarms
    return Row(action, words, hidden, action.size, reviews, place, of)


def value_of(stored: bytes) -> Any:
    """The value inside stored canonical bytes (`{"@type", "value"}`)."""
    return json.loads(bytes(stored))["value"]
