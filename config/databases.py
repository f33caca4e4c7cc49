"""From a database URL to Django's description of it. Two stores are supported: SQLite and PostgreSQL."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

# WAL lets readers go on while one writes. FULL makes the commit wait for the disk: what was acknowledged survives a
# power cut, not only a killed process. IMMEDIATE takes the write lock at BEGIN, so a transaction that reads first and
# writes later waits for its turn instead of failing half way with "database is locked".
_SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 5,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;",
}

# The hot verbs (`approvals.rows`) have their statements prepared and planned once a connection: planned anew for each
# set of values, a decision takes three times as long. Whoever plans once must not be led by how small a table was that
# day: its index is taken even then, by these statements and by the checks of foreign keys, which keep their plans too.
# The ORM's statements are never prepared; no page reads a whole table. Compiling a plan would take longer than its run.
_PREPARED = {
    "prepare_threshold": 5,
    "options": "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off",
}
# For a pooler that hands one connection to many in turn, and knows nothing of prepared statements.
_UNPREPARED = {"prepare_threshold": None}

#: Commands that change tables, or say who may: they alone use MIGRATE_DATABASE_URL.
OWNERS_COMMANDS = ("migrate", "createcachetable", "db_roles", "sqlmigrate", "flush")


def parse(url: str, *, base: Path) -> dict[str, Any]:
    """An entry of `DATABASES`. Relative SQLite paths are relative to `base`. Raises ValueError with a sentence."""
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        return sqlite(_sqlite_path(url, base=base))
    if scheme in {"postgres", "postgresql"}:
        return _postgres(url)
    raise ValueError("must start with sqlite:/// or postgresql://")


def sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": _SQLITE_OPTIONS,
        # A file, not memory: threads and a live server share it under the same locking rules as in production.
        "TEST": {"NAME": path.with_name(f"test-{path.name}")},
    }


def _sqlite_path(url: str, *, base: Path) -> Path:
    parts = urlsplit(url)
    if parts.netloc or len(parts.path) < 2:
        raise ValueError("must be sqlite:///relative/path or sqlite:////absolute/path")
    return base / unquote(parts.path[1:])


def _postgres(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    prepared = _UNPREPARED if options.pop("prepare_threshold", "") == "off" else _PREPARED
    name = unquote(parts.path[1:])
    if not name or "/" in name:
        raise ValueError("must end in the name of one database")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": {**prepared, **options, "pool": {"min_size": 1, "max_size": 12, "timeout": 10}},
        "CONN_HEALTH_CHECKS": True,
    }


def close_pools() -> None:
    """While threads still run: a pool that is closed by the ending interpreter waits 5 s for each of its threads."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        if connection.vendor == "postgresql":
            connection.close_pool()
