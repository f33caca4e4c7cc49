"""Verdicts and comments of people: who may, on what they saw, and what follows from it."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from placet import canonical

from accounts.models import User

from . import access, ledger, nudge, rows, settlement
from .errors import (
    AlreadyReviewed,
    AlreadySettled,
    BadValidity,
    OwnAsk,
    Refusal,
    StaleView,
    TextMissing,
    TextTooLong,
    UnknownVerdict,
)  # fmt: skip
from .models import Action, Comment, Receipt, Review, State
from .rules import quorum, statements, timing

TEXT_LIMIT = 2000
NOTE_BYTES = 2000  # in JSON: a denial's note travels in the receipt, and a receipt has at most 16 KiB
VERDICTS = ("approve", "deny")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A verdict that counts now.

    `state` is pending while the quorum waits for others; `receipt` is there once settled.
    """

    action_id: UUID
    state: str
    approvals: int
    need: int
    receipt: Receipt | None


def record(
    *, action_id: UUID, reviewer: User, verdict: str, note: str = "", seen: str | None = None, at: datetime,
    valid_seconds: int | None = None,
) -> Recorded:  # fmt: skip
    """Record one person's verdict, and settle the action when it completes the quorum.

    `seen` is the digest of the view the person decided on (`settlement.shown`); None when the caller is a script that
    showed nothing and takes the stored bytes as they are. `valid_seconds` may shorten what policy allows.
    """
    _check(verdict=verdict, note=note, valid_seconds=valid_seconds)
    with transaction.atomic():
        action, role = access.action_for_review(user=reviewer, action_id=action_id)
        late = _expire(action, at=at)
        if not late:
            return _review(
                action,
                reviewer=reviewer,
                role=role,
                verdict=verdict,
                note=note.strip(),
                seen=seen,
                at=at,
                valid_seconds=valid_seconds,
            )
    raise late  # after the commit: the expiry stands, though the verdict came too late


def comment(*, action_id: UUID, author: User, text: str, at: datetime) -> Comment:
    """Say something to the other owners. No server ever reads it."""
    text = text.strip()
    if not text:
        raise TextMissing()
    if len(text) > TEXT_LIMIT:
        raise TextTooLong()
    with transaction.atomic():
        action = access.action_seen_by(author, action_id)
        said = Comment.objects.create(action=action, author=author, text=text, at=at)
        ledger.record(
            event="action.commented",
            actor=author.urn,
            action_id=action.pk,
            dig=canonical.digest("comment", text),
            at=at,
        )
        nudge.after_commit(event="commented", actions=[(action.pk, action.checkpoint_id)])
    return said


def _check(*, verdict: str, note: str, valid_seconds: int | None) -> None:
    if verdict not in VERDICTS:
        raise UnknownVerdict()
    if len(note) > TEXT_LIMIT:
        raise TextTooLong(pointer="/note")
    if verdict == "deny" and len(canonical.canonical(note)) > NOTE_BYTES:
        raise TextTooLong("Keep the reason under 2000 bytes: it travels in the receipt.", pointer="/note")
    if valid_seconds is not None and not 1 <= valid_seconds <= timing.APPROVAL_LIFE:
        raise BadValidity()


def _expire(action: Action, *, at: datetime) -> Refusal | None:
    """Settle as expired what the sweep has not met yet: no verdict counts from the deadline on."""
    if action.state != State.PENDING or at < action.deadline_at:
        return None
    settlement.settle(settlement.expired(action), at=at)
    return AlreadySettled(state=State.EXPIRED, at=at)


def _review(
    action: Action,
    *,
    reviewer: User,
    role: str,
    verdict: str,
    note: str,
    seen: str | None,
    at: datetime,
    valid_seconds: int | None,
) -> Recorded:
    earlier = _earlier(action)
    _admit(action, earlier=earlier, reviewer=reviewer, seen=seen)
    review = _write(action, reviewer=reviewer, role=role, verdict=verdict, note=note, at=at)
    everybody = [*earlier, review]
    state = quorum.outcome([r.verdict for r in everybody], need=action.policy.need)
    receipt = None
    if state == State.PENDING:
        nudge.after_commit(event="reviewed", actions=[(action.pk, action.checkpoint_id)])
    else:
        receipt = settlement.settle(_case(action, review, everybody, state=state, valid_seconds=valid_seconds), at=at)
    approvals = sum(r.verdict == "approve" for r in everybody)
    return Recorded(action.pk, state, approvals, action.policy.need, receipt)


def _earlier(action: Action) -> list[Review]:
    """The reviews before this one, which are rare: whether there is any costs a tenth of reading them."""
    (some,) = rows.fetch(("SELECT 1 FROM approvals_review WHERE action_id = %s LIMIT 1", [action.pk]))
    return list(action.reviews.select_related("reviewer")) if some else []


def _admit(action: Action, *, earlier: list[Review], reviewer: User, seen: str | None) -> None:
    if action.state != State.PENDING:
        names = tuple(r.reviewer.username for r in earlier)
        raise AlreadySettled(state=action.state, at=action.settled_at, by=names)
    if any(r.reviewer_id == reviewer.pk for r in earlier):
        raise AlreadyReviewed()
    context = canonical.parse(bytes(action.context), max_bytes=1 << 20)["value"]
    names = (action.subject, context.get("origin", {}).get("principal", ""))
    if access.is_own(username=reviewer.username, email=reviewer.email, names=names):
        raise OwnAsk()
    if seen is not None and seen != settlement.shown(action, policy=action.policy):
        raise StaleView()


def _write(action: Action, *, reviewer: User, role: str, verdict: str, note: str, at: datetime) -> Review:
    ask, policy = settlement.ask_of(action, server_urn=action.server.urn), settlement.policy_ref(action.policy)
    shown = settlement.shown(action, policy=action.policy)
    stmt = statements.review(
        ask, policy, issuer=settings.PUBLIC_URL, shown=shown, verdict=verdict, reviewer=reviewer.urn, role=role,
        at=at, expires=action.deadline_at, rnd=secrets.token_urlsafe(16),
    )  # fmt: skip
    review = Review(
        action=action, reviewer=reviewer, role=role, verdict=verdict, note=note, shown=shown,
        stmt=canonical.canonical(stmt), at=at,
    )  # fmt: skip
    line = ledger.Line(
        event=f"action.reviewed.{verdict}", actor=reviewer.urn, action_id=action.pk,
        dig=canonical.digest_bytes(bytes(review.stmt)), at=at,
    )  # fmt: skip
    rows.insert([review], [line])
    return review


def _case(
    action: Action, last: Review, everybody: list[Review], *, state: str, valid_seconds: int | None
) -> settlement.Case:
    """A denial carries its reviewer's note to the server; an approval's notes stay among the owners."""
    denied = state == State.DENIED
    return settlement.Case(
        action=action, server_urn=action.server.urn, policy=action.policy, decision=state,
        reason="owner_denied" if denied else "", note=last.note if denied else "", actor=last.reviewer.urn,
        valid_seconds=valid_seconds, reviews=settlement.statements_of(everybody),
    )  # fmt: skip
