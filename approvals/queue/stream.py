"""The intake queue as a Redis stream: a consumer group reads in batches, and claims what a dead reader held.

Beside it lies a sorted set of envelopes that are due later, by their moment.
"""

import os
import socket
import time
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import redis
from redis.exceptions import RedisError, ResponseError

from . import DEAD, INTAKE, LATER, BrokerAway, DeadLetter, Deferred, Message, letters

GROUP = "placet"
FIELD = b"envelope"
CLAIM_IDLE = 10.0  # seconds a message may stay with a reader before another takes it; twice handled is harmless
CLAIM_EVERY = 5.0
FORGOTTEN = 3600.0  # seconds after which a reader that holds nothing is taken off the list
TRIES = 5  # times a message may be taken over before it counts as what kills readers
DEAD_KEPT = 10_000
LOOK_EVERY = 0.5  # seconds between looks for what is due


@dataclass(frozen=True, slots=True)
class Late:
    """The handle of a message that was put off: its envelope itself, which the set holds once."""

    envelope: bytes


class StreamIntake:
    """`placet.intake` in Redis. Acknowledged messages are deleted, so the stream's length is the backlog."""

    def __init__(self, url: str, *, claim_idle: float = CLAIM_IDLE) -> None:
        self._client = redis.Redis.from_url(url, socket_timeout=10, socket_connect_timeout=2)
        self._name = f"{socket.gethostname()}-{os.getpid()}-{id(self):x}"
        self._claim_idle = claim_idle
        self._claimed_at = self._looked_at = 0.0
        self._ready = False
        self._again: bytes | None = None
        self._held: set[bytes] = set()

    def receive(self, *, limit: int, seconds: float) -> Sequence[Message]:
        with _told():
            try:
                return self._receive(limit, seconds)
            except ResponseError as error:
                if "NOGROUP" not in str(error):
                    raise
            self._ready = False  # Redis was wiped under us
            return self._receive(limit, seconds)

    def bury(self, letters: Sequence[DeadLetter]) -> None:
        with _told(), self._client.pipeline(transaction=False) as pipe:
            for letter in letters:
                fields = {"reason": letter.code, "detail": letter.reason, "envelope": letter.kept}
                pipe.xadd(DEAD, fields, maxlen=DEAD_KEPT, approximate=True)
            pipe.execute()

    def forget(self, messages: Sequence[Message]) -> None:
        self._settle(messages, [])

    def defer(self, deferred: Sequence[Deferred]) -> None:
        self._settle([each.message for each in deferred if not isinstance(each.message.handle, Late)], deferred)

    def give_back(self) -> None:
        self._again = b"0"

    def close(self) -> None:
        """Leave the group when nothing is held; what is held waits to be claimed."""
        try:
            mine = [c for c in self._client.xinfo_consumers(INTAKE, GROUP) if c["name"] == self._name.encode()]
            if mine and not mine[0]["pending"]:
                self._client.xgroup_delconsumer(INTAKE, GROUP, self._name)
        except RedisError:
            pass
        self._client.close()

    def _prepare(self) -> None:
        """Make stream and group. From the very first message: asks may have been sent before any reader lived."""
        if self._ready:
            return
        try:
            self._client.xgroup_create(INTAKE, GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise
        self._ready = True

    def _receive(self, limit: int, seconds: float) -> list[Message]:
        self._prepare()
        if self._again is not None:
            mine = self._read(self._again, limit)
            self._again = mine[-1].handle if mine else None
            if mine:
                return mine
        due = self._due(limit)
        if due:
            return due
        if time.monotonic() - self._claimed_at >= min(CLAIM_EVERY, self._claim_idle):
            claimed = self._claim(limit)
            if claimed:
                return claimed
            self._claimed_at = time.monotonic()
        return self._read(b">", limit, block=int(seconds * 1000) or None)

    def _settle(self, done: Sequence[Message], deferred: Sequence[Deferred]) -> None:
        """Acknowledge what is done and put off what is not yet, in one step: nothing is in neither place."""
        late = [m.handle.envelope for m in done if isinstance(m.handle, Late)]
        handles = [m.handle for m in done if not isinstance(m.handle, Late)]
        if not done and not deferred:
            return
        with _told(), self._client.pipeline(transaction=True) as pipe:
            if deferred:
                pipe.zadd(LATER, {each.message.envelope: each.due.timestamp() for each in deferred})
            if late:
                pipe.zrem(LATER, *late)
            if handles:
                pipe.xack(INTAKE, GROUP, *handles)
                pipe.xdel(INTAKE, *handles)
            pipe.execute()
        self._held.difference_update(handles)

    def _due(self, limit: int) -> list[Message]:
        """What was put off and is due. It is lent for as long as a reader may hold a message; then it is due again."""
        now = time.time()
        if time.monotonic() - self._looked_at < LOOK_EVERY:
            return []
        found = self._client.zrange(LATER, "-inf", now, byscore=True, offset=0, num=limit)
        if found:
            self._client.zadd(LATER, dict.fromkeys(found, now + CLAIM_IDLE), xx=True)
        if len(found) < limit:
            self._looked_at = time.monotonic()
        return [Message(Late(envelope), envelope) for envelope in found]

    def _read(self, since: bytes, limit: int, *, block: int | None = None) -> list[Message]:
        """What is new (`>`), or what this reader holds, after this handle (`0`: from the start)."""
        found = self._client.xreadgroup(GROUP, self._name, {INTAKE: since}, count=limit, block=block)
        messages = [_message(*entry) for _, entries in found for entry in entries]
        self._held.update(message.handle for message in messages)
        return messages

    def _claim(self, limit: int) -> list[Message]:
        """Take over what another reader has held for too long. What keeps killing readers is buried."""
        self._keep()
        idle = int(self._claim_idle * 1000)
        _, entries, *_ = self._client.xautoclaim(INTAKE, GROUP, self._name, idle, count=limit)
        messages = [_message(*entry) for entry in entries if entry[1]]
        killers = self._killers(messages) if messages else set()
        if killers:
            poison = [message for message in messages if message.handle in killers]
            dead = [DeadLetter(message, "reader_died", f"Taken {TRIES} times, never finished.") for message in poison]
            letters.note(dead, at=datetime.now(UTC))
            self.bury(dead)
            self.forget(poison)
        elif not messages:
            self._strike_off()
        claimed = [message for message in messages if message.handle not in killers]
        self._held.update(message.handle for message in claimed)
        return claimed

    def _keep(self) -> None:
        """Say that we live and still hold what we read ahead. It does not count as taking it once more."""
        held = sorted(self._held)
        if held:
            self._client.xclaim(INTAKE, GROUP, self._name, min_idle_time=0, message_ids=held, justid=True)

    def _killers(self, messages: Sequence[Message]) -> set[bytes]:
        first, last = messages[0].handle, messages[-1].handle
        held = self._client.xpending_range(INTAKE, GROUP, first, last, len(messages) * 2, consumername=self._name)
        return {each["message_id"] for each in held if each["times_delivered"] > TRIES}

    def _strike_off(self) -> None:
        for reader in self._client.xinfo_consumers(INTAKE, GROUP):
            if not reader["pending"] and reader["idle"] > FORGOTTEN * 1000:
                self._client.xgroup_delconsumer(INTAKE, GROUP, reader["name"])


def _message(handle: bytes, fields: dict[bytes, bytes] | None) -> Message:
    """What was held and deleted meanwhile has no fields any more."""
    return Message(handle, (fields or {}).get(FIELD, b""))


@contextmanager
def _told():
    """Say in our words that Redis is away."""
    try:
        yield
    except ResponseError:
        raise
    except RedisError as error:
        raise BrokerAway(f"redis: {type(error).__name__}") from error
