"""A turn with PostgreSQL: everything is sent before the first answer is waited for."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

from django.db import connection
from django.db.models import Model
from psycopg import Connection, Cursor
from psycopg.pq import TransactionStatus

from . import arrays
from .plans import plan
from .steps import Answer, Question, Row, Step, Together, is_rows, table_of


@dataclass(frozen=True, slots=True)
class Statement:
    """What is sent at once. With `whole` its one row has an array for each question's answer."""

    text: str
    params: Sequence[Any]
    questions: int
    whole: bool = False

    def answers(self, cursor: Cursor) -> list[Answer]:
        if self.whole:
            return list(cursor.fetchone() or ())
        return [cursor.fetchall()] if self.questions else []


def turn(steps: Sequence[Step]) -> list[Answer]:
    statements = [each for inserted, run in groupby(steps, is_rows) for each in _statements(run, inserted=inserted)]
    sent = []
    with _sending(len(statements)) as raw:
        for each in statements:
            cursor = Cursor(raw)
            cursor.execute(each.text, each.params, prepare=True, binary=each.whole)
            sent.append((each, cursor))
    # Asked for inside the pipeline, each would wait by itself.
    return [answer for each, cursor in sent for answer in each.answers(cursor)]


def _statements(run: Iterable[Step], *, inserted: bool) -> Iterator[Statement]:
    """Steps side by side as statements: all rows in one, each question in one of its own."""
    if inserted:
        yield _whole((), run)
        return
    for step in run:
        if isinstance(step, Together):
            yield _whole(step.questions, filter(None, step.rows))
        else:
            yield Statement(_worded(step[0]), [arrays.parameter(each) for each in step[1]], 1)


def _whole(questions: Sequence[Question], sequences: Iterable[Sequence[Row]]) -> Statement:
    """One statement that asks and inserts all of this."""
    params = [arrays.parameter(each) for _, told in questions for each in told]
    tables: dict[type[Model], list[Row]] = {}
    for rows in sequences:
        tables.setdefault(table_of(rows), []).extend(rows)
    for table, rows in tables.items():
        how = plan(table, "postgresql")
        params += map(arrays.pack, how.kinds, zip(*map(how.values, rows), strict=True))
    text = _at_once(tuple(text for text, _ in questions), tuple(tables))
    return Statement(text, params, len(questions), whole=bool(questions))


@contextmanager
def _sending(statements: int) -> Iterator[Connection]:
    """psycopg's own connection; in pipeline mode when there is more to send than one statement and waiting for it."""
    connection.ensure_connection()
    raw = connection.connection
    arrays.teach(raw)
    alone = statements == 1 and (raw.autocommit or raw.info.transaction_status == TransactionStatus.INTRANS)
    with connection.wrap_database_errors, nullcontext() if alone else raw.pipeline():
        yield raw


@lru_cache(maxsize=64)
def _worded(text: str) -> str:
    return text.replace("{any}", "= ANY(%s)")


@lru_cache(maxsize=256)
def _at_once(questions: tuple[str, ...], tables: tuple[type[Model], ...]) -> str:
    """The text; it answers with a row that has an array for each question, and with nothing when there is none."""
    asked = [f"asked_{number} AS ({_worded(text)})" for number, text in enumerate(questions)]
    into = [plan(table, "postgresql").into for table in tables]
    found = ", ".join(f"ARRAY(SELECT found FROM asked_{n} AS found)" for n in range(len(questions)))  # noqa: S608
    last = f"SELECT {found}" if found else into.pop()
    beside = ", ".join(asked + [f"rows_{number} AS ({text})" for number, text in enumerate(into)])
    return f"WITH {beside} {last}" if beside else last
