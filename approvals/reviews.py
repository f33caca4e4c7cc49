"""Verdicts and comments of people: who may, on what they saw, and what follows from it.

Verdicts are recorded many at a time, in three turns with the database: read and lock, write, commit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from placet import canonical

from accounts.models import User
from accounts.roles import Holder

from . import (
    access,
    assignment,
    edits,
    ledger,
    looking,
    nudge,
    rows,
    secrecy,
    settlement,
    signing,
    spoken,
    verdicts,
    voicing,
)  # fmt: skip
from .errors import (
    AlreadyReviewed,
    AlreadySettled,
    OwnAsk,
    Refusal,
    StaleView,
    TextMissing,
    TextTooLong,
)  # fmt: skip
from .errors.sealed import Erased
from .models import Action, Comment, Erasure, Receipt, State
from .rules import quorum
from .together import Together
from .verdicts import TEXT_LIMIT, Answer, Given, Recorded

TOGETHER = 32  # verdicts in one transaction at most
MOMENT = timedelta(seconds=1)  # verdicts further apart by their clocks are not taken as of one moment


def record(
    *, action_id: UUID, reviewer: User, verdict: str, note: str = "", seen: str | None = None, at: datetime,
    valid_seconds: int | None = None, changes: Mapping[str, Any] | None = None, signed: signing.Signed | None = None,
    opened: int = 0,
) -> Recorded:  # fmt: skip
    """Record one person's verdict, and settle the action when it completes the quorum. See `Given`."""
    given = Given(
        action_id=action_id, reviewer=reviewer, verdict=verdict, note=note, seen=seen, valid_seconds=valid_seconds,
        changes=changes, signed=signed, opened=opened,
    )  # fmt: skip
    # Whoever waits in line holds a connection already: else those who wait could hold all that the first one needs.
    connection.ensure_connection()
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


def stated(*, given: Given, at: datetime) -> bytes:
    """The statement that this verdict would be recorded with now, as canonical bytes for a passkey to sign.

    Nothing is recorded; what recording would refuse is refused.
    """
    with transaction.atomic():
        desk = _Desk([given], at=at, foretelling=True)
        answer = desk.answer(given)
    if isinstance(answer, Refusal):
        raise answer
    return desk.new[0].stmt


def _of_one_moment(first: tuple[Given, datetime], other: tuple[Given, datetime]) -> bool:
    return abs(other[1] - first[1]) <= MOMENT


def _record_handed(handed: Sequence[tuple[Given, datetime]]) -> list[Answer]:
    return record_many(given=[given for given, _ in handed], at=max(at for _, at in handed))


#: Verdicts that several people hand in while another is being committed share the next commit.
_together = Together(
    _record_handed, limit=TOGETHER, fits=_of_one_moment, shared=(OperationalError, InterfaceError)
)  # fmt: skip


def comment(*, action_id: UUID, author: User, text: str, at: datetime) -> Comment:
    """Say something to the other owners. No server ever reads it.

    What was erased takes no more words: they would be the only ones that nobody can erase. The lock makes an erasure
    come before, or find them.
    """
    text = text.strip()
    if not text:
        raise TextMissing()
    if len(text) > TEXT_LIMIT:
        raise TextTooLong()
    secrecy.require_none(text, at="/text", who=author.urn)
    with transaction.atomic():
        action = access.action_seen_by(author, action_id, at=at)
        Action.objects.select_for_update(of=("self",)).only("pk").get(pk=action.pk)
        if Erasure.objects.filter(action=action).exists():
            raise Erased()
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


