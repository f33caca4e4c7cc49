"""Verdicts and comments of people: who may, on what they saw, and what follows from it.

Verdicts are recorded many at a time, in three turns with the database: read and lock, write, commit.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from placet import canonical

from accounts.models import User
from accounts.roles import Holder

from . import access, assignment, edits, ledger, nudge, rows, settlement, spoken
from .errors import (
    AlreadyReviewed,
    AlreadySettled,
    BadEdit,
    BadValidity,
    OwnAsk,
    PasskeyMissing,
    Refusal,
    StaleView,
    TextMissing,
    TextTooLong,
    UnknownVerdict,
)  # fmt: skip
from .models import Action, Comment, Receipt, State
from .rules import quorum, statements, timing
from .together import Together

TEXT_LIMIT = 2000
NOTE_BYTES = 2000  # in JSON: a denial's note travels in the receipt, and a receipt has at most 16 KiB
VERDICTS = ("approve", "deny")
TOGETHER = 32  # verdicts in one transaction at most
MOMENT = timedelta(seconds=1)  # verdicts further apart by their clocks are not taken as of one moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A verdict as a person hands it in.

    `seen` is the digest of the view the person decided on (`settlement.shown`); None when the caller is a script that
    showed nothing and takes the stored bytes as they are. `valid_seconds` may shorten what policy allows.
    `changes`, by JSON pointer, are what a yes is given to instead of what was seen (`edits`).
    """

    action_id: UUID
    reviewer: User
    verdict: str
    note: str = ""
    seen: str | None = None
    valid_seconds: int | None = None
    changes: Mapping[str, Any] | None = None


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
    valid_seconds: int | None = None, changes: Mapping[str, Any] | None = None,
) -> Recorded:  # fmt: skip
    """Record one person's verdict, and settle the action when it completes the quorum. See `Given`."""
    given = Given(
        action_id=action_id, reviewer=reviewer, verdict=verdict, note=note, seen=seen, valid_seconds=valid_seconds,
        changes=changes,
    )  # fmt: skip
    # Inside somebody's transaction this verdict is part of that, and of no other.
    answer = record_many(given=[given], at=at)[0] if connection.in_atomic_block else _together.ask((given, at))
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


def _of_one_moment(first: tuple[Given, datetime], other: tuple[Given, datetime]) -> bool:
    return abs(other[1] - first[1]) <= MOMENT


def _record_handed(handed: Sequence[tuple[Given, datetime]]) -> list[Answer]:
    return record_many(given=[given for given, _ in handed], at=max(at for _, at in handed))


#: Verdicts that several people hand in while another is being committed share the next commit.
_together = Together(
    _record_handed, limit=TOGETHER, fits=_of_one_moment, shared=(OperationalError, InterfaceError)
)  # fmt: skip


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
    if given.changes is not None and given.verdict != "approve":
        raise BadEdit("Only a yes changes anything. Say no with a reason instead.")
    if given.changes is not None and given.seen is None:
        raise StaleView("Say what you saw: an edit is of the newest bytes, and of no others.")


