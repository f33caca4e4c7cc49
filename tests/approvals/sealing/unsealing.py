"""Rows as they were before there were seals: written past the triggers, as an older console left them."""

from contextlib import contextmanager

from django.db import connection

from approvals.models import Action


@contextmanager
def without_law():
    """The tables of payloads without their triggers."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            yield
            cursor.execute("SET session_replication_role = DEFAULT")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        yield
        for _, sql in triggers:
            cursor.execute(sql)


def unseal(action, *, body=None):
    """Store the action's payloads open; `body` in place of its own."""
    context, body = bytes(action.context), body or bytes(action.body)
    key = Action._meta.pk.get_db_prep_value(action.pk, connection)
    with without_law(), connection.cursor() as cursor:
        cursor.execute("UPDATE approvals_action SET body = %s, context = %s WHERE id = %s", [body, context, key])
    return Action.objects.get(pk=action.pk)


def put(action, column, value):
    """Overwrite a stored value, as somebody with the database in their hands."""
    key = Action._meta.pk.get_db_prep_value(action.pk, connection)
    with without_law(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE approvals_action SET {column} = %s WHERE id = %s", [value, key])
