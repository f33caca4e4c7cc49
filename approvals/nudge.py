"""Hints after a commit, for open pages, parked polls and the worker.

All of them may be lost: rows say what is still owed.
"""

import json
import logging
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from threading import Lock
from uuid import UUID

import redis
from django.conf import settings
from django.db import transaction

CHANNEL = "placet.nudge"
SIGNED_OUT = "signed_out"  # an event about a person, not about actions
QUIET = 1.0  # seconds without a try after one that failed

log = logging.getLogger(__name__)
_quiet_until = 0.0
_hushed = ContextVar("hushed", default=False)


def after_commit(
    *, event: str, actions: Iterable[tuple[UUID, int | None]], people: Mapping[UUID, Iterable[int]] | None = None
) -> None:
    """Tell whoever listens that this happened to these actions (id, checkpoint id), once the transaction is durable.

    `people` are those to whom an action comes beside their duties, by their ids.
    """
    told = [] if _hushed.get() else list(actions)
    named = {str(action): list(ids) for action, ids in (people or {}).items()}
    if told:
        transaction.on_commit(lambda: _tell(event, told, named), robust=True)


@contextmanager
def hushed() -> Iterator[None]:
    """Tell nobody of what is done in here: it is long over, and no page has to look again for it."""
    token = _hushed.set(True)
    try:
        yield
    finally:
        _hushed.reset(token)


def signed_out(*, person: int) -> None:
    """Let the open pages of this person look at their sessions again, once the transaction is durable."""
    transaction.on_commit(lambda: _publish({"event": SIGNED_OUT, "person": person}), robust=True)


def _tell(event: str, told: list[tuple[UUID, int | None]], people: dict[str, list[int]]) -> None:
    message = {"event": event, "actions": [str(a) for a, _ in told], "checkpoints": [c for _, c in told]}
    if people:
        message["people"] = people
    _publish(message)


def _publish(message: Mapping[str, object]) -> None:
    global _quiet_until
    if not settings.REDIS_URL or time.monotonic() < _quiet_until:
        return
    try:
        _line(settings.REDIS_URL).say(json.dumps(message))
    except (redis.RedisError, OSError) as error:
        _quiet_until = time.monotonic() + QUIET
        _lost(error)


def _lost(error: Exception) -> None:
    log.warning("a nudge was lost", extra={"error": type(error).__name__})


class _Line:
    """A connection on which messages are sent without waiting for what is said to them: nobody acts on it."""

    def __init__(self, url: str) -> None:
        self._make = redis.ConnectionPool.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.25).make_connection
        self._connection: redis.connection.Connection | None = None
        self._lock = Lock()

    def say(self, text: str) -> None:
        with self._lock:
            try:
                self._opened().send_command("PUBLISH", CHANNEL, text)
            except BaseException:
                self._close()
                raise

    def _opened(self) -> redis.connection.Connection:
        """The connection, with everything read that came back meanwhile; another one where it has ended."""
        try:
            while self._connection is not None and self._connection.can_read():
                self._heard(self._connection)
        except (redis.RedisError, OSError):
            self._close()
        if self._connection is None:
            self._connection = self._make()
            self._connection.connect()
        return self._connection

    @staticmethod
    def _heard(connection: redis.connection.Connection) -> None:
        try:
            connection.read_response()
        except redis.ResponseError as error:
            _lost(error)

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.disconnect()


@lru_cache(maxsize=4)
def _line(url: str) -> _Line:
    return _Line(url)


os.register_at_fork(after_in_child=_line.cache_clear)
