"""Grants: what one owner may allow beforehand, within the bounds of the rule. Given, previewed, revoked.

A grant is one person's word, so it stands for exactly one approval, of asks like one that was approved.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from placet import canonical, jws

from accounts.models import Membership, User
from accounts.words import said

from . import access, keys, ledger
from .errors import AlreadyRevoked, BadGrant, NotAnOwner, NotGrantable, OwnAsk
from .models import Action, Grant, Policy, State
from .queries import grants as given
from .rules import covering, ids, policies

TYPE = "placet-grant+jwt"
SHORTEST = 60  # seconds
MOST_ALIKE = 20  # living grants for one server, kind and name at a checkpoint: intake reads them all at each ask

type Limits = Mapping[str, covering.Limit]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a grant shall be: how far each argument may go, how often in all and within an hour, and for how long."""

    uses: int
    seconds: int
    per_hour: int
    limits: Limits = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offer:
    """What this person may grant of this action: `arguments` may be widened, `bounds` are the rule's."""

    action: Action
    policy: Policy
    role: str
    bounds: policies.GrantBounds
    arguments: dict[str, Any]

    @property
    def params(self) -> dict[str, Any]:
        return json.loads(bytes(self.action.body))["value"]["params"]

    @property
    def final(self) -> bool:
        """Whether a grant can be given now; of a pending action it is only previewed."""
        return self.action.state == State.APPROVED


def offer(*, action_id: UUID, person: User, at: datetime) -> Offer:
    """Say what this person may grant of this action; NotGrantable says why nothing."""
    seen = access.action_seen_by(person, action_id, at=at)
    action = Action.objects.select_related("server", "checkpoint").get(pk=seen.pk)
    policy = Policy.objects.select_related("checkpoint").filter(checkpoint=action.checkpoint_id).latest("revision")
    _require_grantable(policy.rule)
    role = policy.rule.needs[0].role
    _require_word(person, action, policy.rule, role=role, at=at)
    _require_precedent(action)
    if action.edits.exists():
        raise NotGrantable(said("This was changed before its approval, so it is no example of what is asked."))
    params = json.loads(bytes(action.body))["value"]["params"]
    return Offer(action, policy, role, policy.rule.grants, covering.arguments(kind=action.kind, params=params))


def preview(*, offered: Offer, limits: Limits, person: User) -> given.Preview:
    """Say what a grant so far would have covered, had it been there before."""
    return given.preview(like=offered.action, covers=_covers(offered, limits), person=person)


def mark(*, offered: Offer, limits: Limits) -> str:
    """A digest of what is covered: who gives a grant has looked at the preview of just this."""
    return canonical.digest_bytes(_covers(offered, limits))


def create(*, action_id: UUID, person: User, terms: Terms, at: datetime) -> Grant:
    """Give a grant for asks like this action; it holds from now on, and is signed."""
    with transaction.atomic():
        offered = offer(action_id=action_id, person=person, at=at)
        if not offered.final:
            raise NotGrantable(said("This waits for its decision. Approve it first, then grant its like."))
        _require_few(offered, at=at)
        grant = _grant(offered, terms, person=person, at=at)
        grant.jws = jws.seal(_claims(grant, offered, by=person), typ=TYPE, signer=keys.signer())
        grant.save(force_insert=True)
        ledger.record(event="grant.given", actor=person.urn, action_id=action_id, dig=dig(grant), at=at)
    return grant


def revoke(*, grant_id: UUID, by: User, at: datetime) -> Grant:
    """End a grant at once. Whoever may approve at its checkpoint may do so, and any admin; no confirmation."""
    with transaction.atomic():
        row = given.one(user=by, grant_id=grant_id, at=at)
        if not row.revocable and row.grant.revoked_at is None:
            raise NotAnOwner(said("You may see this grant. Revoking it is for those who approve here, and for admins."))
        moved = Grant.objects.filter(pk=grant_id, revoked_at=None).update(revoked_at=at, revoked_by=by)
        if not moved:
            raise AlreadyRevoked()
        ledger.record(event="grant.revoked", actor=by.urn, dig=dig(row.grant), at=at)
    return row.grant


def dig(grant: Grant) -> str:
    """The digest by which the ledger names a grant: of its signed statement."""
    return canonical.digest_bytes(bytes(grant.jws))


def statement(*, grant_id: UUID, user: User, at: datetime) -> bytes:
    """Return the signed statement as it is stored."""
    return bytes(given.one(user=user, grant_id=grant_id, at=at).grant.jws)


