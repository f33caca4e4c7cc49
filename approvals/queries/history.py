"""What went before: how earlier asks like this one ended, and hosts that were let through."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet

from ..models import Action, Review, State
from ..rules.rendering import addresses

REMEMBERED = timedelta(days=90)
COUNTED = 1_000  # decided asks that the history counts
LATELY = 6  # decisions of a checkpoint that are shown beside an ask
COMPARED = 200  # earlier links that a new one is compared with


@dataclass(frozen=True, slots=True)
class History:
    """How earlier asks of this server, kind and name ended; `last` is the latest approved one."""

    approved: int
    denied: int
    other: int
    capped: bool
    last: Action | None

    @property
    def first(self) -> bool:
        return not (self.approved or self.denied or self.other)


def _alike_asks(action: Action) -> QuerySet[Action]:
    """Decided asks at this checkpoint that were like this one, the latest first."""
    decided = Action.objects.filter(checkpoint=action.checkpoint).exclude(state=State.PENDING)
    same = decided.filter(server=action.server, kind=action.kind, name=action.name)
    before = same.filter(created_at__lt=action.created_at)
    return before.order_by("-settled_at", "-id")


def read(action: Action, *, at: datetime) -> History:
    recent = _alike_asks(action).filter(settled_at__gte=at - REMEMBERED)[:COUNTED]
    counts = dict(
        Action.objects.filter(pk__in=recent.values("pk")).order_by().values_list("state").annotate(count=Count("pk"))
    )
    approved, denied = counts.pop(State.APPROVED, 0), counts.pop(State.DENIED, 0)
    other = sum(counts.values())
    last = _alike_asks(action).filter(state=State.APPROVED).first() if approved else None
    return History(approved, denied, other, approved + denied + other >= COUNTED, last)


@dataclass(frozen=True, slots=True)
class Before:
    """What was decided at the same checkpoint: the action (without what it asked) and the last review of it."""

    action: Action
    review: Review | None


def lately(action: Action) -> list[Before]:
    """What was approved and denied last at this checkpoint, whoever asked for what, the latest first; two queries.

    Looked for among the latest that ended: where nearly all expires, the rest would have to be searched for in all.
    """
    ended = Action.objects.filter(checkpoint=action.checkpoint).exclude(state=State.PENDING)
    recent = Action.objects.filter(pk__in=ended.order_by("-settled_at", "-id").values("pk")[:COMPARED])
    known = recent.filter(state__in=(State.APPROVED, State.DENIED)).select_related("server").defer("body", "context")
    found = list(known.order_by("-settled_at", "-id")[:LATELY])
    reviews = Review.objects.filter(action_id__in=[each.pk for each in found]).select_related("reviewer").defer("stmt")
    last = {review.action_id: review for review in reviews.order_by("at", "pk")}
    return [Before(each, last.get(each.pk)) for each in found]


def alike(action: Action) -> str:
    """The host of an earlier link that a hurried eye would take this one for, "" when there is none."""
    decided = Action.objects.filter(checkpoint=action.checkpoint, server=action.server, state=State.APPROVED)
    earlier = decided.order_by("-settled_at", "-id").values_list("name", flat=True)[:COMPARED]
    mine = addresses.registrable(action.name)
    known = {addresses.registrable(host) for host in earlier} - {mine}
    return next((host for host in sorted(known) if addresses.drawn(host) == addresses.drawn(mine)), "")
