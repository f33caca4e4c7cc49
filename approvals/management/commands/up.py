"""`manage.py up`: prepare the stores, then keep the console running until Ctrl-C."""

import json
import logging
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.utils import timezone

from config import embedded
from config.embedded import CannotStart


class Command(BaseCommand):
    help = "Starts the whole console on this machine: stores, web process, worker, and the demo unless DEMO=0."
    requires_system_checks = ()

    def handle(self, **options: Any) -> None:
        try:
            self._start(settings.VAR_DIR)
        except CannotStart as refused:
            self.stderr.write(f"Placet does not start: {refused}.", style_func=str)
            sys.exit(1)
        except KeyboardInterrupt:
            sys.exit(130)

    def _start(self, var: Path) -> None:
        embedded.take_lock(var)
        embedded.check_writable(var)
        for name in embedded.reap_leftovers(var):
            self.stdout.write(f"Ended {name}, left behind by a run that was killed.")
        embedded.check_port_free(settings.ENV.port)
        _check_database()
        redis_url, valkey = _store(var)
        demo = self._prepared()
        embedded.announce(var, redis_url=redis_url)
        self.stdout.write("Starting…")
        self.stdout.flush()
        embedded.hand_over(
            var,
            found=embedded.children(valkey=valkey, demo=demo),
            ready=_greeting(demo),
            told=embedded.environment(redis_url=redis_url),
        )

    def _prepared(self) -> Path | None:
        """Brings tables, files and the demo up to date; returns how to get into the demo."""
        self.stdout.write("Preparing the database and the pages…")
        self.stdout.flush()
        try:
            _migrate()
            _check_keys()
            call_command("collectstatic", interactive=False, verbosity=0)
            return _seeded() if settings.DEMO else None
        except (DatabaseError, OSError) as error:
            reason = " ".join(str(error).split())
            raise CannotStart(f"the stores cannot be prepared: {reason}") from error


def _migrate() -> None:
    """By the owner of the tables, in processes of their own, where the console itself is none."""
    if not settings.ENV.migrate_database_url:
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        return
    role = connection.settings_dict["USER"]
    for command in (["migrate", "--noinput", "-v0"], ["createcachetable", "-v0"], ["db_roles", role, "--apply"]):
        ended = subprocess.run(
            [sys.executable, settings.BASE_DIR / "manage.py", *command], capture_output=True, text=True, check=False
        )
        if ended.returncode:
            last = (ended.stderr.strip() or ended.stdout.strip()).splitlines()[-1:]
            raise CannotStart(f"`manage.py {command[0]}` as the owner of the database failed: {' '.join(last)}")


def _check_keys() -> None:
    """Others of this machine cannot read them, they sign and seal, and the ledger knows them."""
    from approvals import custody, keys
    from approvals.errors.sealed import BadSealingKey, SealingKeyMissing
    from approvals.sealing import ring

    try:
        keys.check()
        custody.enter(at=timezone.now())
        with suppress(SealingKeyMissing):  # pages and the API say so; what is decided can still be checked
            ring.ring()
    except keys.Unusable as error:
        raise CannotStart(str(error)) from error
    except BadSealingKey as error:
        where = "SEAL_KEYS" if settings.SEAL_KEYS else f"a file {settings.KEYS_DIR}/{ring.PATTERN}"
        raise CannotStart(f"{where} holds no sealing key, which is 32 random bytes in base64url") from error


def _check_database() -> None:
    """Asked once and directly: the pool would go on trying for a while, and write about each try."""
    if connection.vendor != "postgresql":
        return
    driver = connection.Database
    try:
        driver.connect(**connection.get_connection_params() | {"connect_timeout": 3}).close()
    except driver.Error as error:
        raise CannotStart(f"the database of DATABASE_URL does not answer ({type(error).__name__})") from error


def _store(var: Path) -> tuple[str, Path | None]:
    """The Redis that was named, when it answers; otherwise an embedded one is planned. Returns (URL, its file)."""
    if not settings.REDIS_URL:
        return embedded.store_address(var)
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=3, socket_connect_timeout=3) as client:
            client.ping()
    except redis.RedisError as error:
        raise CannotStart(f"the Redis of REDIS_URL does not answer ({type(error).__name__})") from error
    return settings.REDIS_URL, None


def _seeded() -> Path:
    from approvals.demo import seed

    # Its samples are refused on purpose; what is said of them would be the first that a newcomer reads.
    logging.disable(logging.WARNING)
    try:
        return seed.prepare(at=timezone.now())
    finally:
        logging.disable(logging.NOTSET)


def _greeting(demo: Path | None) -> list[str]:
    lines = ["", f"Placet is ready: {settings.PUBLIC_URL}/"]
    if demo:
        told = json.loads(demo.read_text())
        lines.append(f"Sign in as {', '.join(told['people'])}; the password of each is {told['password']}")
    else:
        lines.append("Nobody can sign in before the first `.venv/bin/python manage.py createsuperuser`.")
    return [*lines, f"Logs are in {settings.VAR_DIR / 'logs'}. Ctrl-C stops everything.", ""]
