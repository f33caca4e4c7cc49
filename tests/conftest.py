"""What every test stands on: its own var folder, its own Valkey, SQLite unless `--postgres`, and the cast.

A pytest process (and each xdist worker) chooses its stores before Django's settings are read, so nothing of a running
console on the same machine is touched.
"""

import asyncio
import atexit
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests import stores

#: Since when the cast holds its roles.
SINCE = datetime(2026, 1, 5, tzinfo=UTC)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgres", action="store_true", help="use PostgreSQL: DATABASE_URL, or an embedded one")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    folder = Path(tempfile.mkdtemp(prefix="placet-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _choose_database(config, folder)
    if getattr(config.option, "dist", "no") != "no" and not hasattr(config, "workerinput"):
        return  # runs no test; a worker that inherited our settings would read them before it has stores of its own
    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings",
        DJANGO_ALLOW_ASYNC_UNSAFE="true",
        PLACET_VAR=str(folder / "var"),
        PORT=str(stores.free_port()),
        PUBLIC_URL="",
        BROKER_URL="",
        REDIS_URL=stores.start_valkey(folder),
        DEMO="0",
        REQUIRE_SECOND_FACTOR="nobody",
    )
    from django.conf import settings

    from tests import law, migrated

    law.let_tests_flush()
    migrated.let_tests_copy()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.MIDDLEWARE.remove("servestatic.middleware.ServeStaticMiddleware")


def _choose_database(config: pytest.Config, folder: Path) -> None:
    """The controller starts PostgreSQL once; its workers find it in the environment they inherit."""
    if not config.getoption("postgres"):
        os.environ["DATABASE_URL"] = ""
    elif not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = stores.start_postgres(folder)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("postgres"):
        return
    for item in items:
        if item.get_closest_marker("postgres"):
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL: run pytest with --postgres"))


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest) -> bool:
    """An embedded cluster is thrown away as a whole; dropping its database would wait for idle pool connections."""
    return bool(request.config.getoption("postgres"))


@pytest.fixture(autouse=True, scope="session")
def _who_is_signed_in_was_just_confirmed() -> None:
    """`client.force_login` leaves no proof of who sits there; a test of that forgets it again (`forget_proofs`)."""
    from allauth.account.internal.flows.login import record_authentication
    from django.contrib.auth.signals import user_logged_in

    def confirm(request, user, **_: object) -> None:
        if "REQUEST_METHOD" not in request.META:  # the test client's own request; nobody sent it
            request.user = user
            record_authentication(request, user, "test")

    user_logged_in.connect(confirm, weak=False, dispatch_uid="tests")


@pytest.fixture(autouse=True)
def _nothing_seen_yet() -> None:
    """Ids come again in another test, and with them what the process remembers of servers."""
    from approvals import sightings

    sightings.memory.forget()


@pytest.fixture(autouse=True)
def _no_book_of_another_test():
    """Two tests may publish rules of the same ids, names and second; one must not find the other's book in memory."""
    books = sys.modules.get("approvals.policy.books")
    if books is not None:
        books._book = None
    batch = sys.modules.get("approvals.intake.batch")
    if batch is not None:
        batch._lately = frozenset()


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def valkey() -> str:
    """The URL of an empty Valkey."""
    import redis

    url = os.environ["REDIS_URL"]
    with redis.Redis.from_url(url) as client:
        client.flushall()
    return url


@pytest.fixture(scope="session")
def _live_console() -> Iterator[str]:
    """The whole ASGI application behind a real socket, in a thread of this process, so that it sees the test's rows."""
    import uvicorn
    from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler

    from config.asgi import application

    port = int(os.environ["PORT"])
    files = ASGIStaticFilesHandler(application)

    async def whole(scope, receive, send):
        door = files if scope["type"] == "http" else application
        await door(scope, receive, send)

    server = uvicorn.Server(uvicorn.Config(whole, port=port, lifespan="off", log_level="warning"))
    thread = threading.Thread(target=asyncio.run, args=(server.serve(),), daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        if time.monotonic() > deadline or not thread.is_alive():
            raise RuntimeError("the live console did not start")
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = server.force_exit = True
    thread.join(10)


@pytest.fixture
def console(_live_console: str, transactional_db: None, valkey: str) -> str:
    """Base URL of a running console (also its issuer) with an empty database and an empty Valkey."""
    return _live_console


@pytest.fixture
def alice(db):
    return _person("alice", role="payments-owner")


@pytest.fixture
def bob(db):
    return _person("bob", role="payments-owner")


@pytest.fixture
def carol(db):
    return _person("carol", role="data-owner")


@pytest.fixture
def mallory(db):
    return _person("mallory", role=None)


@pytest.fixture
def shop(db, now):
    from accounts import servers

    return servers.register(name="shop", at=now)


def _person(name: str, *, role: str | None):
    from accounts import roles
    from accounts.models import User

    user = User.objects.create_user(name, password=f"{name}-password")
    if role:
        roles.give(role=role, user=user, at=SINCE)
    return user
