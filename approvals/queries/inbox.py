"""The inbox: what waits for me, for my roles, for others; what was decided.

Eight queries, two for the session; one more when asks came in bundles.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Exists, Q, QuerySet

from accounts.models import Server, User

from .. import access, assignment, spoken
from ..models import Action, How, Kind, Review, State
from ..rules import quorum
from ..rules.rendering.values import Sheet
from ..rules.sentences import Part, sentence
from . import asked, bundles, drift, heads, lean
from .drift import Drift
from .facets import PARTS, Cursor, Desk, Facets

PAGE = {"mine": 25, "roles": 12, "others": 8}
WHOLE = 40  # rows when a list shows one part alone
KEPT = timedelta(minutes=10)  # settled rows stay this long on a page that was open
SEARCHED = 5_000  # decided actions of a checkpoint that a search goes through
SOONEST = 60  # pending actions of a checkpoint among which those are looked for that do not wait for me
EVERYTHING = Facets()
DEPRECATED = (Kind.SAMPLING, Kind.SAMPLING_RESULT)


@dataclass(frozen=True, slots=True)
class Row:
    """One action in a list."""

    action: Action
    sentence: tuple[Part, ...]
    hidden: int
    size: int
    reviews: list[Review]
    voided: list[Review]
    drift: Drift | None = None
    place: int = 0
    of: int = 0
    threaded: bool = False
    erased: bool = False

    @property
    def yes(self) -> int:
        return sum(review.verdict == "approve" for review in self.reviews)

    @property
    def turn(self) -> str:
        """The roles it still waits for, where there are several and not all have to say more."""
        rule = self.action.policy.rule if self.action.policy and self.reviews else None
        if rule is None or len(rule.needs) == 1:
            return ""
        terms = access.terms(rule)
        named = quorum.turn(terms, quorum.count(terms, assignment.votes_of(self.reviews)))
        return " and ".join(named) if len(named) < len(rule.needs) else ""

    @property
    def handed(self) -> str:
        """What the last handover says to others; `action` was read with who looks after it."""
        how, who, to = (getattr(self.action, f"handed_{what}", None) for what in ("how", "by", "to"))
        return {How.TOOK_OVER: f"{who} took this over", How.REASSIGNED: f"{who} handed this to {to}"}.get(how, "")

    @property
    def need(self) -> int:
        return self.action.policy.need if self.action.policy else 0

    @property
    def votes(self) -> list[bool]:
        return [index < self.yes for index in range(self.need)]

    @property
    def too_large(self) -> bool:
        return self.size > lean.READ

    @property
    def deprecated(self) -> bool:
        return self.action.kind in DEPRECATED

    @property
    def lost(self) -> set[int]:
        """Ids of those who said yes to what somebody edited since, and have not said anything to what it is now."""
        return {review.reviewer_id for review in self.voided} - {review.reviewer_id for review in self.reviews}

    @property
    def denial(self) -> Review | None:
        return next((review for review in self.reviews if review.verdict == "deny"), None)


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
    reviews = _reviews([action.pk for _, actions, _ in cut for action in actions] + [a.pk for a in gone])
    places = bundles.places(desk, [action for _, actions, _ in cut for action in actions] + gone)
    sections = [
        Section(part, _rows(_merged(part, actions, gone, desk), reviews, places), following)
        for part, actions, following in cut
    ]
    return Inbox(facets, sections, _servers(desk), desk.roles)


def told(actions: list[Action]) -> list[Row]:
    """Actions (read by `lean.rows`) as rows, in the order in which they come."""
    return _rows(actions, _reviews([action.pk for action in actions]), {})


def waiting(*, desk: Desk, facets: Facets = EVERYTHING, size: int) -> QuerySet[Action]:
    """What waits for this person: asked by name, may decide still, has not, and has not passed it on.

    The first `size` are among the rows. What they were asked beside their duties (an escalation, a handover) is looked
    for among the latest of those.
    """

    def mine(actions: QuerySet[Action]) -> QuerySet[Action]:
        pending = _pending(actions, facets).filter(Exists(asked.by_name(desk.user)), ~Exists(asked.said(desk.user)))
        return pending.exclude(pk__in=desk.passed) if desk.passed else pending

    return heads.first(desk.deciding, narrow=mine, key="deadline_at", size=size, beside=asked.beside(desk.user))


type Cut = tuple[str, list[Action], Cursor | None]


def _open(desk: Desk, facets: Facets) -> list[Cut]:
    return [_part(part, desk, facets) for part in ([facets.part] if facets.part else PARTS)]


def _part(part: str, desk: Desk, facets: Facets) -> Cut:
    size = WHOLE if facets.part else PAGE[part]
    if part == "mine":
        actions = waiting(desk=desk, facets=facets, size=size + 1)
    elif part == "roles":
        actions = _of_my_roles(desk, facets)
    else:
        actions = heads.first(
            desk.watching, narrow=partial(_pending, facets=facets), key="deadline_at", size=size + 1
        )  # fmt: skip
    return _cut(part, actions, key="deadline_at", size=size)


def _pending(actions: QuerySet[Action], facets: Facets) -> QuerySet[Action]:
    return facets.narrow(heads.after(actions.filter(state=State.PENDING), facets, key="deadline_at"))


def _of_my_roles(desk: Desk, facets: Facets) -> QuerySet[Action]:
    """What waits for my roles but not for me: said already, passed on, mine to leave, or asked before I held the role.

    Looked for among the soonest of each checkpoint: where nearly all waits for me, the rest would have to be searched
    for in all.
    """
    soonest = heads.first(desk.deciding, narrow=partial(_pending, facets=facets), key="deadline_at", size=SOONEST)
    elsewhere = ~Exists(asked.by_name(desk.user)) | Exists(asked.said(desk.user))
    return soonest.filter(elsewhere | Q(pk__in=desk.passed) if desk.passed else elsewhere)


def _decided(desk: Desk, facets: Facets) -> list[Cut]:
    def decided(actions: QuerySet[Action]) -> QuerySet[Action]:
        ended = facets.between(actions.exclude(state=State.PENDING))
        if facets.search:
            ended = ended.filter(pk__in=ended.order_by("-settled_at", "-id").values("pk")[:SEARCHED])
        return facets.narrow(heads.after(ended, facets, key="-settled_at"))

    actions = heads.first(desk.held.keys(), narrow=decided, key="-settled_at", size=WHOLE + 1)
    return [_cut("decided", actions, key="-settled_at", size=WHOLE)]


def _cut(part: str, actions: QuerySet[Action], *, key: str, size: int) -> Cut:
    """One page of a part, and the cursor of the next."""
    found = list(lean.rows(actions).order_by(*heads.order(key))[: size + 1])
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


def _reviews(ids: list[UUID]) -> dict[UUID, list[Review]]:
    found: dict[UUID, list[Review]] = defaultdict(list)
    if ids:
        for review in Review.objects.filter(action_id__in=ids).select_related("reviewer").defer("stmt"):
            found[review.action_id].append(review)
    return found


def _servers(desk: Desk) -> list[str]:
    """Names for the facet: the servers that ask, none for a person who sees nothing."""
    return list(Server.objects.filter(stopped_at=None).values_list("name", flat=True)[:50]) if desk.held else []


def _rows(actions: list[Action], reviews: dict[UUID, list[Review]], places: dict[UUID, bundles.Place]) -> list[Row]:
    following = [*actions[1:], None]  # one too many when there are none
    return [
        _row(action, reviews.get(action.pk, []), place=places.get(action.pk, (0, 0)), then=then)
        for action, then in zip(actions, following, strict=False)
    ]


def _row(action: Action, reviews: list[Review], *, place: bundles.Place, then: Action | None) -> Row:
    stored, said = lean.newest(action), lean.around(action)
    body = value_of(stored) if stored is not None else None
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
    of = max(place[1], bundles.size(value_of(said))) if place[0] and said is not None else place[1]
    threaded = bool(action.bundle and then and bundles.key_of(then) == bundles.key_of(action))
    return Row(
        action, words, hidden, lean.size(action), spoken.current(reviews), spoken.voided(reviews), drift.listed(action),
        place[0], of if of > 1 else 0, threaded, lean.is_erased(action),
    )  # fmt: skip


def value_of(stored: bytes) -> Any:
    """The value inside stored canonical bytes (`{"@type", "value"}`)."""
    return json.loads(bytes(stored))["value"]
