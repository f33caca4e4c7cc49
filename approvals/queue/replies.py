"""Receipts on their way back: each server has a reply queue of its own."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

import redis
from redis.exceptions import RedisError

from .. import delivery, queue
from ..delivery import Message
from . import REPLIES, BrokerAway
from .broker import BrokerReplies

KEPT = 10_000  # replies a server may leave unread; older ones it reads over REST, or asks for again
ROUNDS = 20  # batches handed over in one go, before others have their turn


def hand_over() -> int:
    """Hand over what is owed, batch after batch; returns how many. The sweep tries a broker that is away again."""
    done = 0
    for _ in range(ROUNDS):
        try:
            found = delivery.hand_over(publish=publish, at=datetime.now(UTC))
        except BrokerAway:
            break
        done += found
        if found < delivery.BATCH:
            break
    return done


def publish(messages: Sequence[Message]) -> None:
    """Put the receipts into the reply queues, all in one go; BrokerAway when that cannot be said for sure."""
    url = queue.url()
    if url is None:
        raise BrokerAway("neither BROKER_URL nor REDIS_URL is set")
    if queue.is_redis(url):
        _to_streams(_redis(url), messages)
    else:
        _broker(url).publish(messages)


def _to_streams(client: redis.Redis, messages: Sequence[Message]) -> None:
    try:
        with client.pipeline(transaction=False) as pipe:
            for message in messages:
                pipe.xadd(REPLIES + message.server, message.fields, maxlen=KEPT, approximate=True)
            pipe.execute()
    except RedisError as error:
        raise BrokerAway(f"redis: {type(error).__name__}") from error


@lru_cache(maxsize=4)
def _redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2)


@lru_cache(maxsize=4)
def _broker(url: str) -> BrokerReplies:
    return BrokerReplies(url)
