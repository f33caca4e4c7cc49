"""Lets the test runner empty append-only tables between tests.

On SQLite its DELETE would meet the triggers (TRUNCATE on PostgreSQL does not).
"""

from django.db.backends.sqlite3.base import DatabaseOperations

_stock = DatabaseOperations.sql_flush


def let_tests_flush() -> None:
    DatabaseOperations.sql_flush = _without_triggers


def _without_triggers(self, *args, **options):
    with self.connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
    drop = [f"DROP TRIGGER {name}" for name, _ in triggers]
    return [*drop, *_stock(self, *args, **options), *(sql for _, sql in triggers)]
