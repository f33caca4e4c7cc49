"""When the database is away or its lock is held: an honest 503, nothing stored, and all is well again afterwards."""

import sqlite3
from contextlib import contextmanager

import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from approvals.api import lanes

from .conftest import refused


@pytest.fixture
def locked():
    """Somebody else holds SQLite's write lock. The lanes wait a tenth of a second for it instead of five."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no such lock")

    def patience(milliseconds: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {milliseconds}")

    @contextmanager
    def hold():
        other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
        other.close()

    lanes.in_every_thread(patience, 100)
    yield hold
    lanes.in_every_thread(lambda: connection.close())


async def test_a_database_that_does_not_answer_is_a_503_and_never_a_verdict(door, refund, decide, locked):
    action = await door.submitted()
    with locked():
        for answer in (await door.submit(key="k2"), await door.withdraw(action), await door.consume(action)):
            refused(answer, 503, "unavailable")
            assert answer.headers["retry-after"] == "1"
    assert (await door.submit(key="k2")).status_code == 201
    assert (await door.get(f"/{action}")).json()["state"] == "pending"


@pytest.mark.postgres
async def test_connections_that_the_database_ended_are_replaced_without_the_server_noticing(door, refund, alice):
    action = await door.submitted(key="k1")
    await sync_to_async(_end_the_lanes)()
    assert (await door.submit(key="k2")).status_code == 201
    assert (await door.get(f"/{action}")).status_code == 200


def _end_the_lanes() -> None:
    backends: list[int] = []

    def tell() -> None:
        with connection.cursor() as cursor:
            backends.append(cursor.execute("SELECT pg_backend_pid()").fetchone()[0])

    lanes.in_every_thread(tell)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [backends])
