"""The two brokers that carry asks and receipts: a Redis stream, or whatever kombu speaks (RabbitMQ, SQS and others).

An ask travels as one signed envelope; a reply has `action`, `state`, `key` and `receipt`. Neither broker is trusted:
envelopes are signed by the server, receipts by the console, and what is lost is asked for again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

from placet.errors import Unreachable

INTAKE = "placet.intake"
REPLIES = "placet.receipts."
FIELDS = ("action", "state", "key", "receipt", "edit")

type Reply = dict[str, str]


class Line(Protocol):
    """A connection to a broker. Every call may raise `Unreachable`."""

    def put(self, envelopes: Sequence[bytes]) -> None:
        """Hand asks over; when this returns, the broker has them all."""

    def take(self, *, seconds: float) -> list[Reply]:
        """Replies that have come since, waiting at most so long for the first."""

    def close(self) -> None: ...


def opened(url: str, *, server: str) -> Line:
    """The line that the URL's scheme names."""
    if urlsplit(url).scheme in ("redis", "rediss", "unix"):
        return StreamLine(url, server=server)
    return BrokerLine(url, server=server)


class StreamLine:
    """Redis streams. Reading starts at the moment of opening: what was said before is asked for again when missed."""

    def __init__(self, url: str, *, server: str) -> None:
        import redis

        self._errors = redis.RedisError
        self._client: Any = redis.Redis.from_url(url, protocol=2, socket_timeout=15, socket_connect_timeout=5)
        self._stream = REPLIES + server
        self._last = self._end()

    def put(self, envelopes: Sequence[bytes]) -> None:
        try:
            with self._client.pipeline(transaction=False) as pipe:
                for envelope in envelopes:
                    pipe.xadd(INTAKE, {"envelope": envelope})
                pipe.execute()
        except self._errors as error:
            raise Unreachable(f"redis: {type(error).__name__}") from error

    def take(self, *, seconds: float) -> list[Reply]:
        try:
            found = self._client.xread({self._stream: self._last}, count=500, block=max(1, int(seconds * 1000)))
        except self._errors as error:
            raise Unreachable(f"redis: {type(error).__name__}") from error
        entries = [entry for _, each in found for entry in each]
        if entries:
            self._last = entries[-1][0]
        return [
            _reply({name.decode(): value.decode("utf-8", "replace") for name, value in e.items()}) for _, e in entries
        ]

    def close(self) -> None:
        self._client.close()

    def _end(self) -> bytes:
        try:
            newest = self._client.xrevrange(self._stream, count=1)
        except self._errors as error:
            raise Unreachable(f"redis: {type(error).__name__}") from error
        return newest[0][0] if newest else b"0-0"


class BrokerLine:
    """A queue on a broker, through kombu (the extra `placet[kombu]`)."""

    def __init__(self, url: str, *, server: str) -> None:
        import kombu

        self._kombu: Any = kombu
        self._url = url
        self._replies = REPLIES + server
        self._line: Any = None

    def put(self, envelopes: Sequence[bytes]) -> None:
        queue = self._queue(INTAKE)
        with _Told(self) as line, line.Producer() as producer:
            for envelope in envelopes:
                producer.publish(
                    envelope, routing_key=INTAKE, declare=[queue], content_type="application/jose",
                    content_encoding="binary", delivery_mode="persistent",
                )  # fmt: skip

    def take(self, *, seconds: float) -> list[Reply]:
        found: list[Reply] = []
        with _Told(self) as line:
            box = line.SimpleQueue(self._queue(self._replies))
            try:
                while True:
                    message = box.get(timeout=seconds if not found else 0.01)
                    body = message.payload if isinstance(message.payload, dict) else json.loads(message.payload)
                    found.append(_reply(body))
                    message.ack()
            except box.Empty:
                return found
            finally:
                box.close()

    def close(self) -> None:
        if self._line is not None:
            self._line.release()
            self._line = None

    def open(self) -> Any:
        if self._line is None:
            self._line = self._kombu.Connection(self._url, connect_timeout=5)
        return self._line

    def _queue(self, name: str) -> Any:
        return self._kombu.Queue(name, self._kombu.Exchange(""), routing_key=name, durable=True)


class _Told:
    """The line, opened when needed; a broken one is thrown away, and told in our words."""

    def __init__(self, broker: BrokerLine) -> None:
        self._broker = broker

    def __enter__(self) -> Any:
        return self._broker.open()

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        line = self._broker.open()
        if isinstance(error, (*line.connection_errors, *line.channel_errors, OSError)):
            self._broker.close()
            raise Unreachable(f"{line.transport_cls}: {type(error).__name__}") from error


def _reply(said: dict[str, Any]) -> Reply:
    return {name: str(said.get(name, "")) for name in FIELDS}
