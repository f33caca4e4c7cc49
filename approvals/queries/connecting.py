"""A released link as its subject is about to follow it: where it leads, who asks, who let it through, how long."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from accounts.models import User

from .. import access, spoken
from ..errors import NotFound
from ..models import Action, Entry, Kind, Review, State
from ..policy import Asker
from ..rules.rendering.layouts import Layout, lay_out
from ..rules.rendering.values import EVERYTHING
from . import history
from .inbox import value_of

MOST = 5  # openings; a page over there may fail, and be opened again
KEPT = timedelta(hours=1)  # how long a link may be followed that is not answered on the console
OPENED = "action.opened"


@dataclass(frozen=True, slots=True)
class Leading:
    """Where an approved link leads. `left` is how often it may be opened still."""

    action: Action
    url: str
    layout: Layout
    released: Review | None
    until: datetime
    left: int
    listed: bool
    alike: str
    answered_here: bool
    at: datetime

    @property
    def is_open(self) -> bool:
        return self.left > 0 and self.listed and self.at < self.until


def read(*, user: User, action_id: UUID, at: datetime) -> Leading:
    """Read it for its subject; NotFound for everybody else, and for what is no approved link."""
    parts = ("server", "question", "answer", "outcome")
    found = Action.objects.filter(pk=action_id, kind=Kind.ELICITATION_URL, state=State.APPROVED)
    action = found.select_related(*parts).defer("answer__content", "context").first()
    if action is None or action.is_erased or not _is_for(user, action):
        raise NotFound()
    return of(action, at=at)


def of(action: Action, *, at: datetime) -> Leading:
    """The same, of an action whose subject it is for certain."""
    newest = spoken.newest_edit(action.pk)
    body = value_of(newest.body if newest else action.body)
    layout = lay_out(action.kind, body, opened=frozenset({EVERYTHING}))
    said = Review.objects.filter(action=action, verdict="approve").select_related("reviewer").defer("stmt")
    opened = Entry.objects.filter(action=action, event=OPENED).count()
    return Leading(
        action, body["params"]["url"], layout, said.order_by("-at", "-id").first(), _until(action, at), MOST - opened,
        _may_ask(action), history.alike(action), hasattr(action, "question"), at,
    )  # fmt: skip


def _until(action: Action, at: datetime) -> datetime:
    """A question is open until it is answered; another link for an hour after it was let through."""
    question = getattr(action, "question", None)
    if question is None:
        return (action.settled_at or at) + KEPT
    return at if hasattr(action, "answer") or hasattr(action, "outcome") else question.until


def _may_ask(action: Action) -> bool:
    """Whether its server may still send somebody there: it was not stopped, and its list has the host."""
    return action.server.stopped_at is None and Asker.of(action.server).lists(kind=action.kind, name=action.name)


def _is_for(user: User, action: Action) -> bool:
    return access.is_own(username=user.username, email=user.email, names=[action.subject])
