"""Grants as pages show them: what they cover, each use, and what one would have covered had it been there before."""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from accounts.words import said

from .. import access
from ..errors import NotFound
from ..models import Action, Duty, Grant, GrantUse, Review, State
from ..rules import covering
from ..rules.sentences import Part, sentence
from .facets import Cursor

PAGE = 20
LATEST = 3  # uses that the list names; the grant's own page has all of them
LOOKED_AT = 20  # decided asks that a preview goes through
COUNTED = 1000  # a grant has no more uses than this

type Stand = Literal["open", "spent", "ended", "revoked"]


@dataclass(frozen=True, slots=True)
class Row:
    """One grant: how it stands, and its latest uses (of the page of one grant: all of them)."""

    grant: Grant
    used: int
    stand: Stand
    bounds: list[covering.Bound]
    uses: list[GrantUse]
    seen: bool
    revocable: bool

    @property
    def left(self) -> int:
        return self.grant.uses_most - self.used


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of the list. `part` is whether this reader has any: an admin, or a holder of some duty."""

    rows: list[Row]
    next: Cursor | None
    part: bool


@dataclass(frozen=True, slots=True)
class Denied:
    """An ask that a person denied, and the grant would have let through."""

    action: Action
    sentence: tuple[Part, ...]
    review: Review
    mine: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What a grant would have done to the last asks like this one."""

    looked_at: int
    covered: int
    denied: list[Denied]

    @property
    def mine(self) -> int:
        return sum(each.mine for each in self.denied)


def listed(*, user: User, at: datetime, after: Cursor | None = None) -> Listed:
    """Return the grants of the checkpoints on which this person holds a duty (an admin: all), newest first."""
    held = access.duties(user, at=at)
    found = _seen(user, held)
    if after is not None:
        found = found.filter(Q(created_at__lt=after.at) | Q(created_at=after.at, id__lt=after.id))
    grants = list(found[: PAGE + 1])
    last = grants[PAGE - 1] if len(grants) > PAGE else None
    rows = _rows(grants[:PAGE], user, held, most=LATEST, at=at)
    part = bool(held) or access.is_admin(user)
    return Listed(rows, Cursor(last.created_at, last.pk) if last else None, part)


def one(*, user: User, grant_id: UUID, at: datetime) -> Row:
    """Return one grant with all its uses; NotFound when this person may not see it."""
    held = access.duties(user, at=at)
    grants = list(_seen(user, held).filter(pk=grant_id))
    if not grants:
        raise NotFound(said("There is no such grant here."))
    return _rows(grants, user, held, most=COUNTED, at=at)[0]


def preview(*, like: Action, covers: bytes, person: User) -> Preview:
    """Say which of the last decided asks of this server, kind and name, at this checkpoint, would have been covered."""
    such = _such(like)
    covered = [action for action in such if covering.covers(covers, params=_body(action)["params"])]
    denials = Review.objects.filter(action__in=covered, verdict="deny").select_related("reviewer").defer("stmt")
    by_action = {review.action_id: review for review in denials}
    denied = [
        Denied(action, spoken(action), by_action[action.pk], mine=by_action[action.pk].reviewer_id == person.pk)
        for action in covered
        if action.pk in by_action
    ]
    return Preview(len(such), len(covered), denied)


def spoken(action: Action) -> tuple[Part, ...]:
    """The ask as one sentence."""
    return sentence(
        kind=action.kind, server=action.server.name, name=action.name, body=_body(action), subject=action.subject,
        state=action.state,
    )  # fmt: skip


def _such(like: Action) -> list[Action]:
    decided = Action.objects.filter(checkpoint=like.checkpoint_id).exclude(state=State.PENDING)
    same = decided.filter(server=like.server_id, kind=like.kind, name=like.name)
    found = same.select_related("server").defer("context").order_by("-settled_at", "-id")[:LOOKED_AT]
    return [action for action in found if not action.is_erased]


def _seen(user: User, held: dict[int, dict[str, str]]) -> QuerySet[Grant]:
    grants = Grant.objects.select_related("checkpoint", "server", "created_by", "revoked_by")
    return grants if access.is_admin(user) else grants.filter(checkpoint_id__in=held)


def _rows(grants: list[Grant], user: User, held: dict[int, dict[str, str]], *, most: int, at: datetime) -> list[Row]:
    ids = [grant.pk for grant in grants]
    counts = dict(
        GrantUse.objects.filter(grant_id__in=ids).values_list("grant_id").annotate(count=Count("pk")).order_by()
    )
    uses = _uses({pk: counts.get(pk, 0) for pk in ids}, most=most)
    return [_row(grant, counts.get(grant.pk, 0), uses[grant.pk], user, held, at=at) for grant in grants]


def _uses(counts: dict[UUID, int], *, most: int) -> dict[UUID, list[GrantUse]]:
    """The latest uses of each grant, in one query."""
    found: dict[UUID, list[GrantUse]] = defaultdict(list)
    latest = Q()
    for grant_id, count in counts.items():
        if count:
            latest |= Q(grant_id=grant_id, number__gt=count - most)
    if not latest:
        return found
    used = GrantUse.objects.filter(latest).select_related("action__outcome", "action__consumption")
    for use in used.defer("action__body", "action__context").order_by("-number"):
        found[use.grant_id].append(use)
    return found


def _row(
    grant: Grant, used: int, uses: list[GrantUse], user: User, held: dict[int, dict[str, str]], *, at: datetime
) -> Row:
    mine, stand = held.get(grant.checkpoint_id, {}), _stand(grant, used, at=at)
    return Row(
        grant=grant, used=used, stand=stand, bounds=covering.bounds(bytes(grant.covers)),
        uses=uses, seen=bool(mine), revocable=stand == "open" and (Duty.APPROVAL in mine or access.is_admin(user)),
    )  # fmt: skip


def _stand(grant: Grant, used: int, *, at: datetime) -> Stand:
    if grant.revoked_at is not None:
        return "revoked"
    if used >= grant.uses_most:
        return "spent"
    return "ended" if grant.expires_at <= at else "open"


def _body(action: Action) -> dict:
    return json.loads(bytes(action.body))["value"]
