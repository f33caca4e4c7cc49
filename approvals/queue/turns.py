"""Taking turns: what one sender put into the queue in bulk holds up nobody else's ask.

More is read ahead than fits into a batch, and each batch takes one message of every sender in turn. Who sent it is read
off the envelope's header, which nobody has verified yet: whoever lies there shares a turn with another.
"""

from collections import OrderedDict, deque
from collections.abc import Sequence

from . import DeadLetter, Deferred, Intake, Message

AHEAD = 1000  # messages
MOST_BYTES = 32 * 1024 * 1024
LONGEST_HEADER = 400


def sender(message: Message) -> bytes:
    """Whose key the envelope names: its first segment, the same for all that one key sealed."""
    return message.envelope.partition(b".")[0][:LONGEST_HEADER]


class Turns:
    """An intake whose messages come in turns of their senders. What one sender sent stays in its order."""

    def __init__(self, source: Intake) -> None:
        self._source = source
        self._waiting: OrderedDict[bytes, deque[Message]] = OrderedDict()
        self._handles: set[object] = set()
        self._bytes = 0

    def receive(self, *, limit: int, seconds: float) -> Sequence[Message]:
        self._read_ahead(limit, seconds)
        taken: list[Message] = []
        while self._waiting and len(taken) < limit:
            who, line = next(iter(self._waiting.items()))
            taken.append(line.popleft())
            self._waiting.move_to_end(who)
            if not line:
                del self._waiting[who]
        self._handles -= {message.handle for message in taken}
        self._bytes -= sum(len(message.envelope) for message in taken)
        return taken

    def bury(self, letters: Sequence[DeadLetter]) -> None:
        self._source.bury(letters)

    def forget(self, messages: Sequence[Message]) -> None:
        self._source.forget(messages)

    def defer(self, deferred: Sequence[Deferred]) -> None:
        self._source.defer(deferred)

    def give_back(self) -> None:
        self._waiting.clear()
        self._handles.clear()
        self._bytes = 0
        self._source.give_back()

    def close(self) -> None:
        self._source.close()

    def _read_ahead(self, limit: int, seconds: float) -> None:
        """Fill up, in portions: nobody knows how large messages are before they came."""
        while len(self._handles) < AHEAD and self._bytes < MOST_BYTES:
            found = self._source.receive(limit=limit, seconds=0 if self._handles else seconds)
            for message in found:
                if message.handle not in self._handles:
                    self._waiting.setdefault(sender(message), deque()).append(message)
                    self._handles.add(message.handle)
                    self._bytes += len(message.envelope)
            if len(found) < limit:
                return
