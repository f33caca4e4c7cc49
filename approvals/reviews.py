"""Verdicts and comments of people: who may, on what they saw, and what follows from it.

Verdicts are recorded many at a time, in three turns with the database: read and lock, write, commit.
"""

import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import transaction
from placet import canonical

from accounts.models import User
from accounts.roles import Holder

from . import access, assignment, ledger, nudge, rows, settlement
from .errors import (
    AlreadyReviewed,
    AlreadySettled,
    BadValidity,
    OwnAsk,
    PasskeyMissing,
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
_EARLIER = """
SELECT review.action_id, review.reviewer_id, person.username, review.verdict, review.note, review.stmt, review.role,
       review.on_behalf_of_id
  FROM approvals_review AS review
  JOIN accounts_user AS person ON person.id = review.reviewer_id
 WHERE review.action_id {any}
 ORDER BY review.at, review.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A verdict as a person hands it in.

    `seen` is the digest of the view the person decided on (`settlement.shown`); None when the caller is a script that
    showed nothing and takes the stored bytes as they are. `valid_seconds` may shorten what policy allows.
    """

    action_id: UUID
    reviewer: User
    verdict: str
    note: str = ""
    seen: str | None = None
    valid_seconds: int | None = None


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


type Answer = Recorded | Refusal


def record(
    *, action_id: UUID, reviewer: User, verdict: str, note: str = "", seen: str | None = None, at: datetime,
    valid_seconds: int | None = None,
) -> Recorded:  # fmt: skip
    """Record one person's verdict, and settle the action when it completes the quorum. See `Given`."""
    given = Given(
        action_id=action_id, reviewer=reviewer, verdict=verdict, note=note, seen=seen, valid_seconds=valid_seconds
    )
    (answer,) = record_many(given=[given], at=at)
    if isinstance(answer, Refusal):
        raise answer
    return answer


def record_many(*, given: Sequence[Given], at: datetime) -> list[Answer]:
    """Record the verdicts in one transaction, each as if those before it were on record; answers stand in their order.

    A verdict that came too late is refused, and the expiry it met is settled in its place.
    """
    with transaction.atomic():
        desk = _Desk(given, at=at)
        answers = [desk.answer(each) for each in given]
        receipts = desk.write()
    return [_with_receipt(answer, receipts) for answer in answers]


def comment(*, action_id: UUID, author: User, text: str, at: datetime) -> Comment:
    """Say something to the other owners. No server ever reads it."""
    text = text.strip()
    if not text:
        raise TextMissing()
    if len(text) > TEXT_LIMIT:
        raise TextTooLong()
    with transaction.atomic():
        action = access.action_seen_by(author, action_id, at=at)
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


def _check(given: Given) -> None:
    if given.verdict not in VERDICTS:
        raise UnknownVerdict()
    if len(given.note) > TEXT_LIMIT:
        raise TextTooLong(pointer="/note")
    if given.verdict == "deny" and len(canonical.canonical(given.note)) > NOTE_BYTES:
        raise TextTooLong("Keep the reason under 2000 bytes: it travels in the receipt.", pointer="/note")
    if given.valid_seconds is not None and not 1 <= given.valid_seconds <= timing.APPROVAL_LIFE:
        raise BadValidity()


@dataclass(frozen=True, slots=True)
class _Said:
    """A row of the table of reviews, on its way there or from it (see `rows.Light`)."""

    table: ClassVar = Review
    action_id: UUID
    reviewer_id: int
    username: str
    verdict: str
    note: str
    stmt: bytes
    role: str
    on_behalf_of_id: int | None
    shown: str = ""
    at: datetime | None = None

    @property
    def vote(self) -> quorum.Vote:
        return quorum.Vote(self.reviewer_id, self.on_behalf_of_id or self.reviewer_id, self.role, self.verdict)


class _Desk:
    """What one transaction knows of the actions that lie on it, and is about to write."""

    def __init__(self, given: Sequence[Given], *, at: datetime) -> None:
        self.at = at
        ids, users = list({each.action_id for each in given}), [each.reviewer for each in given]
        locked, earlier, *held = rows.fetch(
            access.ask_locked(ids), (_EARLIER, [ids]), *access.ask_rights(users=users, action_ids=ids, at=at)
        )
        self.actions, self.rights = access.read_locked(locked), access.read_rights(*held, users=users)
        self.said: dict[UUID, list[_Said]] = defaultdict(list)
        for action_id, *rest in earlier:
            self.said[UUID(str(action_id))].append(_Said(UUID(str(action_id)), *rest))
        self.new: list[_Said] = []
        self.lines: list[ledger.Line] = []
        self.cases: list[settlement.Case] = []
        self.moved: set[UUID] = set()

    def answer(self, given: Given) -> Answer:
        try:
            _check(given)
            return self._take(given)
        except Refusal as refusal:
            return refusal

    def write(self) -> dict[UUID, Receipt]:
        """Write the reviews and settle what they decide; return the receipts by action."""
        going = {case.action.pk for case in self.cases}
        waiting = {each.action_id for each in self.new} - going
        born = settlement.settle_many(self.cases, at=self.at, after=(self.new, self.lines, self._asked_next(waiting)))
        nudge.after_commit(event="reviewed", actions=[(pk, self.actions[pk].checkpoint_id) for pk in waiting])
        return {receipt.action_id: receipt for receipt in born}

    def _asked_next(self, waiting: set[UUID]) -> list[assignment.Named]:
        """Whom the next need of a sequence asks, where these verdicts met the one before."""
        moved = [self.actions[pk] for pk in sorted(self.moved & waiting)]
        stages = {each.pk: self._stage(each) for each in moved}
        return assignment.ask_next(moved, stages, at=self.at) if moved else []

    def _stage(self, action: Action) -> list[str]:
        terms = self.rights.terms(action)
        return quorum.turn(terms, quorum.count(terms, [each.vote for each in self.said[action.pk]]))[:1]

    def _take(self, given: Given) -> Recorded:
        action = self.actions.get(given.action_id)
        voices = access.may_decide(user=given.reviewer, action=action, known=self.rights)
        said = self.said[action.pk]
        if action.state == State.PENDING and self.at >= action.deadline_at:
            # The sweep has not met it yet: no verdict counts from the deadline on.
            self._settle(settlement.expired(action, reviews=said))
            raise AlreadySettled(state=State.EXPIRED, at=self.at)
        shown = settlement.shown(action, policy=action.policy)
        _admit(action, given, said=said, shown=shown)
        voice = self._voice(action, given, assignment.theirs(action, voices))
        self._write(action, given, voice=voice, shown=shown)
        return self._count(action, given)

    def _voice(self, action: Action, given: Given, voices: list[Holder]) -> Holder:
        """In which role, and on whose behalf, this verdict counts; a refusal when it would not count."""
        terms, votes = self.rights.terms(action), [each.vote for each in self.said[action.pk]]
        asked = assignment.in_turn(terms, votes, voices)
        if given.verdict == "deny":
            return (asked or voices)[0]
        return assignment.voice(terms, votes, asked, others=partial(assignment.everybody_for, action, at=self.at))

    def _write(self, action: Action, given: Given, *, voice: Holder, shown: str) -> None:
        stmt = canonical.canonical(_statement(action, given, voice=voice, shown=shown, at=self.at))
        person = given.reviewer
        said = _Said(
            action.pk, person.pk, person.username, given.verdict, given.note.strip(), stmt, voice.role,
            voice.on_behalf_of_id, shown, self.at,
        )  # fmt: skip
        self.said[action.pk].append(said)
        self.new.append(said)
        line = ledger.Line(
            event=f"action.reviewed.{given.verdict}", actor=person.urn, action_id=action.pk,
            dig=canonical.digest_bytes(stmt), at=self.at,
        )  # fmt: skip
        self.lines.append(line)

    def _count(self, action: Action, given: Given) -> Recorded:
        said, terms = self.said[action.pk], self.rights.terms(action)
        before, counted = (quorum.count(terms, [each.vote for each in kept]) for kept in (said[:-1], said))
        if counted.state != State.PENDING:
            self._settle(_case(action, given, said, state=counted.state))
        elif terms.sequential and quorum.turn(terms, before) != quorum.turn(terms, counted):
            self.moved.add(action.pk)
        need = action.policy.need
        return Recorded(action.pk, counted.state, need - counted.missing, need, None)

    def _settle(self, case: settlement.Case) -> None:
        """From here on, whoever comes next in this batch finds it settled."""
        case.action.state, case.action.settled_at = case.decision, self.at
        self.cases.append(case)


def _admit(action: Action, given: Given, *, said: list[_Said], shown: str) -> None:
    if action.state != State.PENDING:
        raise AlreadySettled(state=action.state, at=action.settled_at, by=tuple(each.username for each in said))
    if any(each.reviewer_id == given.reviewer.pk for each in said):
        raise AlreadyReviewed()
    if access.is_own(username=given.reviewer.username, email=given.reviewer.email, names=assignment.names_of(action)):
        raise OwnAsk()
    if given.seen is not None and given.seen != shown:
        raise StaleView()
    if given.verdict == "approve" and action.policy.rule.passkey == "required":
        raise PasskeyMissing()


def _statement(action: Action, given: Given, *, voice: Holder, shown: str, at: datetime) -> dict[str, object]:
    ask, policy = settlement.ask_of(action, server_urn=action.server.urn), settlement.policy_ref(action.policy)
    return statements.review(
        ask, policy, issuer=settings.PUBLIC_URL, shown=shown, verdict=given.verdict, reviewer=given.reviewer.urn,
        role=voice.role, on_behalf_of=f"user:{voice.on_behalf_of}" if voice.on_behalf_of else None, at=at,
        expires=action.deadline_at, rnd=secrets.token_urlsafe(16),
    )  # fmt: skip


def _case(action: Action, last: Given, said: list[_Said], *, state: str) -> settlement.Case:
    """A denial carries its reviewer's note to the server; an approval's notes stay among the owners."""
    denied = state == State.DENIED
    return settlement.Case(
        action=action, server_urn=action.server.urn, policy=action.policy, decision=state,
        reason="owner_denied" if denied else "", note=last.note.strip() if denied else "", actor=last.reviewer.urn,
        valid_seconds=last.valid_seconds, reviews=settlement.statements_of(said),
    )  # fmt: skip


def _with_receipt(answer: Answer, receipts: dict[UUID, Receipt]) -> Answer:
    settled = isinstance(answer, Recorded) and answer.state != State.PENDING
    return replace(answer, receipt=receipts[answer.action_id]) if settled else answer
