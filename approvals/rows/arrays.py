"""Columns of values as PostgreSQL's binary arrays, for `rows`: a third of the cost of the driver's own lists.

The driver looks at every element for the type that holds them all, because a list of numbers tells nothing else. Here
the column's type is known. Format: src/backend/utils/adt/arrayfuncs.c, `array_send`.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from struct import Struct
from typing import Any
from uuid import UUID
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


class Ids(Packed):
    """An array of uuid, and says so itself."""


class Numbers(Packed):
    """An array of bigint."""


class Texts(Packed):
    """An array of text."""


def _dumper(number: int) -> type[Dumper]:
    """Sends as it is; `number` is the type's in the catalogue, 0 where the statement says it."""

    class Unchanged(Dumper):
        format, oid = pq.Format.BINARY, number

        def dump(self, obj: Packed) -> Packed:
            return obj

    return Unchanged


_DUMPERS = {Packed: _dumper(0), Ids: _dumper(2951), Numbers: _dumper(1016), Texts: _dumper(1009)}
_LISTS: dict[type, tuple[str, type[Packed]]] = {UUID: ("uuid", Ids), int: ("bigint", Numbers), str: ("text", Texts)}
_taught: WeakSet[Connection] = WeakSet()


def teach(connection: Connection) -> None:
    """Let this connection send what is packed."""
    if connection not in _taught:
        for packed, dumper in _DUMPERS.items():
            connection.adapters.register_dumper(packed, dumper)
        _taught.add(connection)


def parameter(value: Any) -> Any:
    """A question's parameter: a list of ids, whole numbers or texts packed, anything else as it is."""
    if type(value) is not list or not value:
        return value
    known = _LISTS.get(type(value[0]))
    if known is None or len(set(map(type, value))) > 1:
        return value
    return known[1](pack(known[0], value))


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
