"""The queue: signed asks come in, receipts go out. The broker is not trusted, and the rows are the truth.

By default it is a Redis stream with a consumer group; RabbitMQ, SQS and others come in through kombu when `BROKER_URL`
names one. Both carry the same envelopes to the same verb.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

from django.conf import settings

INTAKE = "placet.intake"
DEAD = "placet.intake.dead"
LATER = "placet.intake.later"
REPLIES = "placet.receipts."
#: Refused for what they hold or ask for: of these no envelope is kept.
SECRETIVE = frozenset({"asks_for_secret", "holds_secret"})
REDIS = ("redis", "rediss", "unix")


class BrokerAway(OSError):
    """The broker does not answer. Nothing is lost: what was not acknowledged comes again, rows are owed still."""


@dataclass(frozen=True, slots=True)
class Message:
    """One envelope as it came; `handle` is what the broker wants back to forget it."""

    handle: Any
    envelope: bytes


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message nobody can act on, and why: a code of ours and a sentence. `server` is whose it is, if that is sure."""

    message: Message
    code: str
    reason: str
    server: int | None = None

    @property
    def kept(self) -> bytes:
        """What is kept of it: the envelope, unless it was refused for a secret, which nobody shall find later."""
        return b"" if self.code in SECRETIVE else self.message.envelope


@dataclass(frozen=True, slots=True)
class Deferred:
    """A message whose sender has reached a bound, and when to try it again."""

    message: Message
    due: datetime


class Intake(Protocol):
    """Where asks come from. Every call may raise BrokerAway."""

    def receive(self, *, limit: int, seconds: float) -> Sequence[Message]:
        """Up to `limit` messages, waiting at most `seconds` for the first."""

    def bury(self, letters: Sequence[DeadLetter]) -> None:
        """Keep the dead letters apart, with their reasons."""

    def forget(self, messages: Sequence[Message]) -> None:
        """Acknowledge: these are on record, or buried."""

    def defer(self, deferred: Sequence[Deferred]) -> None:
        """Keep these for later, in place of acknowledging them."""

    def give_back(self) -> None:
        """What was received and is not forgotten shall come again, now."""

    def close(self) -> None: ...


def url() -> str | None:
    """Where the queue lives: the named broker, else the console's own Redis, else nowhere."""
    return settings.BROKER_URL or settings.REDIS_URL


def is_redis(broker: str) -> bool:
    return urlsplit(broker).scheme in REDIS
