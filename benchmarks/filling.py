"""Filling tables past the ORM, a million rows in a minute or two; and counting what a page asks past the ORM."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import batched
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

BATCH = 5_000


def fill(model: type[Model], rows: Iterable[dict[str, Any]]) -> None:
    """Write rows, given as column -> value as it is stored, with COPY or `executemany`."""
    fields = [field for field in model._meta.concrete_fields if field.db_returning is False]
    columns = [field.column for field in fields]
    names, table = ", ".join(columns), model._meta.db_table
    if connection.vendor == "postgresql":
        for batch in batched(rows, BATCH):  # made before: while it copies, a connection does nothing else
            with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in batch:
                    copy.write_row([row[column] for column in columns])
        return
    plains = _plain(fields)
    statement = f"INSERT INTO {table} ({names}) VALUES ({', '.join('%s' for _ in columns)})"
    with transaction.atomic(), connection.cursor() as cursor:
        for batch in batched(rows, BATCH):
            told = [
                [
                    plain.get_db_prep_value(row[field.column], connection)
                    for field, plain in zip(fields, plains, strict=True)
                ]
                for row in batch
            ]
            cursor.executemany(statement, told)


@contextmanager
def set_based(tables: tuple[str, ...]) -> Iterator[None]:
    """Without triggers, and with indexes built once at the end, as a restore does it. PostgreSQL only."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(_INDEXES, [list(tables)])
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        cursor.execute("SET maintenance_work_mem = '256MB'")
        for _, text in indexes:
            cursor.execute(text)
        cursor.execute("SET session_replication_role = DEFAULT")


@contextmanager
def turns() -> Iterator[list[int]]:
    """Count what goes through `rows.turn` on PostgreSQL, which Django does not see; a step counts as a query."""
    from approvals.rows import on_postgres

    asked: list[int] = []
    whole = on_postgres.turn

    def counting(steps):
        asked.extend(1 for _ in steps)
        return whole(steps)

    on_postgres.turn = counting
    try:
        yield asked
    finally:
        on_postgres.turn = whole


#: Indexes that no constraint rests on.
_INDEXES = """
SELECT held.indexname, held.indexdef FROM pg_indexes AS held
 WHERE held.tablename = ANY(%s)
   AND NOT EXISTS (SELECT 1 FROM pg_constraint AS law WHERE law.conname = held.indexname)
   AND held.indexdef NOT LIKE 'CREATE UNIQUE%%'
"""


def _plain(fields: list) -> list:
    """A sealed column's values are given as they are stored."""
    from django.db.models import BinaryField

    from approvals.sealing import SealedField

    return [BinaryField() if isinstance(field, SealedField) else field for field in fields]
