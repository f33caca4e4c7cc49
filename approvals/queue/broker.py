"""The queue on RabbitMQ, SQS or whatever else kombu speaks: the same envelopes, acknowledged by the same rule.

An intake message's body is the envelope as it is; a reply's body is a JSON object with action, state, key and receipt.
"""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import kombu
from kombu.exceptions import KombuError

from ..delivery import Message as Reply
from . import DEAD, INTAKE, REPLIES, BrokerAway, DeadLetter, Deferred, Message

MEDIA_TYPE = "application/jose"
AHEAD = 1000  # messages the broker sends before the first is acknowledged
PAUSE = 0.2  # seconds before what was put off is looked at again
GATHER = 0.01  # seconds to wait for another message once there is one


class _Line:
    """A connection that is opened when it is needed, and thrown away when it breaks."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: kombu.Connection | None = None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.release()
            self._connection = None

    @contextmanager
    def _open(self) -> Iterator[kombu.Connection]:
        """The connection; our words when it breaks. What was not acknowledged, the broker hands out again."""
        if self._connection is None:
            self._connection = kombu.Connection(self._url, connect_timeout=2)
        line = self._connection
        try:
            yield line
        except (*line.connection_errors, *line.channel_errors, KombuError, OSError) as error:
            self._dropped()
            raise BrokerAway(f"{line.transport_cls}: {type(error).__name__}") from error

    def _dropped(self) -> None:
        with suppress(Exception):  # it is broken already; how it ends does not matter
            self.close()
        self._connection = None


class BrokerIntake(_Line):
    """`placet.intake` on a broker."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._consumer: kombu.Consumer | None = None
        self._arrived: list[Message] = []
        self._taken: list[Message] = []

    def receive(self, *, limit: int, seconds: float) -> Sequence[Message]:
        with self._open() as line:
            if self._consumer is None:
                self._consumer = self._listening(line)
            wait = seconds or GATHER
            while len(self._arrived) < limit:
                try:
                    line.drain_events(timeout=wait)
                except TimeoutError:
                    break
                wait = GATHER
            taken, self._arrived = self._arrived[:limit], self._arrived[limit:]
            self._taken += taken
            return taken

    def bury(self, letters: Sequence[DeadLetter]) -> None:
        with self._open() as line, line.Producer() as producer:
            for letter in letters:
                said = {"reason": letter.code, "detail": letter.reason}
                _publish(producer, letter.kept, queue=DEAD, content_type=MEDIA_TYPE, headers=said)

    def forget(self, messages: Sequence[Message]) -> None:
        with self._open():
            self._acknowledge(messages)

    def defer(self, deferred: Sequence[Deferred]) -> None:
        """To the end of the line, after a pause: this queue knows no later."""
        if not deferred:
            return
        with self._open() as line, line.Producer() as producer:
            for each in deferred:
                _publish(producer, each.message.envelope, queue=INTAKE, content_type=MEDIA_TYPE)
            self._acknowledge([each.message for each in deferred])
        time.sleep(PAUSE)

    def _acknowledge(self, messages: Sequence[Message]) -> None:
        for message in messages:
            message.handle.ack()
        done = {id(message.handle) for message in messages}
        self._taken = [message for message in self._taken if id(message.handle) not in done]

    def give_back(self) -> None:
        with self._open():
            for message in self._taken:
                message.handle.requeue()
            self._taken = []

    def _listening(self, line: kombu.Connection) -> kombu.Consumer:
        consumer = kombu.Consumer(
            line.default_channel, [_queue(INTAKE)], accept=None, on_message=self._hear, prefetch_count=AHEAD
        )
        consumer.consume()
        return consumer

    def _hear(self, message: kombu.Message) -> None:
        body = message.body
        self._arrived.append(Message(message, body.encode() if isinstance(body, str) else bytes(body)))

    def _dropped(self) -> None:
        super()._dropped()
        self._consumer = None
        self._arrived, self._taken = [], []


class BrokerReplies(_Line):
    """The servers' reply queues on a broker."""

    def publish(self, replies: Sequence[Reply]) -> None:
        with self._open() as line, line.Producer() as producer:
            for reply in replies:
                _publish(
                    producer, json.dumps(reply.fields), queue=REPLIES + reply.server, content_type="application/json"
                )


def _queue(name: str) -> kombu.Queue:
    return kombu.Queue(name, kombu.Exchange(""), routing_key=name, durable=True)


def _publish(producer: kombu.Producer, body: bytes | str, *, queue: str, content_type: str, headers=None) -> None:
    producer.publish(
        body,
        routing_key=queue,
        declare=[_queue(queue)],
        content_type=content_type,
        content_encoding="utf-8" if isinstance(body, str) else "binary",
        headers=headers or {},
        delivery_mode="persistent",
    )
