"""A folder of sealing keys of a test's own, and looks at what the database holds."""

import pytest
from django.db import connection

from approvals.sealing import ring


@pytest.fixture
def keys(settings, tmp_path):
    """An empty folder for keys, that nobody looked into yet."""
    settings.KEYS_DIR, settings.SEAL_KEYS = tmp_path / "keys", ""
    ring._folder.ring = None
    yield settings.KEYS_DIR
    ring._folder.ring = None


@pytest.fixture
def raw():
    """Read a column as it is stored: `raw("approvals_action", "body")`."""

    def read(table, column):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {column} FROM {table}")
            return [None if value is None else bytes(value) for (value,) in cursor.fetchall()]

    return read
