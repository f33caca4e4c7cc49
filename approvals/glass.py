"""Breaking the glass: one person approves alone, loudly, where the rule allows it.

It is bounded and needs a reason; receipt, ledger and worklist name it as what it is; somebody else looks at it after.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from placet import canonical

from accounts import words
from accounts.models import User

from . import access, assignment, findings, ledger, rows, secrecy, settlement, signing, spoken
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

BASIS = "break_glass"
EVENT = "action.glass_broken"
MOST_AN_HOUR = 3  # glasses one person may break; more is no emergency of one person's any more
REASON_LIMIT = 500


def break_glass(
    *, action_id: UUID, person: User, reason: str, seen: str | None = None, at: datetime,
    signed: signing.Signed | None = None, opened: int = 0,
) -> Receipt:  # fmt: skip
    """Approve the action alone, with a reason. Only who holds the role that its rule names, and never their own ask.

    `seen` is the digest of what they were shown, `signed` their passkey's word for it, as in `verdicts.Given`.
    """
    said = _worded(reason)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=person.pk)  # one glass after the other, or nobody could count them
        action = _admitted(action_id, person=person, at=at)
        edit = spoken.newest_edit(action.pk)
        signing.require(action.policy.rule, verdict="approve", signed=signed is not None)
        review, stmt = _review(action, edit, person=person, reason=said, seen=seen, at=at, signed=signed, opened=opened)
        kept = settlement.statements_of([*spoken.current(action.reviews.all()), review])
        line = ledger.Line(event=EVENT, actor=person.urn, action_id=action.pk, dig=canonical.digest_bytes(stmt), at=at)
        case = settlement.Case(
            action=action, server_urn=action.server.urn, policy=action.policy, decision=State.APPROVED, reason=BASIS,
            actor=person.urn, reviews=kept, basis=BASIS, edited=edit.dig if edit else "",
        )  # fmt: skip
        (receipt,) = settlement.settle_many([case], at=at, beside=([review], [line]))
        findings.record([_finding(action, reason=said)], at=at)
    return receipt


def stated(*, action_id: UUID, person: User, seen: str | None, at: datetime, opened: int = 0) -> bytes:
    """The statement that breaking the glass would be recorded with, for a passkey to sign; nothing is recorded."""
    with transaction.atomic():
        action = _admitted(action_id, person=person, at=at)
        edit = spoken.newest_edit(action.pk)
        _, stmt = _review(action, edit, person=person, reason="", seen=seen, at=at, signed=None, opened=opened)
    return stmt


def may_break(*, action: Action, person: User, at: datetime) -> bool:
    """Whether a page should offer it: the role is theirs, and the action waits. The verb asks for the rest."""
    rule = action.policy.rule if action.policy else None
    if rule is None or rule.break_glass is None or action.state != State.PENDING or at >= action.deadline_at:
        return False
    return access.rights(users=[person], action_ids=[action.pk], at=at).may_break(person, action)


def _worded(reason: str) -> str:
    said = reason.strip()
    if not said:
        raise TextMissing(words.said("Say why it cannot wait for the others."), pointer="/reason")
    if len(said) > REASON_LIMIT:
        raise TextTooLong(
            words.said("Keep the reason under {reason_limit} characters.", reason_limit=REASON_LIMIT), pointer="/reason"
        )
    secrecy.require_none(said, at="/reason", who="glass")
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
        raise AlreadyReviewed(words.said("You have said yes to this already, so somebody else has to break the glass."))


def _review(
    action: Action, edit: Edit | None, *, person: User, reason: str, seen: str | None, at: datetime,
    signed: signing.Signed | None, opened: int = 0,
) -> tuple[Review, bytes]:  # fmt: skip
    """What they say, of the newest bytes, which are those they were shown."""
    dig, role = edit.dig if edit else "", action.policy.rule.break_glass
    shown = settlement.shown(action, policy=action.policy, edited=dig)
    if seen is not None and seen != shown:
        raise StaleView()
    statement = signing.statement(
        action, person=person, role=role, verdict="approve", shown=shown, edited=dig, at=at, signed=signed,
        more={"opened": opened, "basis": BASIS},
    )  # fmt: skip
    stmt = canonical.canonical(statement)
    counting = signing.read(rows.fetch(*signing.ask([person]))) if signed else []
    webauthn = signing.checked(stmt, signed, person=person, counting=counting) if signed else None
    said = Review(
        action_id=action.pk, reviewer_id=person.pk, role=role, verdict="approve", note=reason, shown=shown, stmt=stmt,
        edit=edit.number if edit else 0, webauthn=webauthn, opened=opened, at=at,
    )  # fmt: skip
    return said, stmt


def _finding(action: Action, *, reason: str) -> findings.Noted:
    return findings.Noted(
        code=Finding.Code.BREAK_GLASS, checkpoint_id=action.checkpoint_id, server_id=action.server_id,
        kind=action.kind, about=action.name, action_id=action.pk, detail=reason,
    )  # fmt: skip
