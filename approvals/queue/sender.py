"""The sender: hands receipts over as soon as a settlement is heard of.

What it does not hear of, the sweep hands over.
"""

import json
import logging
import threading

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from redis.exceptions import RedisError

from ..nudge import CHANNEL
from . import replies

PATIENCE = 0.5  # seconds it listens before it looks whether it has to stop
PAUSE = 1.0  # seconds without a try after one that failed

log = logging.getLogger("placet.queue")


def run(stop: threading.Event) -> None:
    """Listen until `stop` is set. Survives a Redis and a database that go away, and come back."""
    while settings.REDIS_URL and not stop.is_set():
        try:
            _listen(settings.REDIS_URL, stop)
        except (RedisError, OSError, DatabaseError, InterfaceError) as error:
            log.warning("receipts wait for the sweep", extra={"error": type(error).__name__})
            stop.wait(PAUSE)
        finally:
            connection.close()


def _listen(url: str, stop: threading.Event) -> None:
    with redis.Redis.from_url(url, socket_connect_timeout=2) as client:
        heard = client.pubsub(ignore_subscribe_messages=True)
        heard.subscribe(CHANNEL)
        while not stop.is_set():
            if _settled(heard.get_message(timeout=PATIENCE)):
                _drain(heard)
                replies.hand_over()


def _drain(heard: redis.client.PubSub) -> None:
    """Pass over what was said meanwhile: one turn hands over all that is owed."""
    while heard.get_message(timeout=0) is not None:
        pass


def _settled(message: dict | None) -> bool:
    try:
        return bool(message) and json.loads(message["data"])["event"] == "settled"
    except (ValueError, KeyError, TypeError):
        return False
