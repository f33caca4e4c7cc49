"""An action whose payloads were erased, or are about to be: what is left of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.models import User

from .. import access
from ..errors import NotFound
from ..models import Action, Comment, Edit, Entry, Erasure, Receipt, Review
from ..rules.sentences import Part, sentence

TIMELINE = 60


@dataclass(frozen=True, slots=True)
class Remains:
    """All that outlives the payloads. `erasure` is None as long as they are there."""

    action: Action
    sentence: tuple[Part, ...]
    erasure: Erasure | None
    reviews: Sequence[Review]
    edits: Sequence[Edit]
    comments: int
    entries: Sequence[Entry]

    @property
    def receipt(self) -> Receipt | None:
        return getattr(self.action, "receipt", None)


def read(*, user: User, action_id: UUID, at: datetime) -> Remains:
    """Read it without opening any payload; NotFound when this person may not see the action."""
    parts = ("server", "checkpoint", "policy", "receipt", "consumption", "outcome")
    action = Action.objects.select_related(*parts).defer("body", "context").filter(pk=action_id).first()
    if action is None or not access.rights(users=[user], action_ids=[action_id], at=at).sees(user, action):
        raise NotFound()
    words = sentence(
        kind=action.kind, server=action.server.name, name=action.name, body=None, subject=action.subject,
        state=action.state,
    )  # fmt: skip
    reviews = Review.objects.filter(action=action).select_related("reviewer", "on_behalf_of").defer("stmt")
    return Remains(
        action, words, Erasure.objects.select_related("person").filter(pk=action_id).first(), list(reviews),
        list(Edit.objects.filter(action=action).select_related("editor").defer("body")),
        Comment.objects.filter(action=action).count(), list(Entry.objects.filter(action=action)[:TIMELINE]),
    )  # fmt: skip
