"""Columns of values as PostgreSQL's binary arrays, for `rows`: a third of the cost of the driver's own lists.

The driver looks at every element for the type that holds them all, because a list of numbers tells nothing else. Here
the column's type is known. Format: src/backend/utils/adt/arrayfuncs.c, `array_send`.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from struct import Struct
from typing import Any
from weakref import WeakSet

from psycopg import Connection, pq
from psycopg.adapt import Dumper

_HEAD = Struct("!iiIii").pack  # dimensions, whether there are nulls, the element's type, how many, number of the first
_LENGTH = Struct("!i").pack
_NULL = _LENGTH(-1)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Packed(bytes):
    """An array as it travels. Its place in the statement says of which type: `%b::uuid[]`."""


class _Unchanged(Dumper):
    format = pq.Format.BINARY

    def dump(self, obj: Packed) -> Packed:
        return obj


_taught: WeakSet[Connection] = WeakSet()


def teach(connection: Connection) -> None:
    """Let this connection send what is packed."""
    if connection not in _taught:
        connection.adapters.register_dumper(Packed, _Unchanged)
        _taught.add(connection)


def _fixed(form: str, made: Callable[[Any], Any] = lambda value: value) -> Callable[[Any], bytes]:
    """How a value of fixed length is written, after its length."""
    whole = Struct(f"!i{form}")
    length = whole.size - 4
    return lambda value: whole.pack(length, made(value))


def _sized(made: Callable[[Any], bytes]) -> Callable[[Any], bytes]:
    def written(value: Any) -> bytes:
        plain = made(value)
        return _LENGTH(len(plain)) + plain

    return written


@lru_cache(maxsize=256)
def _moment(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


#: Type of an element -> its number in the catalogue (`pg_type.dat`), and how one is written, length first.
_TYPES: dict[str, tuple[int, Callable[[Any], bytes]]] = {
    "boolean": (16, _fixed("?")),
    "bytea": (17, _sized(bytes)),
    "bigint": (20, _fixed("q")),
    "smallint": (21, _fixed("h")),
    "integer": (23, _fixed("i")),
    "text": (25, _sized(str.encode)),
    "timestamp with time zone": (1184, _fixed("q", _moment)),
    "uuid": (2950, _fixed("16s", lambda value: value.bytes)),
}


def pack(kind: str, values: Sequence[Any]) -> Packed | list[Any]:
    """One column's values, None among them; as they are, for the driver, when the type is none of the above."""
    known = _TYPES.get(kind)
    if known is None:
        return list(values)
    number, write = known
    first = values[0]
    # Rows that are written together are alike in most columns.
    if values[-1] == first and values.count(first) == len(values):
        written = _NULL if first is None else write(first)
        return Packed(_HEAD(1, first is None, number, len(values), 1) + written * len(values))
    nulls = None in values
    parts = [_NULL if value is None else write(value) for value in values] if nulls else map(write, values)
    return Packed(_HEAD(1, nulls, number, len(values), 1) + b"".join(parts))
