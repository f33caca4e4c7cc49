"""How rows of a table are inserted: the statement, and how a row gives its values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any

from django.db import connection
from django.db.models import Field, Model

from ..sealing import SealedField
from .steps import Row

ARRAYS = {"varchar": "text", "serial": "integer", "bigserial": "bigint"}


@dataclass(frozen=True, slots=True)
class Plan:
    """How a row gives its values; where they go, a column each; `kinds` are the columns' types."""

    into: str
    kinds: tuple[str, ...]
    values: Callable[[Row], tuple[Any, ...]]


@lru_cache(maxsize=64)
def plan(model: type[Model], vendor: str) -> Plan:
    """How rows of this model are inserted: all columns but a key the database makes itself."""
    fields = [field for field in model._meta.concrete_fields if field.db_returning is False]
    names = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    kinds = tuple(map(_array, fields)) if vendor == "postgresql" else ()
    if kinds:
        # Binary: what is text has to be escaped, element by element, and read again over there.
        columns = ", ".join(f"%b::{kind}[]" for kind in kinds)
        source = f"SELECT * FROM unnest({columns})"  # noqa: S608 (types of our own columns)
    else:
        source = f"VALUES ({', '.join('%s' for _ in fields)})"
    return Plan(f"INSERT INTO {table} ({names}) {source}", kinds, _values(fields))


def _values(fields: Sequence[Field]) -> Callable[[Row], tuple[Any, ...]]:
    """How a row gives its values: payloads go sealed, as the ORM would have them."""
    sealed = [field for field in fields if isinstance(field, SealedField)]
    if not sealed:
        return attrgetter(*(field.attname for field in fields))
    # A stand-in for each payload, so that the fast getter reads the others and opens nothing.
    places = [(number, field) for number, field in enumerate(fields) if field in sealed]
    plain = next(field.attname for field in fields if field not in sealed)
    others = attrgetter(*(plain if field in sealed else field.attname for field in fields))
    return lambda row: _with_sealed(list(others(row)), row, places)


def _with_sealed(values: list[Any], row: Row, places: Sequence[tuple[int, SealedField]]) -> tuple[Any, ...]:
    for number, field in places:
        values[number] = field.sealed(row)
    return tuple(values)


def _array(field: Field) -> str:
    """The type of an array element.

    A varchar comes as text: its length is checked on insert, and never cut off silently.
    """
    name = field.db_type(connection).split("(")[0].split(" GENERATED")[0]
    return ARRAYS.get(name, name)