class _Desk:
    """What one transaction knows of the actions that lie on it, and is about to write."""

    def __init__(self, given: Sequence[Given], *, at: datetime, foretelling: bool = False) -> None:
        self.at, self.foretelling = at, foretelling
        ids, users = list({each.action_id for each in given}), [each.reviewer for each in given]
        rights = access.ask_rights(users=users, action_ids=ids, at=at)
        signers = signing.ask(each.reviewer for each in given if each.signed)
        others = rows.Together((spoken.ask_earlier(ids), *rights, *signers))  # they see what the lock waited for
        locked, earlier, *found = rows.turn(access.ask_locked(ids), others)
        self.actions = access.read_locked(locked)
        self.rights = access.read_rights(*found[: len(rights)], users=users)
        self.counting = signing.read(found[len(rights) :])
        self.heard = spoken.read_earlier(earlier)
        self.new: list[spoken.Said] = []
        self.edits: list[edits.Row] = []
        self.lines: list[ledger.Line] = []
        self.cases: list[settlement.Case] = []
        self.moved: set[UUID] = set()

    def answer(self, given: Given) -> Answer:
        try:
            verdicts.check(given)
            return self._take(given)
        except Refusal as refusal:
            return refusal

    def write(self) -> dict[UUID, Receipt]:
        """Write the reviews and settle what they decide; return the receipts by action."""
        going = {case.action.pk for case in self.cases}
        waiting = {each.action_id for each in self.new} - going
        born = settlement.settle_many(
            self.cases, at=self.at, beside=(self.edits, self.new, self.lines, self._asked_next(waiting))
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
        signing.require(action.policy.rule, verdict=given.verdict, signed=self.foretelling or given.signed is not None)
        if given.verdict == "approve":
            seen = settlement.shown(action, policy=action.policy, edited=heard.dig)
            looking.require(action, person=given.reviewer, shown=seen, at=self.at)
        voices = voicing.theirs(action, voices)
        if given.changes is not None:
            edits.require_right(given.reviewer, action, self.rights)
        # Whoever edits it has the first word on new bytes.
        voice = self._voice(action, given, heard.votes if given.changes is None else [], voices)
        edit = None if given.changes is None else self._edit(action, given)
        said = self._said(action, given, voice=voice, edit=edit)
        if edit:
            self._put(edit, given)
        self._write(said)
        return self._count(action, given)

    def _voice(self, action: Action, given: Given, votes: list[quorum.Vote], voices: list[Holder]) -> Holder:
        """In which role, and on whose behalf, this verdict counts; a refusal when it would not count."""
        terms = self.rights.terms(action)
        asked = voicing.in_turn(terms, votes, voices)
        if given.verdict == "deny":
            return (asked or voices)[0]
        return voicing.voice(terms, votes, asked, others=partial(assignment.everybody_for, action, at=self.at))

    def _edit(self, action: Action, given: Given) -> edits.Row:
        """The edited bytes, to be put in place of those that were seen."""
        number = self.heard[action.pk].edit + 1
        return edits.row(action=action, number=number, editor=given.reviewer, changes=given.changes or {}, at=self.at)

    def _put(self, edit: edits.Row, given: Given) -> None:
        """All begins anew from here on."""
        self.heard[given.action_id].edited(number=edit.number, dig=edit.dig)
        self.edits.append(edit)
        line = ledger.Line(
            event="action.edited", actor=given.reviewer.urn, action_id=given.action_id, dig=edit.dig, at=self.at
        )
        self.lines.append(line)

    def _said(self, action: Action, given: Given, *, voice: Holder, edit: edits.Row | None) -> spoken.Said:
        """What they say, of the newest bytes; a refusal when what they signed is something else."""
        heard, person = self.heard[action.pk], given.reviewer
        number, dig = (edit.number, edit.dig) if edit else (heard.edit, heard.dig)
        shown = settlement.shown(action, policy=action.policy, edited=dig)
        statement = signing.statement(
            action, person=person, role=voice.role, on_behalf_of=voice.on_behalf_of, verdict=given.verdict,
            shown=shown, edited=dig, at=self.at, signed=given.signed, more={"opened": given.opened},
        )  # fmt: skip
        stmt = canonical.canonical(statement)
        webauthn = signing.checked(stmt, given.signed, person=person, counting=self.counting) if given.signed else None
        return spoken.Said(
            action.pk, person.pk, person.username, given.verdict, given.note.strip(), stmt, voice.role,
            voice.on_behalf_of_id, number, shown, self.at, webauthn, given.opened,
        )  # fmt: skip

    def _write(self, said: spoken.Said) -> None:
        self.heard[said.action_id].said.append(said)
        self.new.append(said)
        line = ledger.Line(
            event=f"action.reviewed.{said.verdict}", actor=f"user:{said.username}", action_id=said.action_id,
            dig=canonical.digest_bytes(said.stmt), at=self.at,
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
