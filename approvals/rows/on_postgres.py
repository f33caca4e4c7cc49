"""A turn with PostgreSQL: everything is sent before the first answer is waited for."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from itertools import groupby
from typing import Any

from django.db import connection
from django.db.models import Model
from psycopg import Connection, Cursor
from psycopg.pq import TransactionStatus

from . import arrays
from .plans import plan
from .steps import Answer, Row, Step, Together, is_rows, table_of


def turn(steps: Sequence[Step]) -> list[Answer]:
    statements = [each for inserted, run in groupby(steps, is_rows) for each in _statements(run, inserted=inserted)]
    sent = []
    with _sending(len(statements)) as raw:
        for text, params, questions in statements:
            cursor = Cursor(raw)
            cursor.execute(text, params, prepare=True, binary=questions > 1)
            sent.append((cursor, questions))
    # Asked for inside the pipeline, each would wait by itself.
    return [answer for cursor, questions in sent for answer in _answers(cursor, questions)]


def _statements(run: Iterable[Step], *, inserted: bool) -> Iterator[tuple[str, Sequence[Any], int]]:
    """What is sent for steps side by side: text, parameters, and how many questions it answers."""
    if inserted:
        yield _inserting(run)
        return
    for step in run:
        if isinstance(step, Together) and len(step.questions) > 1:
            texts, params = zip(*step.questions, strict=True)
            yield _at_once(texts), [each for told in params for each in told], len(texts)
        else:
            text, params = step.questions[0] if isinstance(step, Together) else step
            yield _worded(text), params, 1


def _inserting(run: Iterable[Sequence[Row]]) -> tuple[str, Sequence[Any], int]:
    """One statement that inserts all of these rows."""
    tables: dict[type[Model], list[Row]] = {}
    for rows in run:
        tables.setdefault(table_of(rows), []).extend(rows)
    params: list[Any] = []
    for table, rows in tables.items():
        how = plan(table, "postgresql")
        columns = zip(*map(how.values, rows), strict=True)
        params += map(arrays.pack, how.kinds, columns)
    return _all_inserted(tuple(tables)), params, 0


def _answers(cursor: Any, questions: int) -> list[Answer]:
    if questions > 1:
        return list(cursor.fetchone())
    return [cursor.fetchall()] if questions else []


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


@lru_cache(maxsize=64)
def _at_once(texts: tuple[str, ...]) -> str:
    """One statement that answers these questions, a column of rows each."""
    asked = (f"ARRAY(SELECT found FROM ({_worded(text)}) AS found)" for text in texts)  # noqa: S608
    return f"SELECT {', '.join(asked)}"


@lru_cache(maxsize=64)
def _all_inserted(tables: tuple[type[Model], ...]) -> str:
    *others, last = (plan(table, "postgresql").into for table in tables)
    if not others:
        return last
    beside = ", ".join(f"rows_{number} AS ({into})" for number, into in enumerate(others))
    return f"WITH {beside} {last}"
