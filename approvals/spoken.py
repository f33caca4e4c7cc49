"""What people said of actions, as verbs read it. Reviews of bytes that were edited since do not count."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol
from uuid import UUID

from . import rows
from .models import Edit, Review
from .rules import quorum

_EARLIER = """
SELECT review.action_id, review.reviewer_id, person.username, review.verdict, review.note, review.stmt, review.role,
       review.on_behalf_of_id, review.edit, review.webauthn,
       (SELECT dig FROM approvals_edit WHERE action_id = review.action_id AND number = review.edit)
  FROM approvals_review AS review
  JOIN accounts_user AS person ON person.id = review.reviewer_id
 WHERE review.action_id {any}
 ORDER BY review.at, review.id
"""


class Numbered(Protocol):
    """A review, as far as it says of which bytes it is."""

    edit: int


@dataclass(frozen=True, slots=True)
class Said:
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
    edit: int = 0
    shown: str = ""
    at: datetime | None = None
    webauthn: bytes | None = None
    opened: int = 0

    @property
    def vote(self) -> quorum.Vote:
        return quorum.Vote(self.reviewer_id, self.on_behalf_of_id or self.reviewer_id, self.role, self.verdict)


@dataclass(slots=True)
class Heard:
    """What counts of what was said of one action: that of its newest bytes. `dig` is theirs, "" before any edit."""

    said: list[Said] = field(default_factory=list)
    edit: int = 0
    dig: str = ""

    @property
    def votes(self) -> list[quorum.Vote]:
        return [each.vote for each in self.said]

    def edited(self, *, number: int, dig: str) -> None:
        """From here on other bytes are decided: what was said before does not count."""
        self.said, self.edit, self.dig = [], number, dig


def ask_earlier(action_ids: Sequence[UUID]) -> rows.Question:
    """Ask what was said of these actions; `read_earlier` reads the answer."""
    return _EARLIER, [list(action_ids)]


def read_earlier(found: rows.Answer) -> defaultdict[UUID, Heard]:
    heard: defaultdict[UUID, Heard] = defaultdict(Heard)
    for action_id, *rest, edit, webauthn, dig in found:
        key = UUID(str(action_id))
        if edit > heard[key].edit:
            heard[key].edited(number=edit, dig=dig)
        if edit == heard[key].edit:
            heard[key].said.append(Said(key, *rest, edit, webauthn=webauthn))
    return heard


def current[Any_: Numbered](reviews: Iterable[Any_]) -> list[Any_]:
    """Those of an action's reviews that are of its newest bytes: an edit comes with its editor's own review."""
    reviews = list(reviews)
    newest = max((each.edit for each in reviews), default=0)
    return [each for each in reviews if each.edit == newest]


def voided[Any_: Numbered](reviews: Iterable[Any_]) -> list[Any_]:
    """The others: they were of bytes that somebody edited since."""
    reviews = list(reviews)
    newest = max((each.edit for each in reviews), default=0)
    return [each for each in reviews if each.edit < newest]


def newest_edit(action_id: UUID) -> Edit | None:
    """The edit whose bytes are decided, and would run; None when they are those that were asked."""
    return Edit.objects.filter(action_id=action_id).order_by("-number").first()