def _require_grantable(rule: policies.Rule) -> None:
    if rule.retired or rule.effect != "review" or rule.grants is None:
        raise NotGrantable(
            said(
                "The policy of {checkpoint} allows no grants: each ask is decided by itself.",
                checkpoint=rule.checkpoint,
            )
        )
    if rule.need != 1:
        raise NotGrantable(
            said(
                "{checkpoint} needs {need} people to say yes, and a grant is one person’s word.",
                checkpoint=rule.checkpoint,
                need=rule.need,
            )
        )
    if rule.passkey == "required":
        raise NotGrantable(
            said(
                "{checkpoint} wants a passkey with every yes, and a grant is used without one.",
                checkpoint=rule.checkpoint,
            )
        )


def _require_word(person: User, action: Action, rule: policies.Rule, *, role: str, at: datetime) -> None:
    """Whoever grants could say this yes themselves: now, in their own right, of what others ask."""
    context = json.loads(bytes(action.context))["value"]
    names = (action.subject, context.get("origin", {}).get("principal", ""))
    if access.is_own(username=person.username, email=person.email, names=names):
        raise OwnAsk(said("This happened on your behalf, so another owner has to grant its like."))
    held = Membership.objects.filter(Membership.at(at), person=person, role__name=role)
    if not (person.is_active and held.exists()):
        raise NotGrantable(said("Only who holds {role} in their own right can give a grant here.", role=role))
    if rule.exclude_server_owner and action.server.owner_id == person.pk:
        raise NotGrantable(said("You own {server}, and the policy leaves its owner out.", server=action.server.name))


def _require_precedent(action: Action) -> None:
    """What was approved as the rule wants it; what waits is previewed only."""
    if action.state not in (State.APPROVED, State.PENDING):
        raise NotGrantable(
            said("This was {state}. Only an ask that was approved can be granted beforehand.", state=action.state)
        )
    if action.reason == "break_glass":
        raise NotGrantable(said("One person broke the glass here. That is an exception, and no example."))


def _require_few(offered: Offer, *, at: datetime) -> None:
    action = offered.action
    alike = Grant.objects.filter(server=action.server_id, kind=action.kind, name=action.name, revoked_at=None)
    if alike.filter(checkpoint=action.checkpoint_id, expires_at__gt=at).count() >= MOST_ALIKE:
        raise BadGrant(
            said("There are {most_alike} grants for such asks already. Revoke one first.", most_alike=MOST_ALIKE)
        )


def _covers(offered: Offer, limits: Limits) -> bytes:
    return covering.schema(kind=offered.action.kind, params=offered.params, limits=limits)


def _grant(offered: Offer, terms: Terms, *, person: User, at: datetime) -> Grant:
    bounds, action = offered.bounds, offered.action
    if not 1 <= terms.uses <= bounds.uses:
        raise BadGrant(said("The policy allows 1 to {uses} uses.", uses=bounds.uses), pointer="/uses")
    if not SHORTEST <= terms.seconds <= bounds.seconds:
        raise BadGrant(
            said("The policy does not allow it to last that long, or it is under a minute."), pointer="/seconds"
        )
    if not 1 <= terms.per_hour <= terms.uses:
        raise BadGrant(
            said("Within an hour there are at least one use, and at most as many as in all."), pointer="/per_hour"
        )
    return Grant(
        id=ids.uuid7(at=at, place=0, noise=os.urandom(8)), checkpoint=action.checkpoint, server=action.server,
        kind=action.kind, name=action.name, covers=_covers(offered, terms.limits), policy_dig=offered.policy.dig,
        role=offered.role, uses_most=terms.uses, per_hour=terms.per_hour, created_at=at, created_by=person,
        expires_at=at + timedelta(seconds=terms.seconds), like=action,
    )  # fmt: skip


def _claims(grant: Grant, offered: Offer, *, by: User) -> dict[str, Any]:
    """All that the grant says: whoever has this and the console's keys needs no database to know what was allowed."""
    return {
        "ver": 1,
        "iss": settings.PUBLIC_URL,
        "aud": grant.server.urn,
        "jti": str(grant.pk),
        "iat": int(grant.created_at.timestamp()),
        "exp": int(grant.expires_at.timestamp()),
        "by": by.urn,
        "role": grant.role,
        "pol": {"checkpoint": grant.checkpoint.name, "rev": offered.policy.revision, "dig": grant.policy_dig},
        "kind": grant.kind,
        "name": grant.name,
        "covers": json.loads(grant.covers),
        "uses": grant.uses_most,
        "per_hour": grant.per_hour,
        "like": {"id": str(grant.like_id), "dig": offered.action.dig},
    }
