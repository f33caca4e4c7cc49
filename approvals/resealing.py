"""Sealing what came before there were seals, and wrapping data keys anew: in batches, while all goes on.

Each batch is a transaction of its own, and what is left to do is found by looking: a run that was stopped goes on where
it was. A row is changed only while it stands as it was read, so an erasure beside it wins.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from placet import canonical

from .errors.sealed import NotRotatable, SealingKeyInUse, SealingKeyMissing, Unreadable
from .models import Action, Answer, Comment, Edit
from .sealing import ANSWER, BODY, COMMENT, CONTEXT, EDIT, HEAD, Box, Context, is_sealed, rewrapped, ring, wrapping_key

BATCH = 500
FORM_AND_KEY = 9  # bytes of a sealed value that say how, and by which key


@dataclass(frozen=True, slots=True)
class Column:
    """A sealed column: where it is, and where the digest of its values stands."""

    place: str
    table: str
    key: str
    action: str
    name: str
    dig: str

    @property
    def waiting(self) -> str:
        """The next values that are not under the current key; what was erased needs none."""
        return (
            f"SELECT {self.key}, {self.action}, {self.dig}, {self.name} FROM {self.table} "  # noqa: S608 (our own names)
            f"WHERE {self.key} > %s AND substr({self.name}, 1, {FORM_AND_KEY}) <> %s "
            f"AND substr({self.name}, 1, 1) <> %s "
            f"ORDER BY {self.key} LIMIT %s"
        )

    @property
    def move(self) -> str:
        return (
            f"UPDATE {self.table} SET {self.name} = %s "  # noqa: S608
            f"WHERE {self.key} = %s AND substr({self.name}, 1, {HEAD}) = %s"
        )

    @property
    def counts(self) -> str:
        head = f"substr({self.name}, 1, {FORM_AND_KEY})"
        return f"SELECT {head}, count(*) FROM {self.table} WHERE {self.name} IS NOT NULL GROUP BY {head}"  # noqa: S608


COLUMNS = (
    Column(BODY, Action._meta.db_table, "id", "id", "body", "dig"),
    Column(CONTEXT, Action._meta.db_table, "id", "id", "context", "context_dig"),
    Column(EDIT, Edit._meta.db_table, "id", "action_id", "body", "dig"),
    Column(ANSWER, Answer._meta.db_table, "action_id", "action_id", "content", "dig"),
    Column(COMMENT, Comment._meta.db_table, "id", "action_id", "text", "''"),
)


@dataclass(frozen=True, slots=True)
class Status:
    """How many values each key wraps (by its name), how many are not sealed, and how many were erased."""

    current: str
    keys: dict[str, int]
    missing: list[str]
    unsealed: int
    erased: int


def status() -> Status:
    """Count the stored values; reads the first bytes of each."""
    known, found = ring.ring(), Counter[bytes]()
    for column in COLUMNS:
        with connection.cursor() as cursor:
            cursor.execute(column.counts)
            for head, count in cursor.fetchall():
                found[_kind(bytes(head))] += count
    keys = {key.hex(): count for key, count in found.items() if len(key) > 1}
    return Status(
        known.current.name, dict.fromkeys((key.name for key in known.keys.values()), 0) | keys,
        [name for name in keys if bytes.fromhex(name) not in known.keys], found[b"{"], found[b"\0"],
    )  # fmt: skip


def reseal(*, batch: int = BATCH) -> Iterator[int]:
    """Put every value under the current key, column by column; yields how many each batch did."""
    for column in COLUMNS:
        after: Any = _least(column)
        while True:
            done, after = _batch(column, after, batch)
            if done is None:
                break
            yield done


def rotate() -> str:
    """Make a new key, which is current from now on; return its name. `reseal` then frees the one before."""
    if settings.SEAL_KEYS:
        raise NotRotatable()
    return ring.make().name


def retire(*, name: str) -> Path:
    """Take away a key that wraps nothing any more. Backups from before it was freed cannot be read without it."""
    key = next((each for each in ring.ring().keys.values() if each.name == name), None)
    if key is None:
        raise SealingKeyMissing(name)
    if key.file is None:
        raise NotRotatable("This key comes from the environment: take it out of SEAL_KEYS.")
    found = status()
    if name == found.current or found.keys.get(name):
        raise SealingKeyInUse()
    key.file.unlink()
    return key.file


@transaction.atomic
def _batch(column: Column, after: Any, batch: int) -> tuple[int | None, Any]:
    current = ring.ring().current
    with connection.cursor() as cursor:
        cursor.execute(column.waiting, [after, b"\x01" + current.id, b"\0", batch])
        found = cursor.fetchall()
        if not found:
            return None, after
        moves = [(_moved(column, row), row[0], bytes(row[3])[:HEAD]) for row in found]
        cursor.executemany(column.move, moves)
    return len(found), found[-1][0]


def _moved(column: Column, row: Sequence[Any]) -> bytes:
    _, action, dig, stored = row
    action_id, stored = action if isinstance(action, UUID) else UUID(action), bytes(stored)
    if is_sealed(stored):
        return rewrapped(stored, action_id)
    if canonical.digest_bytes(stored) != dig:
        raise Unreadable(f"{column.place} of {action_id} does not fit its digest. It was left as it is.")
    return Box(action_id).seal(stored, Context(column.place, action_id, dig))


def _kind(head: bytes) -> bytes:
    return wrapping_key(head) if is_sealed(head) else head[:1]


def _least(column: Column) -> Any:
    if column.place in (EDIT, COMMENT):
        return 0
    least = UUID(int=0)
    return least if connection.vendor == "postgresql" else least.hex