class _Desk:
    """What one transaction knows of the actions that lie on it, and is about to write."""

    def __init__(self, given: Sequence[Given], *, at: datetime) -> None:
        self.at = at
        ids, users = list({each.action_id for each in given}), [each.reviewer for each in given]
        locked, earlier, *held = rows.fetch(
            access.ask_locked(ids), spoken.ask_earlier(ids), *access.ask_rights(users=users, action_ids=ids, at=at)
        )
        self.actions, self.rights = access.read_locked(locked), access.read_rights(*held, users=users)
        self.heard = spoken.read_earlier(earlier)
        self.new: list[spoken.Said] = []
        self.edits: list[edits.Row] = []
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
        born = settlement.settle_many(
            self.cases, at=self.at, after=(self.edits, self.new, self.lines, self._asked_next(waiting))
        )
        nudge.after_commit(event="reviewed", actions=[(pk, self.actions[pk].checkpoint_id) for pk in waiting])
        return {receipt.action_id: receipt for receipt in born}

    def _asked_next(self, waiting: set[UUID]) -> list[assignment.Named]:
        """Whom the next need of a sequence asks, where these verdicts met the one before."""
        moved = [self.actions[pk] for pk in sorted(self.moved & waiting)]
        stages = {each.pk: self._stage(each) for each in moved}
        return assignment.ask_next(moved, stages, at=self.at) if moved else []

    def _stage(self, action: Action) -> list[str]:
        terms = self.rights.terms(action)
        return quorum.turn(terms, quorum.count(terms, self.heard[action.pk].votes))[:1]

    def _take(self, given: Given) -> Recorded:
        action = self.actions.get(given.action_id)
        voices = access.may_decide(user=given.reviewer, action=action, known=self.rights)
        heard = self.heard[action.pk]
        if action.state == State.PENDING and self.at >= action.deadline_at:
            # The sweep has not met it yet: no verdict counts from the deadline on.
            self._settle(settlement.expired(action, reviews=heard.said))
            raise AlreadySettled(state=State.EXPIRED, at=self.at)
        _admit(action, given, heard=heard)
        voices = assignment.theirs(action, voices)
        voice = self._voice(action, given, heard.votes, voices)
        if given.changes is not None:
            voice = self._edit(action, given, voices)
        self._write(action, given, voice=voice)
        return self._count(action, given)

    def _voice(self, action: Action, given: Given, votes: list[quorum.Vote], voices: list[Holder]) -> Holder:
        """In which role, and on whose behalf, this verdict counts; a refusal when it would not count."""
        terms = self.rights.terms(action)
        asked = assignment.in_turn(terms, votes, voices)
        if given.verdict == "deny":
            return (asked or voices)[0]
        return assignment.voice(terms, votes, asked, others=partial(assignment.everybody_for, action, at=self.at))

    def _edit(self, action: Action, given: Given, voices: list[Holder]) -> Holder:
        """Put the edited bytes in place of those that were seen. All begins anew; this is the first word on them."""
        edits.require_right(given.reviewer, action, self.rights)
        voice, heard = self._voice(action, given, [], voices), self.heard[action.pk]
        row = edits.row(
            action=action, number=heard.edit + 1, editor=given.reviewer, changes=given.changes or {}, at=self.at
        )
        heard.edited(number=row.number, dig=row.dig)
        self.edits.append(row)
        line = ledger.Line(
            event="action.edited", actor=given.reviewer.urn, action_id=action.pk, dig=row.dig, at=self.at
        )
        self.lines.append(line)
        return voice

    def _write(self, action: Action, given: Given, *, voice: Holder) -> None:
        heard, person = self.heard[action.pk], given.reviewer
        shown = settlement.shown(action, policy=action.policy, edited=heard.dig)
        said = _statement(action, given, voice=voice, shown=shown, edited=heard.dig, at=self.at)
        stmt = canonical.canonical(said)
        new = spoken.Said(
            action.pk, person.pk, person.username, given.verdict, given.note.strip(), stmt, voice.role,
            voice.on_behalf_of_id, heard.edit, shown, self.at,
        )  # fmt: skip
        heard.said.append(new)
        self.new.append(new)
        line = ledger.Line(
            event=f"action.reviewed.{given.verdict}", actor=person.urn, action_id=action.pk,
            dig=canonical.digest_bytes(stmt), at=self.at,
        )  # fmt: skip
        self.lines.append(line)

    def _count(self, action: Action, given: Given) -> Recorded:
        heard, terms = self.heard[action.pk], self.rights.terms(action)
        before, counted = (quorum.count(terms, votes) for votes in (heard.votes[:-1], heard.votes))
        if counted.state != State.PENDING:
            self._settle(_case(action, given, heard, state=counted.state))
        elif terms.sequential and quorum.turn(terms, before) != quorum.turn(terms, counted):
            self.moved.add(action.pk)
        need = action.policy.need
        return Recorded(action.pk, counted.state, need - counted.missing, need, None)

    def _settle(self, case: settlement.Case) -> None:
        """From here on, whoever comes next in this batch finds it settled."""
        case.action.state, case.action.settled_at = case.decision, self.at
        self.cases.append(case)


def _admit(action: Action, given: Given, *, heard: spoken.Heard) -> None:
    said = heard.said
    if action.state != State.PENDING:
        raise AlreadySettled(state=action.state, at=action.settled_at, by=tuple(each.username for each in said))
    if any(each.reviewer_id == given.reviewer.pk for each in said):
        raise AlreadyReviewed()
    if access.is_own(username=given.reviewer.username, email=given.reviewer.email, names=assignment.names_of(action)):
        raise OwnAsk()
    if given.seen is not None and given.seen != settlement.shown(action, policy=action.policy, edited=heard.dig):
        raise StaleView()
    if given.verdict == "approve" and action.policy.rule.passkey == "required":
        raise PasskeyMissing()


def _statement(
    action: Action, given: Given, *, voice: Holder, shown: str, edited: str, at: datetime
) -> dict[str, object]:  # fmt: skip
    ask = settlement.ask_of(action, server_urn=action.server.urn, edited=edited)
    policy = settlement.policy_ref(action.policy)
    return statements.review(
        ask, policy, issuer=settings.PUBLIC_URL, shown=shown, verdict=given.verdict, reviewer=given.reviewer.urn,
        role=voice.role, on_behalf_of=f"user:{voice.on_behalf_of}" if voice.on_behalf_of else None, at=at,
        expires=action.deadline_at, rnd=secrets.token_urlsafe(16),
    )  # fmt: skip


def _case(action: Action, last: Given, heard: spoken.Heard, *, state: str) -> settlement.Case:
    """A denial carries its reviewer's note to the server; an approval's notes stay among the owners."""
    denied = state == State.DENIED
    return settlement.Case(
        action=action, server_urn=action.server.urn, policy=action.policy, decision=state,
        reason="owner_denied" if denied else "", note=last.note.strip() if denied else "", actor=last.reviewer.urn,
        valid_seconds=last.valid_seconds, reviews=settlement.statements_of(heard.said),
        edited=heard.dig,
    )  # fmt: skip


def _with_receipt(answer: Answer, receipts: dict[UUID, Receipt]) -> Answer:
    settled = isinstance(answer, Recorded) and answer.state != State.PENDING
    return replace(answer, receipt=receipts[answer.action_id]) if settled else answer
