"""Passing an ask on: to somebody else, to nobody in particular, to oneself, or to whoever comes next.

What was said stays said, and whoever holds a role may decide as before: a handover says who looks after the ask.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.roles import Holder
from accounts.words import said

from . import access, assignment, escalation, findings, ledger, nudge, rows, secrecy, spoken, voicing
from .errors import (
    AlreadyPassedOn,
    AlreadyReviewed,
    AlreadySettled,
    BadHandover,
    NotAnOwner,
    NotEligible,
    NotFound,
    NothingToEscalate,
    NotYourTurn,
    OwnAsk,
    OwnServer,
    TextTooLong,
)  # fmt: skip
from .models import Action, Assignment, Duty, Finding, Handover, How, Review, State, Why
from .rules import quorum

NOTE_LIMIT = 400


@dataclass(frozen=True, slots=True)
class _Case:
    """A pending action, locked, and what is known of those whom the handover is about."""

    action: Action
    rights: access.Rights
    votes: list[quorum.Vote]
    asked: dict[int, str]
    passed: set[int]

    @property
    def left(self) -> set[int]:
        """Those who were asked in a role whose turn it is, have said nothing, and have not passed it on."""
        terms = self.rights.terms(self.action)
        turn = quorum.turn(terms, quorum.count(terms, self.votes))
        asked = {person for person, role in self.asked.items() if role in turn}
        return asked - self.passed - {vote.person for vote in self.votes}

    def say(self, user: User) -> list[Holder]:
        """By which this person has a say in it now; a refusal when they have none, or it is asked on their behalf."""
        return voicing.theirs(self.action, access.may_decide(user=user, action=self.action, known=self.rights))

    def voices(self, user: User) -> list[Holder]:
        """By which this person's verdict would count now; a refusal by name when it would not."""
        say = self.say(user)
        if any(vote.person == user.pk for vote in self.votes):
            raise AlreadyReviewed()
        return voicing.in_turn(self.rights.terms(self.action), self.votes, say)


def pass_on(*, action_id: UUID, person: User, note: str = "", at: datetime) -> Handover:
    """Say that this is for others to decide. When nobody who was asked is left, the next step of escalation fires;
    where there is none, exceptions owners find it in their list.
    """
    with transaction.atomic():
        case = _open(action_id, person, at=at)
        _silent(case, person, asked=person.pk in case.asked)
        if person.pk in case.passed:
            raise AlreadyPassedOn()
        made = _record(case, person, How.WRONG_PERSON, note=note, at=at)
        if not case.left - {person.pk} and escalation.fire_next(case.action, at=at, by=None) is None:
            _nobody_left(case.action, at=at)
    return made


def reassign(*, action_id: UUID, person: User, to: User, note: str = "", at: datetime) -> Handover:
    """Hand it to somebody else who may decide it; NotEligible says why they may not."""
    with transaction.atomic():
        case = _open(action_id, person, to, at=at)
        _silent(case, person)
        if to.pk == person.pk:
            raise BadHandover()
        return _record(case, person, How.REASSIGNED, to=to, voice=_eligible(case, to), note=note, at=at)


def take_over(*, action_id: UUID, person: User, note: str = "", at: datetime) -> Handover:
    """Say that you look after it, so that the others need not."""
    with transaction.atomic():
        case = _open(action_id, person, at=at)
        voices = case.voices(person)
        return _record(case, person, How.TOOK_OVER, voice=voices[0] if voices else None, note=note, at=at)


def named(username: str) -> User:
    """Return the person of this name, to hand something to."""
    found = User.objects.filter(username=username, is_active=True).first()
    if found is None:
        raise NotEligible(said("Nobody here has that name."), pointer="/to")
    return found


def escalate(*, action_id: UUID, person: User, at: datetime) -> str:
    """Name more owners now instead of when it is due; return the role that was added."""
    with transaction.atomic():
        case = _open(action_id, person, at=at)
        case.say(person)
        role = escalation.fire_next(case.action, at=at, by=person)
        if role is None:
            raise NothingToEscalate()
    return role


def _open(action_id: UUID, *people: User, at: datetime) -> _Case:
    """Lock the action and read all that handovers ask of it. Whoever may not see it finds nothing."""
    locked, *known = rows.fetch(
        access.ask_locked([action_id]), *access.ask_rights(users=people, action_ids=[action_id], at=at)
    )
    action, rights = access.read_locked(locked).get(action_id), access.read_rights(*known, users=people)
    access.must_see(user=people[0], action=action, known=rights)
    if action.state != State.PENDING or at >= action.deadline_at:
        ended = State.EXPIRED if action.state == State.PENDING else action.state
        raise AlreadySettled(state=ended, at=action.settled_at)
    said = spoken.current(Review.objects.filter(action=action).defer("stmt"))
    votes = voicing.votes_of(said)
    asked = Assignment.objects.filter(action=action, duty=Duty.APPROVAL).values_list("owner_id", "role")
    passed = assignment.passed_on(Handover.objects.filter(action=action))
    return _Case(action, rights, votes, dict(asked), passed)


def _silent(case: _Case, person: User, *, asked: bool = False) -> None:
    """Whoever hands it on has a say in it and has not said it yet. `asked` to say that one is the wrong person, it is
    enough to have been asked: one may have none any more."""
    if not asked:
        case.say(person)
    if any(vote.person == person.pk for vote in case.votes):
        raise AlreadyReviewed()


def _eligible(case: _Case, to: User) -> Holder:
    """By which role this person may decide it now; NotEligible says why they may not."""
    try:
        voices = case.voices(to)
    except AlreadyReviewed:
        raise NotEligible(said("{to} has said yes already.", to=to.username), pointer="/to") from None
    except (OwnAsk, OwnServer):
        raise NotEligible(
            said("{to} may not decide what is asked on their behalf.", to=to.username), pointer="/to"
        ) from None
    except NotYourTurn:
        raise NotEligible(said("It is not the turn of {to}'s role.", to=to.username), pointer="/to") from None
    except (NotFound, NotAnOwner):
        voices = []
    if not voices:
        raise NotEligible(said("{to} holds no role whose yes is still needed.", to=to.username), pointer="/to")
    return voices[0]


def _record(
    case: _Case, person: User, how: How, *, to: User | None = None, voice: Holder | None = None, note: str,
    at: datetime,
) -> Handover:  # fmt: skip
    note = note.strip()
    if len(note) > NOTE_LIMIT:
        raise TextTooLong(said("Keep the note under {note_limit} characters.", note_limit=NOTE_LIMIT), pointer="/note")
    secrecy.require_none(note, at="/note", who=person.urn)
    made = Handover.objects.create(action=case.action, person=person, how=how, to=to, note=note, at=at)
    named = voice is not None and voice.user_id not in case.asked
    line = ledger.Line(event=f"action.{how}", actor=person.urn, action_id=case.action.pk, at=at)
    rows.insert([assignment.naming(case.action.pk, voice, at=at, why=Why.REASSIGNED)] if named else [], [line])
    people = {case.action.pk: [voice.user_id]} if voice else {}
    nudge.after_commit(event="handed", actions=[(case.action.pk, case.action.checkpoint_id)], people=people)
    return made


def _nobody_left(action: Action, *, at: datetime) -> None:
    noted = findings.Noted(
        code=Finding.Code.NOBODY_LEFT, checkpoint_id=action.checkpoint_id, server_id=action.server_id,
        kind=action.kind, about=action.name, action_id=action.pk,
        detail=said("Everybody who was asked passed it on, and there is no further step of escalation."),
    )  # fmt: skip
    findings.record([noted], at=at)
