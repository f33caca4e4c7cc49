"""The one move from pending to a decision.

The receipt is born in the same transaction as the state, the ledger line and the delivery.
"""

import json
import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from placet import canonical, receipts

from . import keys, ledger, nudge, rows, spoken
from .errors import AlreadySettled
from .models import Action, Delivery, Kind, Policy, Receipt, State
from .rules import shapes, statements, timing

# The state is a parameter, so that no plan takes an index of pending actions for the one of ids.
_MOVE = """
UPDATE approvals_action SET state = %s, reason = %s, settled_at = %s
 WHERE id {any} AND state = %s RETURNING 1
"""


class Stated(Protocol):
    """A review, as far as a receipt repeats it."""

    stmt: bytes
    webauthn: bytes | None


@dataclass(frozen=True, slots=True)
class Case:
    """An action and how it ends. `actor` is who made it end: `user:alice`, `console`, or a server's urn.

    `basis` is what an approval rests on: `reviewed`, `policy`, `grant` (then `grant` says which) or `break_glass`.
    `edited` is the digest of what an owner made of the ask, "" when it is as it was asked.
    """

    action: Action
    server_urn: str
    policy: Policy | None
    decision: str
    reason: str
    actor: str
    note: str = ""
    valid_seconds: int | None = None
    reviews: list[dict[str, Any]] = field(default_factory=list)
    basis: str = "reviewed"
    grant: statements.GrantRef | None = None
    edited: str = ""


def settle(case: Case, *, at: datetime) -> Receipt:
    """Settle one action; AlreadySettled when somebody was faster."""
    return settle_many([case], at=at)[0]


def settle_many(cases: list[Case], *, at: datetime, beside: Sequence[Sequence[rows.Row]] = ()) -> list[Receipt]:
    """Settle all of them or none. The rows are locked by the caller, or were inserted in this very transaction.

    What is written `beside` it, the reviews that decide them, comes first on record, in the same turn.
    """
    moves = _moves(cases, at=at)
    born = [_receipt(case, at=at) for case in cases]
    lines = [
        ledger.Line(
            event=f"action.{case.decision}", actor=case.actor, action_id=case.action.pk, at=at,
            dig=canonical.digest_bytes(bytes(receipt.jws)),
        )
        for case, receipt in zip(cases, born, strict=True)
    ]  # fmt: skip
    owed = [Delivery(action_id=case.action.pk, due_at=at) for case in cases]
    moved = rows.turn(rows.Together(tuple(moves), (*beside, born, owed, lines)))
    if sum(map(len, moved)) != len(cases):
        raise AlreadySettled(state=cases[0].decision, at=at)
    nudge.after_commit(event="settled", actions=[(c.action.pk, c.action.checkpoint_id) for c in cases])
    return born


def expired(action: Action, *, reviews: Iterable[Stated] | None = None) -> Case:
    """Return the case of an action whose deadline has passed.

    It keeps the reviews it had: they show who did say yes.
    """
    kept = spoken.current(action.reviews.all()) if reviews is None else reviews
    return Case(
        action=action, server_urn=action.server.urn, policy=action.policy, decision=State.EXPIRED, reason="expired",
        actor="console", reviews=statements_of(kept),
    )  # fmt: skip


def ask_of(action: Action, *, server_urn: str, edited: str = "") -> statements.Ask:
    """Return what statements say of the action; `edited` as in `Case`."""
    return statements.Ask(
        id=str(action.pk), nonce=action.nonce, dig=action.dig, context_dig=action.context_dig,
        method=shapes.METHODS[action.kind], name=action.name, server_urn=server_urn, subject=action.subject,
        edited=edited,
    )  # fmt: skip


def policy_ref(policy: Policy | None) -> statements.PolicyRef | None:
    """Return what statements say of the policy (its checkpoint must be loaded)."""
    if policy is None:
        return None
    return statements.PolicyRef(policy.checkpoint.name, policy.revision, policy.dig, policy.need)


def shown(action: Action, *, policy: Policy | None, edited: str = "") -> str:
    """Return the digest of what a reviewer is shown of this action; `edited` as in `Case`."""
    view = statements.view(ask_of(action, server_urn="", edited=edited), policy_ref(policy))
    return canonical.digest("view", view)


def statements_of(reviews: Iterable[Stated]) -> list[dict[str, Any]]:
    """Return the stored review statements, each with the assertion that signed it, as they go into a receipt."""
    return [
        {"stmt": json.loads(bytes(review.stmt))}
        | ({"webauthn": json.loads(bytes(review.webauthn))} if review.webauthn else {})
        for review in reviews
    ]


def _moves(cases: list[Case], *, at: datetime) -> list[rows.Question]:
    """One update for each way to end; every one answers a row for each action that was still pending."""
    groups: dict[tuple[str, str], list[UUID]] = defaultdict(list)
    for case in cases:
        groups[case.decision, case.reason].append(case.action.pk)
        case.action.state, case.action.reason, case.action.settled_at = case.decision, case.reason, at
    return [(_MOVE, [*ending, at, ids, State.PENDING]) for ending, ids in groups.items()]


def _receipt(case: Case, *, at: datetime) -> Receipt:
    signer, jti = keys.signer(), secrets.token_urlsafe(16)
    expires = _expires(case, at=at)
    approved = case.decision == State.APPROVED
    said: dict[str, Any] = {
        "issuer": settings.PUBLIC_URL, "jti": jti, "at": at, "expires": expires, "reviews": case.reviews,
    }  # fmt: skip
    ask, policy = ask_of(case.action, server_urn=case.server_urn, edited=case.edited), policy_ref(case.policy)
    if approved and policy:
        claims = statements.approval(
            ask, policy, basis=case.basis, grant=case.grant, review_result=_reviews_result(case), **said
        )
    else:
        claims = statements.denial(ask, policy, decision=case.decision, reason=case.reason, note=case.note, **said)
    jws = receipts.sign(claims, typ=receipts.APPROVAL if approved else receipts.DENIAL, signer=signer)
    return Receipt(
        action_id=case.action.pk,
        jti=jti,
        decision=case.decision,
        jws=jws,
        kid=signer.kid,
        created_at=at,
        expires_at=expires,
    )


def _reviews_result(case: Case) -> bool:
    """Whether what the model answers comes back for a review of its own before it goes on."""
    return bool(case.action.kind == Kind.SAMPLING and case.policy and case.policy.rule.review_result)


def _expires(case: Case, *, at: datetime) -> datetime:
    if case.decision == State.APPROVED and case.policy:
        seconds = min(case.valid_seconds or case.policy.valid_seconds, case.policy.valid_seconds)
        return timing.approval_expiry(at=at, valid_seconds=seconds, deadline_at=case.action.deadline_at)
    return at.replace(microsecond=0) + timedelta(seconds=timing.DENIAL_LIFE)
