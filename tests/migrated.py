"""A migrated SQLite database, made once and copied by every process that wants one: migrating takes five seconds.

It is kept under the digest of all migrations. Whoever copies it still migrates, which then finds nothing to do.
"""

import fcntl
import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.db.backends.sqlite3.creation import DatabaseCreation

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".pytest_cache"
_stock_file, _stock_database = DatabaseCreation._create_test_db, DatabaseCreation.create_test_db


def let_tests_copy() -> None:
    DatabaseCreation._create_test_db = _file
    DatabaseCreation.create_test_db = _database


def template() -> Path:
    """Where it is, or will be."""
    said = hashlib.sha256()
    for file in sorted([*ROOT.glob("*/migrations/*.py"), ROOT / "requirements" / "test.lock"]):
        said.update(file.read_bytes())
    return KEPT / f"migrated-{said.hexdigest()[:16]}.sqlite3"


def _database(self: DatabaseCreation, *args, **options) -> str:
    """The first process makes it, the others wait for it."""
    kept = template()
    with _alone(kept):
        made = _stock_database(self, *args, **options)
        if not kept.exists():
            self.connection.close()
            _keep(Path(made), kept)
    return made


def _file(self: DatabaseCreation, *args, **options) -> str:
    name = _stock_file(self, *args, **options)
    if not self.is_in_memory_db(name) and (kept := template()).exists():
        Path(name).write_bytes(kept.read_bytes())
    return name


def _keep(made: Path, kept: Path) -> None:
    fresh = kept.with_name(f".{kept.name}.{os.getpid()}")
    with closing(sqlite3.connect(made)) as database:
        database.execute("VACUUM INTO ?", [str(fresh)])
    os.replace(fresh, kept)
    for old in sorted(KEPT.glob("migrated-*.sqlite3"), key=lambda file: file.stat().st_mtime)[:-3]:
        old.unlink(missing_ok=True)


@contextmanager
def _alone(kept: Path) -> Iterator[None]:
    KEPT.mkdir(exist_ok=True)
    if kept.exists():
        yield
        return
    with open(KEPT / ".migrated.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
