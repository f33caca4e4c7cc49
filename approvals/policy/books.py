"""The book: every revision in force, kept in memory until another one is published."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from .. import rows
from ..models import Policy
from ..rules.matching import Shelf
from . import considering, entries
from .asking import Asker
from .considering import Considered, Facts, Found
from .entries import Entry

#: The newest revision. Revisions are never changed or deleted, and get their ids in the order in which they are
#: committed (see `publishing`), so this tells books apart.
VERSION = "SELECT id, dig FROM approvals_policy ORDER BY id DESC LIMIT 1"

type Version = list[tuple[Any, ...]]
type Section = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class Book:
    """The revisions in force, by checkpoint; a shelf for each kind and server, and for each kind and every server."""

    version: Version
    entries: dict[int, Entry] = field(default_factory=dict)
    shelves: dict[Section, Shelf[Entry]] = field(default_factory=dict)

    @property
    def policies(self) -> dict[int, Policy]:
        """All revisions in force, by id."""
        return {entry.id: entry.policy for entry in self.entries.values()}

    def find(self, *, kind: str, name: str, server: Asker, facts: Facts) -> Found:
        """Return what becomes of an ask. `facts` gives the variables of conditions, and is called if one is met."""
        if not server.lists(kind=kind, name=name):
            return Found(None, "deny", "not_listed")
        weighed = considering.weigh(self._meeting(kind, name, server.id), facts)
        winner, decision, reason = considering.decide(weighed)
        if winner is None:
            return Found(None, decision, reason)
        return Found(winner.entry.policy, decision, reason, winner.why if winner.found == considering.FAILED else "")

    def explain(self, *, kind: str, name: str, server: Asker, facts: Facts) -> list[Considered]:
        """Say of every rule by this name what it came to, the most exact first. The server's own lists come before."""
        return considering.explained(considering.weigh(self._meeting(kind, name, server.id), facts), name=name)

    def by_name(self, *, kind: str, name: str, server_id: int) -> list[Policy]:
        """Return the rules that are there for the name, the most exact first, whatever else they want."""
        met = sorted(self._meeting(kind, name, server_id), key=lambda entry: entry.order, reverse=True)
        return [entry.policy for entry in met]

    def trying(self, draft: Policy) -> "Book":
        """Return the book as it would be with this draft (never saved) in place of its checkpoint's revision."""
        kept = (entry for entry in self.entries.values() if entry.checkpoint_id != draft.checkpoint_id)
        return _bound([], [*kept, Entry.of(draft)])

    def rivals(self, *, kind: str, server_id: int | None) -> Iterable[Entry]:
        """Return the entries of this kind and this very server (None: every server)."""
        return (e for e in self.entries.values() if e.kind == kind and e.server_id == server_id)

    def _meeting(self, kind: str, name: str, server_id: int) -> list[Entry]:
        sections = ((kind, None), (kind, server_id))
        return [entry for each in sections if (shelf := self.shelves.get(each)) for entry in shelf.meeting(name)]


_book: Book | None = None
_lock = Lock()


def book(*, version: Version | None = None) -> Book:
    """Return the current book, from memory when no revision was published since it was made (one small query).

    `version` is the answer to VERSION, when the caller has asked for it in this transaction already.
    """
    global _book
    version = rows.fetch((VERSION, []))[0] if version is None else version
    known = _book
    if known is None or known.version != version:
        with _lock:
            known = _book = _read(version, known=_book)
    return known


def _read(version: Version, *, known: Book | None) -> Book:
    """Read the book, or only what was published since the one we know."""
    if known is not None and known.version == version:
        return known
    later = entries.since(*known.version[0]) if known is not None and known.version else None
    if known is None or later is None:
        return _bound(version, entries.current())
    return _bound(version, [*known.entries.values(), *later])


def _bound(version: Version, found: Iterable[Entry]) -> Book:
    """Bind entries to a book; a later one of the same checkpoint takes the place of the earlier."""
    newest = {entry.checkpoint_id: entry for entry in found}
    made = Book(version, {place: entry for place, entry in newest.items() if not entry.retired})
    for entry in made.entries.values():
        made.shelves.setdefault((entry.kind, entry.server_id), Shelf()).put(entry.pattern, entry)
    return made
