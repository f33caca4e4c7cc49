"""Whatever is killed, what was acknowledged is on record: asks over REST and over the queue, decisions and receipts."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from secrets import token_urlsafe

import httpx2
import pytest
import redis
from placet import envelopes
from placet.queue import Queue
from placet.receipts import FileSigner, SqliteSpent

from tests.asks import ask
from tests.journeys.running import ROOT, Running, clean_environment, until


class Shop:
    """A server of a running console, with a token and a key."""

    def __init__(self, running: Running, folder) -> None:
        self.running = running
        self.key = FileSigner.generate(folder / "till.pem")
        file = folder / "till.jwk"
        file.write_text(json.dumps(self.key.public_jwk()))
        told = running.command("register_server", "till", "--public-key", str(file), "--new-token")
        self.headers = {"Authorization": f"Bearer {told['token']}"}
        self.redis_url = json.loads((running.var / "stores.json").read_text())["redis_url"]

    def submit(self, key: str) -> str | None:
        """The id of the action once it is acknowledged; None when nobody answered."""
        headers = {**self.headers, "Idempotency-Key": key}
        try:
            answer = httpx2.post(f"{self.running.url}/api/v1/actions", json=ask(), headers=headers, timeout=5)
        except httpx2.HTTPError:
            return None
        return answer.json()["id"] if answer.status_code in (200, 201) else None

    def send(self, key: str) -> bool:
        """Whether Redis has taken the signed ask."""
        at = int(time.time())
        claims = {
            "iss": "urn:placet:server:till", "aud": self.running.url, "iat": at, "exp": at + 600,
            "jti": token_urlsafe(16), "key": key, "ask": ask(),
        }  # fmt: skip
        sealed = envelopes.seal(claims, typ="placet-envelope+jwt", signer=self.key)
        try:
            with redis.Redis.from_url(self.redis_url, socket_timeout=2) as client:
                client.xadd("placet.intake", {"envelope": sealed})
        except redis.RedisError:
            return False
        return True

    def reaches_redis(self) -> bool:
        try:
            with redis.Redis.from_url(self.redis_url, socket_timeout=2) as client:
                return client.ping()
        except redis.RedisError:
            return False

    def actions(self) -> list[dict]:
        found, cursor = [], ""
        while True:
            answer = httpx2.get(
                f"{self.running.url}/api/v1/actions?limit=200{cursor}", headers=self.headers, timeout=10
            ).json()
            found += answer["items"]
            if answer["next"] is None:
                return found
            cursor = f"&cursor={answer['next']}"

    def replies(self) -> dict[str, str]:
        with redis.Redis.from_url(self.redis_url) as client:
            entries = client.xrange("placet.receipts.till")
        return {fields[b"action"].decode(): fields[b"receipt"].decode() for _, fields in entries}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    console = Running.prepared(tmp_path_factory.mktemp("survival"), DEMO="0").ready()
    env = clean_environment(console.var) | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'sdk'}"}
    subprocess.run([sys.executable, "-m", "benchmarks.seed"], cwd=ROOT, env=env, check=True, capture_output=True)
    yield console
    console.close()


@pytest.fixture(scope="module")
def till(running, tmp_path_factory) -> Shop:
    return Shop(running, tmp_path_factory.mktemp("till"))


def test_an_ask_over_the_queue_becomes_a_verified_approval(running, till, tmp_path):
    pin = httpx2.get(f"{running.url}/.well-known/jwks.json").json()
    with Queue(
        till.redis_url, server="till", key=till.key, pin=pin, issuer=running.url, spent=SqliteSpent(tmp_path / "spent")
    ) as queue:
        submission = queue.submit(name="refund", arguments={"order": "A1", "amount": 4200})
        until(lambda: till.actions())
        (action,) = till.actions()
        told = running.command("decide", action["id"], "approve", "--as", "alice")
        assert told["state"] == "approved"
        approved = queue.wait(submission, timeout=20)
    assert approved.arguments == {"order": "A1", "amount": 4200}


class Flood:
    """Asks by both ways at once, until told to stop: what REST acknowledged (key -> id), what the queue took (keys)."""

    def __init__(self, till: Shop) -> None:
        self.till, self.stop = till, threading.Event()
        self.acked: dict[str, str] = {}
        self.taken: set[str] = set()
        self.threads = [threading.Thread(target=work) for work in (self._by_rest, self._by_rest, self._by_queue)]

    def __enter__(self) -> "Flood":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(10)

    def _by_rest(self) -> None:
        while not self.stop.is_set():
            key = token_urlsafe(8)
            if action := self.till.submit(key):
                self.acked[key] = action
            else:
                time.sleep(0.05)

    def _by_queue(self) -> None:
        while not self.stop.is_set():
            key = token_urlsafe(8)
            if self.till.send(key):
                self.taken.add(key)
            time.sleep(0.02)


def test_nothing_acknowledged_is_lost_when_anything_is_killed(running, till):
    """Each process is killed -9 while asks come in by both ways."""
    with Flood(till) as flood:
        for name in ("web", "worker", "valkey"):
            before, seen = running.children()[name], len(flood.acked)
            os.kill(before, signal.SIGKILL)
            until(lambda name=name, before=before: running.children().get(name) not in (None, before), limit=30)
            until(lambda seen=seen: len(flood.acked) > seen, limit=30)
    until(lambda: till.reaches_redis(), limit=30)  # it was spawned again, and may not listen yet
    assert len(flood.acked) > 10 and len(flood.taken) > 10
    with redis.Redis.from_url(till.redis_url) as client:
        until(lambda: not client.xlen("placet.intake"), limit=40)
        assert not client.xlen("placet.intake.dead")
    ids = {item["id"] for item in till.actions()}
    assert set(flood.acked.values()) <= ids
    # Keys whose answer was lost are on record or not, but never twice; those the queue took all are.
    assert len(ids) >= len(flood.acked) + len(flood.taken) + 1
    assert {till.submit(key) for key in flood.acked} == set(flood.acked.values())


def test_a_decision_survives_the_kill_of_everything_and_arrives(running, till):
    action = till.submit("decided-before-the-kill")
    os.kill(running.children()["worker"], signal.SIGKILL)
    assert running.command("decide", action, "approve", "--as", "bob")["state"] == "approved"
    receipt = httpx2.get(f"{running.url}/api/v1/actions/{action}/receipt", headers=till.headers).content
    for name in ("web", "valkey"):
        os.kill(running.children()[name], signal.SIGKILL)
    until(running.answers, limit=30)
    again = httpx2.get(f"{running.url}/api/v1/actions/{action}/receipt", headers=till.headers, timeout=10).content
    assert again == receipt
    until(lambda: till.replies().get(action) == receipt.decode(), limit=40)


def test_a_wiped_redis_is_recovered_from_the_database(running, till):
    pending = till.submit("asked-before-the-wipe")
    with redis.Redis.from_url(till.redis_url) as client:
        client.flushall()
    assert running.command("decide", pending, "deny", "--as", "alice")["state"] == "denied"
    until(lambda: pending in till.replies(), limit=20)
    assert till.send("after-the-wipe")
    until(lambda: till.submit("after-the-wipe") is not None)
    with redis.Redis.from_url(till.redis_url) as client:
        until(lambda: not client.xlen("placet.intake"), limit=20)
