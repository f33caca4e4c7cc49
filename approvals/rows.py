"""Reading and inserting for the hot verb, with statements of constant text. Everything else uses the ORM.

A query of the ORM costs about 0.4 ms of Python before it is sent, and `bulk_create` 0.1 ms a row and a new text for
every batch size. Here lists are one array parameter each, so PostgreSQL keeps the plan, and what belongs together goes
in one round trip. Rows are told to nobody: no signals, no keys come back.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, ClassVar, Protocol
from uuid import UUID

from django.db import connection
from django.db.models import Field, Model

from .sealing import SealedField

ARRAYS = {"varchar": "text", "serial": "integer", "bigserial": "bigint"}
ANY = {"postgresql": "= ANY(%s)", "sqlite": "IN (SELECT value FROM json_each(%s))"}

type Question = tuple[str, Sequence[Any]]
type Answer = list[tuple[Any, ...]]


class Light(Protocol):
    """What has a row's values as attributes, and names its table: a tenth of the cost of a model's instance."""

    table: ClassVar[type[Model]]


type Row = Model | Light
type Step = Question | Sequence[Row]


@dataclass(frozen=True, slots=True)
class Plan:
    """The statement, and how a row gives the values it takes."""

    statement: str
    values: Callable[[Row], tuple[Any, ...]]


def turn(*steps: Step) -> list[Answer]:
    """Ask the questions and insert the rows in this order, in one round trip and inside the caller's transaction.

    Rows come in sequences of one table each. Returns the answers to the questions, in their order. A list among the
    parameters stands where the text says `{any}`, as in `WHERE id {any}`. An `UPDATE … RETURNING` is a question too.
    """
    taken = [step for step in steps if step]
    if not taken:
        return []
    return _turn_postgres(taken) if connection.vendor == "postgresql" else _turn_sqlite(taken)


def fetch(*questions: Question) -> list[Answer]:
    """Ask all questions in one turn; the answers stand in their order."""
    return turn(*questions)


def insert(*tables: Sequence[Row]) -> None:
    """Insert the rows, each sequence of one table, in one turn."""
    turn(*tables)


def _turn_postgres(steps: Sequence[Step]) -> list[Answer]:
    from psycopg import Cursor

    with _pipeline() as raw:
        asked = []
        for step in steps:
            cursor = Cursor(raw)
            if _is_question(step):
                asked.append(cursor.execute(_worded(step[0], "postgresql"), step[1], prepare=True))
            else:
                plan = _plan(_table(step), "postgresql")
                columns = [list(column) for column in zip(*map(plan.values, step), strict=True)]
                cursor.execute(plan.statement, columns, prepare=True)
    return [cursor.fetchall() for cursor in asked]  # asked for inside the pipeline, each would wait by itself


def _turn_sqlite(steps: Sequence[Step]) -> list[Answer]:
    answers = []
    with connection.cursor() as cursor:
        for step in steps:
            if _is_question(step):
                cursor.execute(_worded(step[0], "sqlite"), [_for_sqlite(param) for param in step[1]])
                answers.append([tuple(map(_from_sqlite, row)) for row in cursor.fetchall()])
            else:
                plan = _plan(_table(step), "sqlite")
                cursor.executemany(plan.statement, [[_for_sqlite(value) for value in plan.values(row)] for row in step])
    return answers


def _is_question(step: Step) -> bool:
    return isinstance(step, tuple) and isinstance(step[0], str)


@contextmanager
def _pipeline():
    """psycopg's own connection, in pipeline mode: answers are waited for once, at the end."""
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield connection.connection


def _table(rows: Sequence[Row]) -> type[Model]:
    return getattr(rows[0], "table", None) or type(rows[0])


def _for_sqlite(value: Any) -> Any:
    """SQLite keeps ids as 32 hexadecimal digits and times as text, as Django writes them; a list travels as JSON."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return _sqlite_time(value)
    return json.dumps([_for_sqlite(each) for each in value]) if isinstance(value, list) else value


def _from_sqlite(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


@lru_cache(maxsize=64)
def _sqlite_time(at: datetime) -> str | None:
    return connection.ops.adapt_datetimefield_value(at)


@lru_cache(maxsize=64)
def _worded(text: str, vendor: str) -> str:
    return text.replace("{any}", ANY[vendor])


@lru_cache(maxsize=64)
def _plan(model: type[Model], vendor: str) -> Plan:
    """How rows of this model are inserted: all columns but a key the database makes itself."""
    fields = [field for field in model._meta.concrete_fields if field.db_returning is False]
    names = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    if vendor == "postgresql":
        # Binary: what is text has to be escaped, element by element, and read again over there.
        arrays = ", ".join(f"%b::{_array(field)}[]" for field in fields)
        source = f"SELECT * FROM unnest({arrays})"  # noqa: S608 (types of our own columns)
    else:
        source = f"VALUES ({', '.join('%s' for _ in fields)})"
    statement = f"INSERT INTO {table} ({names}) {source}"
    return Plan(statement, _values(fields))


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
