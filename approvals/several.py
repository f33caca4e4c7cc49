"""One verdict of one person on many asks: each is recorded, or refused, by itself.

A no may be said to anything one may decide. Several yes at once are taken only where the rule calls the class low-risk,
and only to what the page that asks for them shows whole: its page shows every value of such an ask, as `shown` says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User

from . import access, looking, policy, reviews, settlement, verdicts
from .errors import NeedsOwnPage, NotFound, NotLowRisk, PasskeyMissing, Refusal
from .models import Action, State
from .queries import lean, listing
from .queries.listing import Row
from .rules.rendering.values import Rows, Sheet
from .verdicts import Given

MOST = 50  # asks at once


@dataclass(frozen=True, slots=True)
class Asked:
    """One of the chosen asks as the page shows it.

    `seen` is the digest of what is shown, `dig` that of what would run. `values` and `claims` are all of it when a yes
    could be given here; `refusal` says why it cannot. `live_at` is from when a yes is taken, where the rule wants it
    looked at for a while.
    """

    row: Row
    seen: str
    dig: str
    values: Rows | None = None
    claims: Rows | None = None
    refusal: Refusal | None = None
    live_at: datetime | None = None

    @property
    def action(self) -> Action:
        return self.row.action


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one of them: its state now, or why the verdict was not taken."""

    action_id: UUID
    state: str
    refusal: Refusal | None = None


def look(*, person: User, ids: Sequence[UUID], verdict: str, at: datetime) -> list[Asked]:
    """Read what this person chose and may see, in the order of their deadlines; the rest is not there for them.

    It is shown to them: where the rule wants it looked at for a while, that begins.
    """
    asked = _asked(person, ids, verdict, at=at)
    return [_looked_at(each, person=person, at=at) for each in asked] if verdict == "approve" else asked


def _asked(person: User, ids: Sequence[UUID], verdict: str, *, at: datetime) -> list[Asked]:
    wanted = list(dict.fromkeys(ids))[:MOST]
    known = access.rights(users=[person], action_ids=wanted, at=at)
    actions = [a for a in lean.rows(_chosen(wanted)).order_by("deadline_at", "id") if known.sees(person, a)]
    rows = listing.told(actions)
    if verdict != "approve":
        return [_plain(row) for row in rows]
    said = {each.pk: each for each in _chosen(wanted).only("id", "context", "context_dig")}
    low = _low_risk({each.checkpoint_id for each in actions})
    return [_shown(row, said[row.action.pk], low=low) for row in rows]


def decide(
    *, person: User, verdict: str, note: str, given: Sequence[tuple[UUID, str]], at: datetime
) -> list[Done]:  # fmt: skip
    """Say this to each of these (id, and the digest of what was seen); what one of them refuses stops no other.

    A note that none of them could take is refused for all.
    """
    wanted = dict(given[:MOST])
    if wanted:
        first, seen = next(iter(wanted.items()))
        verdicts.check(Given(action_id=first, reviewer=person, verdict=verdict, note=note, seen=seen))
    held = {}
    if verdict == "approve":
        asked = _asked(person, list(wanted), verdict, at=at)
        held = {each.action.pk: each.refusal for each in asked if each.refusal}
    return [
        Done(pk, "", held[pk]) if pk in held else _say(person, pk, verdict, note, seen, at=at)
        for pk, seen in wanted.items()
    ]


def _say(person: User, action_id: UUID, verdict: str, note: str, seen: str, *, at: datetime) -> Done:
    try:
        said = reviews.record(
            action_id=action_id, reviewer=person, verdict=verdict, note=note, seen=seen, opened=0, at=at
        )
    except Refusal as refusal:
        return Done(action_id, "", refusal)
    return Done(action_id, said.state)


def _chosen(ids: Sequence[UUID]) -> QuerySet[Action]:
    return Action.objects.filter(pk__in=ids)


def _low_risk(checkpoints: set[int | None]) -> set[int]:
    """Those of the checkpoints whose rules in force call their class low-risk: it may have stopped being so."""
    in_force = policy.book().policies.values()
    return {each.checkpoint_id for each in in_force if each.checkpoint_id in checkpoints and each.rule.risk == "low"}


def _plain(row: Row) -> Asked:
    action = row.action
    edited = action.edited_dig or ""
    return Asked(row, settlement.shown(action, policy=action.policy, edited=edited), edited or action.dig)


def _shown(row: Row, said: Action, *, low: set[int]) -> Asked:
    """All of it, or why a yes to it is not given here."""
    plain, stored = _plain(row), lean.newest(row.action)
    refusal = _own_page(row, low=low)
    if refusal or stored is None:
        return Asked(plain.row, plain.seen, plain.dig, refusal=refusal or NeedsOwnPage())
    body, context = Sheet(listing.value_of(stored)), Sheet(listing.value_of(said.context))
    values, claims = body.rows(), context.rows()
    if body.waiting or body.alarms or context.waiting or context.alarms:
        return Asked(plain.row, plain.seen, plain.dig, refusal=NeedsOwnPage())
    return Asked(plain.row, plain.seen, plain.dig, values, claims)


def _own_page(row: Row, *, low: set[int]) -> Refusal | None:
    """Why a yes to this one is given on its own page, as far as its row tells."""
    action = row.action
    if action.state != State.PENDING or action.policy is None:
        return None if action.policy else NotFound()
    if action.policy.rule.risk != "low" or action.checkpoint_id not in low:
        return NotLowRisk()
    if action.policy.rule.passkey == "required":
        return PasskeyMissing()
    changed = row.drift is not None and row.drift.changed
    return NeedsOwnPage() if row.hidden or row.too_large or row.erased or changed else None


def _looked_at(asked: Asked, *, person: User, at: datetime) -> Asked:
    """Note that they see it now, where the rule wants it looked at for a while."""
    if asked.refusal or asked.action.state != State.PENDING:
        return asked
    live = looking.look(asked.action, person=person, shown=asked.seen, at=at)
    if live is None or live <= at:
        return asked
    return Asked(asked.row, asked.seen, asked.dig, asked.values, asked.claims, None, live)
