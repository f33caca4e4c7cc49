"""Server-sent events, taken apart without touching a byte (HTML Living Standard, section 9.2).

Every frame keeps its raw bytes, so a stream that is not held passes exactly as it came: ids, retry, comments, names,
and whatever line ends its server likes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_END = re.compile(rb"(?:\r\n|\r(?!\n)|\n)(?:\r\n|\r|\n)")
_LINE = re.compile(rb"\r\n|\r|\n")
_BOM = b"\xef\xbb\xbf"
#: Line breaks of Unicode that end no line here, although some readers take them for one. In front of a field's name
#: they would show such a reader an event that we did not see.
_SPLIT_ELSEWHERE = re.compile(rb"(?:\xe2\x80[\xa8\xa9]|\xc2\x85|[\x0b\x0c\x1c-\x1e])(?:data|event|id|retry)\s*:")


class EventTooLarge(Exception):
    """An event that is longer than we are willing to remember."""


class AmbiguousEvent(Exception):
    """An event that readers with other line breaks would take for two."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One event with its blank line, as raw bytes. `data` is None when there is no data field: a comment, a retry."""

    raw: bytes
    data: bytes | None
    id: bytes | None = None
    event: bytes | None = None

    def carrying(self, data: bytes) -> bytes:
        """The same event with other data: its name and its id stay."""
        return event(data, id=self.id, name=self.event)


class Frames:
    """Cuts a stream into frames, whatever way it arrives. `limit` is the longest frame in bytes."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._rest = bytearray()
        self._seen = 0

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """Yields the frames that are complete now. Raises EventTooLarge, AmbiguousEvent."""
        self._rest += chunk
        while end := _END.search(self._rest, max(0, self._seen - 2)):
            raw = bytes(self._rest[: end.end()])
            del self._rest[: end.end()]
            self._seen = 0
            if len(raw) > self._limit:
                raise EventTooLarge
            yield _read(raw)
        self._seen = len(self._rest)
        if self._seen > self._limit:
            raise EventTooLarge


def event(data: bytes, *, id: bytes | None = None, name: bytes | None = b"message") -> bytes:
    """An event of our own. Data with line breaks takes several lines, as it must."""
    head = (b"event: " + name + b"\n" if name else b"") + (b"id: " + id + b"\n" if id is not None else b"")
    return head + b"".join(b"data: " + line + b"\n" for line in _LINE.split(data)) + b"\n"


def comment(text: str) -> bytes:
    """A line that readers skip; it keeps a connection from looking dead."""
    return b": " + " ".join(text.split()).encode() + b"\n\n"


def _read(raw: bytes) -> Frame:
    if _SPLIT_ELSEWHERE.search(raw):
        raise AmbiguousEvent
    data: list[bytes] = []
    fields: dict[bytes, bytes] = {}
    for line in _LINE.split(raw.removeprefix(_BOM)):
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            data.append(value)
        elif name:
            fields[name] = value
    return Frame(raw, b"\n".join(data) if data else None, fields.get(b"id"), fields.get(b"event"))
