"""Breaking the glass: one person approves alone, loudly, where the rule allows it.

It is bounded and needs a reason; receipt, ledger and worklist name it as what it is; somebody else looks at it after.
"""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from placet import canonical

from accounts.models import User

from . import access, assignment, findings, ledger, rows, settlement, spoken
from .errors import (
    AlreadyReviewed,
    AlreadySettled,
    NoBreakGlass,
    OwnAsk,
    OwnServer,
    StaleView,
    TextMissing,
    TextTooLong,
    TooManyBroken,
)  # fmt: skip
from .models import Action, Edit, Entry, Finding, Receipt, Review, State
from .rules import statements

BASIS = "break_glass"
EVENT = "action.glass_broken"
MOST_AN_HOUR = 3  # glasses one person may break; more is no emergency of one person's any more
REASON_LIMIT = 500


def break_glass(*, action_id: UUID, person: User, reason: str, seen: str | None = None, at: datetime) -> Receipt:
    """Approve the action alone, with a reason. Only who holds the role that its rule names, and never their own ask.

    `seen` is the digest of what they were shown, as in `reviews.Given`.
    """
    said = _worded(reason)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=person.pk)  # one glass after the other, or nobody could count them
        action = _admitted(action_id, person=person, at=at)
        edit = spoken.newest_edit(action.pk)
        review, stmt = _review(action, edit, person=person, reason=said, seen=seen, at=at)
        kept = settlement.statements_of([*spoken.current(action.reviews.all()), review])
        line = ledger.Line(event=EVENT, actor=person.urn, action_id=action.pk, dig=canonical.digest_bytes(stmt), at=at)
        case = settlement.Case(
            action=action, server_urn=action.server.urn, policy=action.policy, decision=State.APPROVED, reason=BASIS,
            actor=person.urn, reviews=kept, basis=BASIS, edited=edit.dig if edit else "",
        )  # fmt: skip
        (receipt,) = settlement.settle_many([case], at=at, after=([review], [line]))
        findings.record([_finding(action, reason=said)], at=at)
    return receipt


def may_break(*, action: Action, person: User, at: datetime) -> bool:
    """Whether a page should offer it: the role is theirs, and the action waits. The verb asks for the rest."""
    rule = action.policy.rule if action.policy else None
    if rule is None or rule.break_glass is None or action.state != State.PENDING or at >= action.deadline_at:
        return False
    return access.rights(users=[person], action_ids=[action.pk], at=at).may_break(person, action)


def _worded(reason: str) -> str:
    said = reason.strip()
    if not said:
        raise TextMissing("Say why it cannot wait for the others.", pointer="/reason")
    if len(said) > REASON_LIMIT:
        raise TextTooLong(f"Keep the reason under {REASON_LIMIT} characters.", pointer="/reason")
    return said


def _admitted(action_id: UUID, *, person: User, at: datetime) -> Action:
    """The action, locked, when this person may break its glass now."""
    locked, *held = rows.fetch(
        access.ask_locked([action_id]), *access.ask_rights(users=[person], action_ids=[action_id], at=at)
    )
    action, known = access.read_locked(locked).get(action_id), access.read_rights(*held, users=[person])
    access.must_see(user=person, action=action, known=known)
    if not known.may_break(person, action):
        raise NoBreakGlass()
    _require_waiting(action, at=at)
    _require_another(action, person=person)
    broken = Entry.objects.filter(
        event=EVENT, actor=person.urn, at__gt=at - timedelta(hours=1), action__reviews__reviewer=person
    )
    if broken.count() >= MOST_AN_HOUR:
        raise TooManyBroken()
    return action


def _require_waiting(action: Action, *, at: datetime) -> None:
    if action.state != State.PENDING:
        names = tuple(action.reviews.values_list("reviewer__username", flat=True))
        raise AlreadySettled(state=action.state, at=action.settled_at, by=names)
    if at >= action.deadline_at:
        raise AlreadySettled(state=State.EXPIRED, at=at)


def _require_another(action: Action, *, person: User) -> None:
    """Nobody breaks the glass for themselves; and who has said yes already has had their say."""
    if access.is_own(username=person.username, email=person.email, names=assignment.names_of(action)):
        raise OwnAsk()
    if action.policy.rule.exclude_server_owner and action.server.owner_id == person.pk:
        raise OwnServer()
    if any(review.reviewer_id == person.pk for review in spoken.current(action.reviews.all())):
        raise AlreadyReviewed("You have said yes to this already, so somebody else has to break the glass.")


def _review(
    action: Action, edit: Edit | None, *, person: User, reason: str, seen: str | None, at: datetime
) -> tuple[Review, bytes]:
    """What they say, of the newest bytes, which are those they were shown."""
    dig, role = edit.dig if edit else "", action.policy.rule.break_glass
    shown = settlement.shown(action, policy=action.policy, edited=dig)
    if seen is not None and seen != shown:
        raise StaleView()
    ask = settlement.ask_of(action, server_urn=action.server.urn, edited=dig)
    policy = settlement.policy_ref(action.policy)
    stmt = canonical.canonical(
        statements.review(
            ask, policy, issuer=settings.PUBLIC_URL, shown=shown, verdict="approve", reviewer=person.urn, role=role,
            at=at, expires=action.deadline_at, rnd=secrets.token_urlsafe(16),
        )
    )  # fmt: skip
    said = Review(
        action_id=action.pk, reviewer_id=person.pk, role=role, verdict="approve", note=reason, shown=shown, stmt=stmt,
        edit=edit.number if edit else 0, at=at,
    )  # fmt: skip
    return said, stmt


def _finding(action: Action, *, reason: str) -> findings.Noted:
    return findings.Noted(
        code=Finding.Code.BREAK_GLASS, checkpoint_id=action.checkpoint_id, server_id=action.server_id,
        kind=action.kind, about=action.name, action_id=action.pk, detail=reason,
    )  # fmt: skip
