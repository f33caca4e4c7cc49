"""The sequencer: gives every entry of the ledger its leaf, once, and signs the tree's head.

There is one at a time: an advisory lock on PostgreSQL, the single writer on SQLite. Entries are written by whoever
changes something, in that transaction, and know nothing of leaves; so nobody waits for this, and what a crash left
without a leaf gets one at the next turn. Ids are given before a commit and become visible after it, in any order: an
entry that comes late gets a later leaf.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from placet.tlog import entries, heads
from placet.tlog.tree import Peaks

from . import keys, rows
from .models import Leaf, Node, TreeHead
from .queries import tree
from .queries.tree import BrokenLedger

BATCH = 2_000  # leaves of one transaction
LIMIT = 20_000  # leaves of one turn: less than a second
EVERY = timedelta(seconds=1)  # heads are signed no more often than this,
MANY = 500  # unless so many leaves have come
LOOKS = 6  # in 50 ms, whether those who were writing entries have ended, when there is a gap among the ids

_LOCK = 0x706C61636574  # "placet"
_WITHOUT = """
  FROM approvals_entry AS entry
 WHERE entry.id > %s AND NOT EXISTS (
       SELECT 1 FROM approvals_leaf AS leaf WHERE leaf.entry_id = entry.id AND leaf.entry_id > %s)
"""
_WAITING = f"SELECT entry.at, entry.event, entry.actor, entry.action_id, entry.dig, entry.id {_WITHOUT}"
_WAITING += " ORDER BY entry.id LIMIT %s"
_ANY = f"SELECT 1 {_WITHOUT} AND entry.id <= %s LIMIT 1"
_WRITERS = """
SELECT virtualtransaction FROM pg_locks
 WHERE relation = 'approvals_entry'::regclass AND mode = 'RowExclusiveLock' AND granted AND pid <> pg_backend_pid()
"""
_PAUSE = "SELECT pg_sleep(0.01)::text"
_TOP = "SELECT COUNT(*), MAX(entry_id) FROM approvals_leaf WHERE entry_id > %s"


@dataclass(frozen=True, slots=True)
class Numbered:
    """A row of `Leaf` (see `rows.Light`)."""

    table: ClassVar = Leaf
    number: int
    entry_id: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """A row of `Node`."""

    table: ClassVar = Node
    level: int
    place: int
    hash: bytes


def run(*, at: datetime, limit: int = LIMIT) -> int:
    """Give leaves to up to `limit` entries that have none, in the order of their ids; return how many.

    Then sign a head, when one is due. Raises `BrokenLedger` rather than sign what contradicts the last head.
    """
    done = 0
    while done < limit and _anything():
        most = min(BATCH, limit - done)
        found = _number(most)
        done += found
        if found < most:
            break
    if _is_due(tree.newest(), tree.size(), at=at):
        _sign(at=at)
    return done


def prove(*, action_id: UUID, at: datetime, witnesses: int = 0) -> tree.Inclusion | None:
    """The proof that how an action ended is in a signed head; None when the head for it is not due yet, or so many
    witnesses have not come to it."""
    found = tree.ending(action_id, witnesses=witnesses)
    if found is None:
        run(at=at)
        found = tree.ending(action_id, witnesses=witnesses)
    return found


def head(*, at: datetime) -> tree.Head | None:
    """The newest head, after a turn; None while the ledger is empty."""
    run(at=at)
    return tree.newest()


def unnumbered() -> int:
    """How many entries have no leaf, wherever they stand: a look at all of them, for operators."""
    text = "SELECT COUNT(*) FROM approvals_entry AS e LEFT JOIN approvals_leaf AS l ON l.entry_id = e.id"
    ((count,),) = rows.fetch((f"{text} WHERE l.entry_id IS NULL", []))[0]
    return count


def _anything() -> bool:
    """Whether an entry waits. Asked before a transaction, which on SQLite would keep everybody else from writing."""
    before = _through(tree.newest())
    return bool(rows.fetch((_WAITING, [before, before, 1]))[0])


@transaction.atomic
def _number(limit: int) -> int:
    _alone()
    newest, size = tree.newest(), tree.size()
    if newest and size < newest.size:
        raise BrokenLedger(f"A head of {newest.size} leaves is signed, but there are {size}.")
    before = _through(newest)
    (waiting,) = rows.fetch((_WAITING, [before, before, limit]))
    if waiting:
        rows.insert(*_grown(tree.peaks(size), waiting))
    return len(waiting)


def _grown(peaks: Peaks, waiting: list[tuple]) -> tuple[list[Numbered], list[Kept]]:
    """The leaves of these entries, and the subtrees they complete that are kept."""
    leaves, nodes = [], []
    for *said, entry_id in waiting:
        hashed = entries.hash_of(tree.said([peaks.size, *said]))
        leaves.append(Numbered(peaks.size, entry_id, hashed))
        for node, found in peaks.append(hashed)[tree.STRIDE :: tree.STRIDE]:
            nodes.append(Kept(node.level // tree.STRIDE, node.index, found))
    return leaves, nodes


def _is_due(newest: tree.Head | None, size: int, *, at: datetime) -> bool:
    """A clock that was set back does not keep heads from being signed."""
    if newest is None:
        return size > 0
    return size - newest.size >= MANY or (size > newest.size and not timedelta() <= at - newest.at < EVERY)


@transaction.atomic
def _sign(*, at: datetime) -> None:
    _alone()
    newest, size = tree.newest(), tree.size()
    if not _is_due(newest, size, at=at):
        return
    if newest and tree.peaks(newest.size).root != newest.root:
        raise BrokenLedger(f"The first {newest.size} leaves have another root than the head that was signed.")
    signer, root = keys.signer(), tree.peaks(size).root
    said = heads.Head(settings.PUBLIC_URL, size, root)
    note = heads.sign(said, public_key=signer.public_key, signer=signer)
    through = _settled(_through(newest))
    TreeHead.objects.create(size=size, root=root, note=note, kid=signer.kid, through=through, at=at)


def _alone() -> None:
    """Wait until no other sequencer is at work. On SQLite the transaction itself has waited for that."""
    if connection.vendor == "postgresql":
        rows.fetch(("SELECT pg_advisory_xact_lock(%s)::text", [_LOCK]))


def _through(newest: tree.Head | None) -> int:
    return newest.through if newest else 0


def _settled(before: int) -> int:
    """Up to which id every entry has its leaf, or will never come.

    Where ids have no gap that is plain, and on SQLite ids are given in the order of commits. A gap on PostgreSQL is a
    transaction that was undone, or one that is still to come: then it is among those that are writing entries now. When
    all of these have ended, what is missing never comes. If that takes long, the question is put again with the next
    head. Nobody waits for it, and it takes no right but to read.
    """
    ((count, top),) = rows.fetch((_TOP, [before]))[0]
    if not count or count == top - before or connection.vendor != "postgresql":
        return top or before
    writers = _writers()
    for _ in range(LOOKS):
        writers &= _writers()
        if not writers:
            return before if rows.fetch((_ANY, [before, before, top]))[0] else top
        rows.fetch((_PAUSE, []))
    return before


def _writers() -> set[str]:
    """The transactions of others that have written entries and not ended: each holds this lock until then."""
    return {name for (name,) in rows.fetch((_WRITERS, []))[0]}
