"""Messages of the stdio transport: one a line, with a limit on its length (MCP, stdio transport)."""

from __future__ import annotations

from collections.abc import Callable

#: Bytes that are kept of a line that is too long, from its begin and from its end, to name what is refused.
ENDS = 4096


class Lines:
    """Cuts bytes into lines. A line over the limit is never held as a whole: `on_large` gets its two ends."""

    def __init__(
        self, *, limit: int, on_line: Callable[[bytes], None], on_large: Callable[[bytes, bytes], None]
    ) -> None:
        self._limit = limit
        self._on_line = on_line
        self._on_large = on_large
        self._parts: list[bytes] = []
        self._length = 0
        self._head: bytes | None = None

    @property
    def unfinished(self) -> int:
        """Bytes of a line that has no end yet."""
        return self._length

    def feed(self, data: bytes) -> None:
        start = 0
        while (end := data.find(b"\n", start)) >= 0:
            self._hold(data[start:end])
            self._cut()
            start = end + 1
        if start < len(data):
            self._hold(data[start:] if start else data)

    def _hold(self, part: bytes) -> None:
        self._parts.append(part)
        self._length += len(part)
        if self._length <= self._limit:
            return
        whole = b"".join(self._parts)
        if self._head is None:
            self._head = whole[:ENDS]
        self._parts = [whole[-ENDS:]]

    def _cut(self) -> None:
        line = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        head, self._head = self._head, None
        self._parts, self._length = [], 0
        if head is not None:
            self._on_large(head, line[-ENDS:])
        elif line.strip():
            self._on_line(line)
