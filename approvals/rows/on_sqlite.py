"""The same turn with SQLite, one statement after the other: it lies in this process."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection

from .plans import plan
from .steps import Answer, Question, Row, Step, Together, is_rows, table_of


def turn(steps: Sequence[Step]) -> list[Answer]:
    answers = []
    with connection.cursor() as cursor:
        for step in _single(steps):
            if is_rows(step):
                how = plan(table_of(step), "sqlite")
                cursor.executemany(how.into, [[_for_sqlite(value) for value in how.values(row)] for row in step])
                continue
            cursor.execute(_worded(step[0]), [_for_sqlite(param) for param in step[1]])
            answers.append([tuple(map(_from_sqlite, row)) for row in cursor.fetchall()])
    return answers


def _single(steps: Sequence[Step]) -> Iterator[Question | Sequence[Row]]:
    for step in steps:
        if isinstance(step, Together):
            yield from step.questions
            yield from filter(None, step.rows)
        else:
            yield step


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
def _worded(text: str) -> str:
    return text.replace("{any}", "IN (SELECT value FROM json_each(%s))")
