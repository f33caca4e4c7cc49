"""Decided actions as records for other programs: digests and names, never payloads; read as they are written out."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from itertools import batched
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from ..models import Action, Edit, Review, State
from .asked import later_edit

HEADER = (
    "id", "checkpoint", "server", "kind", "name", "digest", "context_digest", "policy_revision", "policy_digest",
    "asked_at", "deadline_at", "decided_at", "decision", "reason", "basis", "reviewers", "receipt_id", "consumed_at",
    "outcome", "outcome_at", "edited_digest",
)  # fmt: skip
CHUNK = 500
_COLUMNS = (
    "pk", "checkpoint__name", "server__name", "kind", "name", "dig", "context_dig", "policy__revision", "policy__dig",
    "created_at", "deadline_at", "settled_at", "state", "reason", "receipt__jti", "consumption__at", "outcome__status",
    "outcome__at", "edited",
)  # fmt: skip
BASES = ("policy", "grant", "break_glass")


def table(
    checkpoints: Collection[int], *, since: datetime, until: datetime,
    narrow: Callable[[QuerySet[Action]], QuerySet[Action]] = lambda actions: actions,
) -> Iterator[tuple]:  # fmt: skip
    """Return the rows of what was decided there from `since` until before `until`, in the order of decisions.

    Memory stays the same however many there are: PostgreSQL keeps the result in a cursor, SQLite reads as it goes.
    """
    ended = Action.objects.filter(checkpoint_id__in=checkpoints, settled_at__gte=since, settled_at__lt=until)
    found = narrow(ended.exclude(state=State.PENDING)).order_by("settled_at", "pk")
    newest = Edit.objects.filter(action=OuterRef("pk")).order_by("-number")
    found = found.annotate(edited=Subquery(newest.values("dig")[:1]))
    for rows in batched(found.values_list(*_COLUMNS).iterator(chunk_size=CHUNK), CHUNK):
        said = _said([row[0] for row in rows])
        for row in rows:
            yield _record(row, said.get(row[0], []))


def _said(ids: Collection[Any]) -> dict[Any, list[str]]:
    """Action -> who said what, for whom when not for themselves, and whether it was of what somebody edited since."""
    found: dict[Any, list[str]] = defaultdict(list)
    reviews: QuerySet[Review] = Review.objects.filter(action_id__in=ids).order_by("at", "pk")
    columns = ("action_id", "reviewer__username", "verdict", "role", "on_behalf_of__username", "edited_since")
    read = reviews.annotate(edited_since=Exists(later_edit())).values_list(*columns)
    for action, reviewer, verdict, role, absent, void in read:
        since = ", before the edit" if void else ""
        found[action].append(f"{reviewer}{f' for {absent}' if absent else ''} {verdict} as {role}{since}")
    return found


def _record(row: tuple, said: list[str]) -> tuple:
    key, *named, asked, deadline, decided, state, reason, receipt, consumed, outcome, reported, edited = row
    basis = "" if state != State.APPROVED else reason if reason in BASES else "review"
    return (
        str(key), *named, _time(asked), _time(deadline), _time(decided), state, reason, basis, "; ".join(said),
        receipt, _time(consumed), outcome, _time(reported), edited,
    )  # fmt: skip


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
