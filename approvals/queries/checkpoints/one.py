"""One checkpoint: its rule, who holds it and who held it, its revisions, and what happened there lately."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from accounts.words import said

from ... import access
from ...errors import NotFound
from ...models import Action, Change, Checkpoint, Grant, Policy, State
from ...rules import readings
from ...rules.policies import Rule
from . import holding

REVISIONS = 15
LATELY = timedelta(days=30)
COUNTED = 1_000
OPEN = (Change.State.PROPOSED, Change.State.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision, and what it changed; `turns` is None of the first."""

    policy: Policy
    turns: tuple[readings.Turn, ...] | None


@dataclass(frozen=True, slots=True)
class Then:
    """Who held the duties at an earlier moment, by the revision in force then; `policy` None: there was none."""

    at: datetime
    policy: Policy | None
    seats: list[holding.Seat]


@dataclass(frozen=True)
class Page:
    """What the page shows. `held` is which duties the reader has here."""

    checkpoint: Checkpoint
    policy: Policy
    admin: bool
    held: dict[str, str]
    seats: list[holding.Seat]
    warnings: list[str]
    revisions: list[Revision]
    older: int | None
    changes: list[Change]
    grants: list[Grant]
    decided: dict[str, int]
    waiting: int
    then: Then | None

    @property
    def rule(self) -> Rule:
        return self.policy.rule

    @cached_property
    def reading(self) -> readings.Reading:
        return readings.read(self.rule)

    @property
    def decisions(self) -> int:
        return sum(self.decided.values())


def read(
    *, user: User, checkpoint_id: int, at: datetime, then: datetime | None = None, before: int | None = None
) -> Page:
    """Read the page; NotFound unless the reader is an admin, or holds a duty here.

    `then` asks who held it at that moment; `before` continues the revisions below that one.
    """
    checkpoint, held = _seen_by(user, checkpoint_id, at=at)
    revisions = _revisions(checkpoint, before=before)
    policy = revisions[0] if before is None else checkpoint.policies.order_by("-revision")[0]
    people = holding.now([policy.rule], at=at)
    return Page(
        checkpoint=checkpoint, policy=policy, admin=access.is_admin(user), held=held,
        seats=holding.seats(policy.rule, people), warnings=holding.warnings(policy, people),
        revisions=_compared(revisions), older=revisions[REVISIONS - 1].revision if len(revisions) > REVISIONS else None,
        changes=_open_changes(checkpoint), grants=_grants(checkpoint, at=at), decided=_decided(checkpoint, at=at),
        waiting=Action.objects.filter(checkpoint=checkpoint, state=State.PENDING)[:COUNTED].count(),
        then=_then(checkpoint, then) if then else None,
    )  # fmt: skip


def newest(*, user: User, checkpoint_id: int) -> Policy:
    """Return the newest revision for an admin who is about to change it."""
    found = (
        Policy.objects.filter(checkpoint_id=checkpoint_id).select_related("checkpoint").order_by("-revision").first()
    )
    if found is None or not access.is_admin(user):
        raise NotFound(said("There is no such checkpoint here."))
    return found


def _seen_by(user: User, checkpoint_id: int, *, at: datetime) -> tuple[Checkpoint, dict[str, str]]:
    held = access.duties(user, at=at).get(checkpoint_id, {})
    found = Checkpoint.objects.filter(pk=checkpoint_id, policies__isnull=False).first()
    if found is None or not (held or access.is_admin(user)):
        raise NotFound(said("There is no such checkpoint here."))
    return found, held


def _revisions(checkpoint: Checkpoint, *, before: int | None) -> list[Policy]:
    """One more than a page shows: the last shown is compared with it."""
    found = checkpoint.policies.select_related("server", "created_by", "confirmed_by").order_by("-revision")
    return list((found if before is None else found.filter(revision__lt=before))[: REVISIONS + 1])


def _compared(found: Sequence[Policy]) -> list[Revision]:
    pairs = zip(found, [*found[1:], None], strict=False)
    turned = [
        Revision(policy, readings.difference(older.rule, policy.rule) if older else None) for policy, older in pairs
    ]
    return turned[:REVISIONS]


def _open_changes(checkpoint: Checkpoint) -> list[Change]:
    about = Change.objects.filter(about=Change.About.CHECKPOINT, subject=checkpoint.name, state__in=OPEN)
    return list(about.select_related("author").annotate(retires=Q(proposed=None)).defer("current", "proposed")[:10])


def _grants(checkpoint: Checkpoint, *, at: datetime) -> list[Grant]:
    live = Grant.objects.filter(checkpoint=checkpoint, revoked_at=None, expires_at__gt=at)
    used = live.select_related("server", "created_by").defer("covers", "jws").annotate(used=Count("uses"))
    return list(used.order_by("expires_at")[:20])


def _decided(checkpoint: Checkpoint, *, at: datetime) -> dict[str, int]:
    """How the latest asks here ended, at most so many."""
    ended = Action.objects.filter(checkpoint=checkpoint, settled_at__gte=at - LATELY).exclude(state=State.PENDING)
    recent = ended.order_by("-settled_at", "-id").values("pk")[:COUNTED]
    counted: QuerySet = Action.objects.filter(pk__in=recent).order_by().values_list("state")
    return dict(counted.annotate(count=Count("pk")))


def _then(checkpoint: Checkpoint, moment: datetime) -> Then:
    """From revisions and memberships alone: both say exactly what held at an earlier moment."""
    policy = checkpoint.policies.filter(created_at__lte=moment).order_by("-revision").first()
    if policy is None:
        return Then(moment, None, [])
    return Then(moment, policy, holding.seats(policy.rule, holding.earlier(policy.rule, at=moment)))
