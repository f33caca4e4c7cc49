"""`manage.py db_roles ROLE [--apply]`: what the console's own role may do in PostgreSQL, and nothing more.

Runs as the owner of the tables (MIGRATE_DATABASE_URL), after every migration.
"""

from argparse import ArgumentParser
from collections import defaultdict
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from approvals.errors import BadRole, NotPostgres
from approvals.management.telling import TellingCommand
from approvals.rules import rights

_COLUMNS = """
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY c.relname, a.attnum
"""
_TRIGGERS = """
SELECT c.relname, bool_or(t.tgtype & 16 > 0), bool_or(t.tgtype & 8 > 0)
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
 WHERE NOT t.tgisinternal AND t.tgqual IS NULL AND p.proname IN ('approvals_refuse', 'accounts_refuse')
 GROUP BY c.relname
"""
_POWERS = """
SELECT rolsuper OR rolcreaterole OR rolreplication OR rolbypassrls, pg_has_role(oid, current_user, 'MEMBER'),
       EXISTS (SELECT 1 FROM pg_class WHERE relowner = pg_roles.oid)
  FROM pg_roles WHERE rolname = %s
"""
# What it could do as any role that it may become, its own among them: rights come by membership too.
_REACHED = """
SELECT c.relname, other.rolname FROM pg_roles AS other CROSS JOIN pg_class AS c
 WHERE pg_has_role(%s, other.oid, 'MEMBER') AND c.relnamespace = 'public'::regnamespace AND c.relname = ANY(%s)
   AND (other.rolsuper OR other.rolcreaterole OR other.rolname IN ('pg_execute_server_program', 'pg_write_server_files')
        OR has_any_column_privilege(other.oid, c.oid, 'UPDATE')
        OR has_table_privilege(other.oid, c.oid, 'DELETE, TRUNCATE, TRIGGER'))
 LIMIT 1
"""


class Command(TellingCommand):
    help = "Prints the SQL that bounds the console's role in PostgreSQL; --apply runs it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("role", help="the role of DATABASE_URL")
        parser.add_argument("--apply", action="store_true", help="run it, in one transaction")
        parser.add_argument("--password-file", type=Path, help="with --apply: make the role if it is missing")

    def act(self, *, role: str, apply: bool, password_file: Path | None, **options: Any) -> tuple[dict[str, Any], str]:
        if connection.vendor != "postgresql":
            raise NotPostgres
        with transaction.atomic(), connection.cursor() as cursor:
            if apply and password_file:
                _make(cursor, role, password_file.read_text().strip())
            if apply:
                _refuse_powerful(cursor, role)
            tables = _tables(cursor)
            found = rights.statements(tables, role=role)
            if apply:
                for statement in found:
                    cursor.execute(statement)
                _refuse_reaching(cursor, role, [each.name for each in tables if each.stays and each.kept])
        said = {"role": role, "applied": apply, "statements": found}
        if apply:
            return said, f"{role} may read and write what the console needs, and change nothing that was said."
        return said, "".join(f"{statement};\n" for statement in found).rstrip()


def _tables(cursor: Any) -> list[rights.Table]:
    columns: dict[str, list[str]] = defaultdict(list)
    cursor.execute(_COLUMNS)
    for table, column in cursor.fetchall():
        columns[table].append(column)
    cursor.execute(_TRIGGERS)
    refused = {table: (stays, kept) for table, stays, kept in cursor.fetchall()}
    return [rights.Table(name, tuple(found), *refused.get(name, (False, False))) for name, found in columns.items()]


def _make(cursor: Any, role: str, password: str) -> None:
    from psycopg import sql

    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    if cursor.fetchone() is None:
        made = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(password))
        cursor.execute(made.as_string(cursor.connection))


def _refuse_powerful(cursor: Any, role: str) -> None:
    """Rights taken from somebody who owns the tables, or may become their owner, are given back at will."""
    cursor.execute(_POWERS, [role])
    found = cursor.fetchone()
    if found is None:
        raise BadRole(f"There is no role {role}. Make it, or name a file with its password: --password-file.")
    if any(found):
        raise BadRole(f"{role} owns tables, or has rights over roles or everything, so nothing can be kept from it.")


def _refuse_reaching(cursor: Any, role: str, stay: list[str]) -> None:
    """What was taken from the role itself it must not have through others."""
    cursor.execute(_REACHED, [role, stay])
    if found := cursor.fetchone():
        table, other = found
        raise BadRole(f"{role} can still change {table}, by what the role {other} may do. Take it out of that role.")
