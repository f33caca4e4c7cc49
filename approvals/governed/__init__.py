"""The kinds of change: how each is read, what stands now, what must hold, and how it is put in force."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from placet import canonical

from accounts.models import User
from accounts.words import said

from ..errors import BadChange
from ..models import Change
from . import admins, checkpoints, passkeys, roles, servers, stored, tokens

type Document = dict[str, Any]

#: What a file of the map holds, in the order in which one builds on the other.
MAPPED = {
    Change.About.SERVER: servers,
    Change.About.ROLE: roles,
    Change.About.CHECKPOINT: checkpoints,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """A change on its way into force. `confirmed_by` is None when its author acted alone; no author is the console."""

    subject: str
    proposed: Document | None
    author: User | None
    confirmed_by: User | None
    at: datetime


class Kind(Protocol):
    """A room of this package."""

    MEMBERS: tuple[str, ...]

    def read(self, *, subject: str, document: Document | None, at: datetime) -> Document | None:
        """Return the document as it is kept; BadChange or BadPolicy when it cannot be meant."""

    def current(self, *, subject: str, at: datetime) -> Document | None:
        """Return the document of what stands, None when nothing does."""

    def since(self, *, document: Document | None, at: datetime) -> Document | None:
        """Return what is left of a document that was true earlier, when nothing but time has passed."""

    def check(self, *, subject: str, document: Document | None, at: datetime, proposing: bool) -> None:
        """Refuse what could not hold when it takes effect, at `at`.

        `proposing`, what else waits for confirmation counts as if it stood.
        """

    def consequences(self, *, subject: str, document: Document | None, at: datetime) -> list[str]:
        """Say in sentences what its author should know before."""

    def put(self, confirmed: Confirmed) -> None:
        """Put it in force, in the caller's transaction."""


KINDS: dict[str, Kind] = {
    Change.About.CHECKPOINT: checkpoints,
    Change.About.ROLE: roles,
    Change.About.SERVER: servers,
    Change.About.TOKEN: tokens,
    Change.About.ADMIN: admins,
    Change.About.PASSKEY: passkeys,
}


def kind(about: str) -> Kind:
    found = KINDS.get(about)
    if found is None:
        raise BadChange(said("A change is about {kinds}.", kinds=", ".join(KINDS)), pointer="/about")
    return found


def drop(change: Change, *, by: User, at: datetime) -> None:
    """It will not be. Only a passkey waited for it, which is revoked."""
    if change.about == Change.About.PASSKEY:
        passkeys.drop(stored.said(change.proposed), by=by, at=at)


def same(one: Document | None, other: Document | None) -> bool:
    """Whether two documents say the same, as their digests do: to Python, true and 1 would be equal."""
    return canonical.canonical(one) == canonical.canonical(other)


def ordered(about: str, document: Document | None) -> Document | None:
    """The document with its members in the order in which they are described: canonical bytes sort them."""
    if document is None:
        return None
    return {member: document[member] for member in kind(about).MEMBERS if member in document} | document
