"""What waits for an answer, and one question as its subject sees it. For nobody but the subject."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.models import User

from .. import access
from ..errors import NotFound
from ..models import Action, Answer, Edit, Kind, Outcome, Question, Review, State
from ..rules import blanks
from ..rules.rendering.layouts import Layout, lay_out
from ..rules.rendering.values import EVERYTHING
from ..sealing import EDIT, Context, opened
from .inbox import value_of

LISTED = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """One open question in the list."""

    action: Action
    until: datetime
    count: int


@dataclass(frozen=True, slots=True)
class AnswerPage:
    """One question: the form, or the link; who released it; and what became of it."""

    action: Action
    until: datetime
    form: blanks.Questionnaire | None
    layout: Layout
    released: Review | None
    answer: Answer | None
    outcome: Outcome | None
    at: datetime

    @property
    def is_open(self) -> bool:
        return self.answer is None and self.outcome is None and self.at < self.until


@dataclass(frozen=True, slots=True)
class AskedHere:
    """What an owner sees of a question that is answered here. `known`: somebody has that name."""

    until: datetime
    known: bool
    answer: Answer | None


def waiting(*, user: User, at: datetime) -> list[Waiting]:
    """Return what waits for this person, soonest first; one query."""
    found = _open(user, at=at).select_related("action__server").defer("action__context").order_by("until", "pk")
    found = found.annotate(edited=_edited("body"), edited_dig=_edited("dig"))
    return [
        Waiting(q.action, q.until, _questions(q.action, _released(q)))
        for q in found[:LISTED]
        if _is_for(user, q.action)
    ]


def read(*, user: User, action_id: UUID, at: datetime) -> AnswerPage:
    """Read one released question; NotFound unless this person is its subject. At most two queries."""
    found = Question.objects.filter(pk=action_id, answerer__in=names(user), action__state=State.APPROVED)
    parts = ("action__server", "action__answer", "action__outcome")
    lean = found.select_related(*parts).defer("action__answer__content", "action__context")
    question = lean.annotate(edited=_edited("body"), edited_dig=_edited("dig")).first()
    if question is None or not _is_for(user, question.action):
        raise NotFound()
    action, body = question.action, value_of(_released(question))
    form = blanks.read(body) if action.kind == Kind.ELICITATION_FORM else None
    layout = form.layout if form else lay_out(action.kind, body, opened=frozenset({EVERYTHING}))
    released = Review.objects.filter(action=action).select_related("reviewer").defer("stmt").order_by("-at", "-id")
    return AnswerPage(
        action, question.until, form, layout, released.first(), getattr(action, "answer", None),
        getattr(action, "outcome", None), at,
    )  # fmt: skip


def asked_here(action: Action) -> AskedHere | None:
    """What an owner may know of the answer; one query while it is pending, and none when it is asked elsewhere."""
    question = getattr(action, "question", None)
    if question is None:
        return None
    known = action.state != State.PENDING or _is_somebody(question.answerer)
    return AskedHere(question.until, known, getattr(action, "answer", None))


def _released(question: Question) -> bytes:
    """What was approved: an owner may have changed what was asked."""
    if question.edited is None:
        return question.action.body
    return opened(bytes(question.edited), Context(EDIT, question.pk, question.edited_dig))


def _open(user: User, *, at: datetime) -> QuerySet[Question]:
    mine = Question.objects.filter(answerer__in=names(user), until__gt=at, action__state=State.APPROVED)
    return mine.filter(action__answer__isnull=True, action__outcome__isnull=True)


def names(user: User) -> set[str]:
    """By which names a question may be for this person."""
    return {access.spoken(name) for name in (user.username, user.email)} - {""}


def _is_for(user: User, action: Action) -> bool:
    return access.is_own(username=user.username, email=user.email, names=[action.subject])


def _is_somebody(name: str) -> bool:
    """Whether an active person is called so. The database folds case by its own rules, so the last word is ours."""
    called = User.objects.filter(Q(username__iexact=name) | Q(email__iexact=name), is_active=True)
    people = called.values_list("username", "email")[:LISTED] if name else ()
    return any(access.is_own(username=username, email=email, names=[name]) for username, email in people)


def _edited(column: str) -> Subquery:
    newest = Edit.objects.filter(action=OuterRef("pk")).order_by("-number")
    return Subquery(newest.values(column)[:1])


def _questions(action: Action, body: bytes) -> int:
    if action.kind != Kind.ELICITATION_FORM:
        return 0
    return len(value_of(body)["params"]["requestedSchema"].get("properties", {}))
