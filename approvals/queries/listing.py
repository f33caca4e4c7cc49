"""Actions as the rows of a list: a sentence made of checked values, who said what, what the console noticed."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.words import said

from .. import access, spoken, voicing
from ..models import Action, How, Kind, Review, State
from ..rules import quorum
from ..rules.rendering.values import Sheet
from ..rules.sentences import Part, sentence
from . import bundles, drift, lean
from .drift import Drift

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
        named = quorum.turn(terms, quorum.count(terms, voicing.votes_of(self.reviews)))
        return " and ".join(named) if len(named) < len(rule.needs) else ""

    @property
    def handed(self) -> str:
        """What the last handover says to others; `action` was read with who looks after it."""
        how, who, to = (getattr(self.action, f"handed_{what}", None) for what in ("how", "by", "to"))
        if how == How.TOOK_OVER:
            return said("{name} took this over", name=who)
        return said("{name} handed this to {to}", name=who, to=to) if how == How.REASSIGNED else ""

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
    def high(self) -> bool:
        """Whether its rule calls the class high-risk."""
        return bool(self.action.policy) and self.action.policy.rule.risk == "high"

    @property
    def first(self) -> bool:
        """Whether its server was not seen with this kind and name before."""
        return bool(getattr(self.action, "first_seen", False))

    @property
    def noticed(self) -> bool:
        """Whether there is anything to say of it that one should see before opening it."""
        action, drift = self.action, self.drift
        told = (action.edits_made, action.warned, self.hidden, self.too_large, self.deprecated, self.high, self.first)
        return any(told) or bool(drift and (drift.changed or drift.first))

    @property
    def yeses(self) -> str:
        """Who said yes."""
        return ", ".join(review.reviewer.username for review in self.reviews)

    @property
    def lost(self) -> set[int]:
        """Ids of those who said yes to what somebody edited since, and have not said anything to what it is now."""
        return {review.reviewer_id for review in self.voided} - {review.reviewer_id for review in self.reviews}

    @property
    def denial(self) -> Review | None:
        return next((review for review in self.reviews if review.verdict == "deny"), None)


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of one session or bundle, which stand as one line until somebody opens it; or one row that stands alone."""

    rows: list[Row]

    @property
    def first(self) -> Row:
        """The one that is due soonest."""
        return self.rows[0]

    @property
    def folds(self) -> bool:
        return len(self.rows) > 1

    @property
    def key(self) -> str:
        return f"g{self.first.action.server_id}-{self.first.action.session or self.first.action.bundle}"

    @property
    def names(self) -> list[tuple[str, str, int]]:
        """What they are: kind, name and how many, the most frequent first."""
        counted = Counter((row.action.kind, row.action.name) for row in self.rows)
        return [(kind, name, count) for (kind, name), count in counted.most_common()]

    @property
    def open(self) -> list[Row]:
        return [row for row in self.rows if row.action.state == State.PENDING]

    @property
    def alarms(self) -> int:
        """How many of them have something that nobody should approve without looking."""
        return sum(bool(row.hidden or (row.drift and row.drift.changed)) for row in self.rows)


def folded(rows: Sequence[Row]) -> list[Group]:
    """The rows in their order; those of one session (or bundle) of one server stand where the first of them does."""
    groups: dict[tuple[int, str, object], list[Row]] = {}
    for row in rows:
        action = row.action
        belongs = action.session or action.bundle
        groups.setdefault((action.server_id, belongs, None if belongs else action.pk), []).append(row)
    return [Group(each) for each in groups.values()]


def told(actions: list[Action]) -> list[Row]:
    """Actions (read by `lean.rows`) as rows, in the order in which they come."""
    return rows_of(actions, reviews_of([action.pk for action in actions]), {})


def reviews_of(ids: list[UUID]) -> dict[UUID, list[Review]]:
    found: dict[UUID, list[Review]] = defaultdict(list)
    if ids:
        for review in Review.objects.filter(action_id__in=ids).select_related("reviewer").defer("stmt"):
            found[review.action_id].append(review)
    return found


def rows_of(actions: list[Action], reviews: dict[UUID, list[Review]], places: dict[UUID, bundles.Place]) -> list[Row]:
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
    hidden = _hidden(stored, body) if stored is not None and action.state == State.PENDING else 0
    of = max(place[1], bundles.size(value_of(said))) if place[0] and said is not None else place[1]
    threaded = bool(action.bundle and then and bundles.key_of(then) == bundles.key_of(action))
    return Row(
        action, words, hidden, lean.size(action), spoken.current(reviews), spoken.voided(reviews), drift.listed(action),
        place[0], of if of > 1 else 0, threaded, lean.is_erased(action),
    )  # fmt: skip


def _hidden(stored: bytes, body: Any) -> int:
    """How many values of it hold what nobody would have seen. Letters of a typewriter hide nothing: most asks are
    written in those alone, and need not be laid out to know it.
    """
    if stored.isascii() and b"\\" not in stored and b"\x7f" not in stored:
        return 0
    sheet = Sheet(body)
    sheet.rows()
    return sheet.alarms


def value_of(stored: bytes) -> Any:
    """The value inside stored canonical bytes (`{"@type", "value"}`)."""
    return json.loads(bytes(stored))["value"]
