"""Hints are said without waiting for what is answered, and what goes wrong with them is nobody's trouble."""

import json
import logging
import socket
import threading
import time

import pytest
import redis

from approvals import nudge


@pytest.fixture(autouse=True)
def _fresh(monkeypatch, settings, valkey):
    settings.REDIS_URL = valkey
    monkeypatch.setattr(nudge, "_quiet_until", 0.0)
    nudge._line.cache_clear()
    yield
    nudge._line.cache_clear()


@pytest.fixture
def heard(valkey):
    """Returns the next message that arrives."""
    with redis.Redis.from_url(valkey) as client, client.pubsub(ignore_subscribe_messages=True) as listening:
        listening.subscribe(nudge.CHANNEL)
        listening.get_message(timeout=2)

        def following():
            until = time.monotonic() + 2
            while time.monotonic() < until:
                if message := listening.get_message(timeout=0.2):
                    return json.loads(message["data"])
            return None

        yield following


def test_messages_arrive_in_their_order(heard):
    for number in range(50):
        nudge._publish({"event": "asked", "number": number})
    assert [heard()["number"] for _ in range(50)] == list(range(50))


def test_a_connection_that_was_closed_is_opened_again_before_anything_is_said(heard, valkey):
    nudge._publish({"event": "first"})
    assert heard() == {"event": "first"}
    with redis.Redis.from_url(valkey) as client:
        client.client_kill_filter(_type="normal", skipme=True)
    time.sleep(0.1)  # until the end of it has arrived here
    nudge._publish({"event": "second"})
    assert heard() == {"event": "second"}


def test_what_redis_refuses_is_logged_and_the_next_is_said(heard, valkey, caplog):
    nudge._publish({"event": "first"})
    heard()
    with redis.Redis.from_url(valkey) as client, caplog.at_level(logging.WARNING):
        client.execute_command("ACL", "SETUSER", "default", "-publish")
        try:
            nudge._publish({"event": "refused"})
            time.sleep(0.1)
        finally:
            client.execute_command("ACL", "SETUSER", "default", "+publish")
        nudge._publish({"event": "third"})
    assert heard() == {"event": "third"}
    assert [record.message for record in caplog.records] == ["a nudge was lost"]


def test_nobody_waits_for_a_redis_that_does_not_answer(settings):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        settings.REDIS_URL = f"redis://127.0.0.1:{deaf.getsockname()[1]}/0"
        began = time.monotonic()
        for _ in range(20):
            nudge._publish({"event": "asked"})
        assert time.monotonic() - began < 2


def test_many_threads_share_the_line_without_mixing_words(heard):
    threads = [
        threading.Thread(target=lambda n=n: [nudge._publish({"n": n, "long": "x" * 5000}) for _ in range(10)])
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [heard()["n"] for _ in range(80)]
    assert sorted(found) == sorted(n for n in range(8) for _ in range(10))
