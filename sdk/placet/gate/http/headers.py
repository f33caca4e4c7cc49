"""Which headers travel, and which end at each hop (RFC 9110, section 7.6.1)."""

from __future__ import annotations

import base64
from collections.abc import Iterable

type Headers = list[tuple[bytes, bytes]]

HOP_BY_HOP = frozenset({
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te",
    b"trailer", b"transfer-encoding", b"upgrade",
})  # fmt: skip
#: The gate reads bodies, so it asks for them as they are. The upstream's own name and the new length are set anew.
OURS_UPSTREAM = frozenset({b"host", b"content-length", b"accept-encoding", b"expect"})
#: Said once or not at all: two readers of two values may each believe another one.
SINGLE = frozenset({
    b"accept", b"authorization", b"content-encoding", b"content-length", b"content-type", b"host", b"last-event-id",
    b"mcp-method", b"mcp-name", b"mcp-protocol-version", b"mcp-session-id", b"origin",
})  # fmt: skip

JSON, EVENTS = b"application/json", b"text/event-stream"


def first(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """The value of a header, by its lower-case name, however it was written."""
    return next((value for key, value in headers if key.lower() == name), None)


def repeated(headers: Headers) -> bytes | None:
    """A header that stands twice although it may stand once."""
    seen: set[bytes] = set()
    for name, _ in headers:
        if name in SINGLE and name in seen:
            return name
        seen.add(name)
    return None


def to_server(headers: Headers) -> Headers:
    """What the host said, on its way upstream, without the length of a body."""
    dropped = HOP_BY_HOP | OURS_UPSTREAM | _named_by_connection(headers)
    return [*((name, value) for name, value in headers if name not in dropped), (b"accept-encoding", b"identity")]


def to_host(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """What the upstream said, on its way to the host. Names become lower-case, which HTTP does not tell apart."""
    lower = [(name.lower(), value) for name, value in headers]
    dropped = HOP_BY_HOP | _named_by_connection(lower)
    return [(name, value) for name, value in lower if name not in dropped]


def without(headers: Headers, *names: bytes) -> Headers:
    return [(name, value) for name, value in headers if name not in names]


def media_type(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The content type in lower case, without its parameters; empty when none is given."""
    return (first(headers, b"content-type") or b"").partition(b";")[0].strip().lower()


def charset(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The charset parameter of the content type in lower case; UTF-8 when none is given."""
    for part in (first(headers, b"content-type") or b"").split(b";")[1:]:
        name, _, value = part.partition(b"=")
        if name.strip().lower() == b"charset":
            return value.strip().strip(b'"').lower()
    return b"utf-8"


def text(value: str) -> bytes:
    """Text as MCP puts it into a header: plain where it survives, else in base64 (2026-07-28, transports)."""
    plain = value.isascii() and value.isprintable() and value == value.strip() and not value.startswith("=?base64?")
    return value.encode("ascii") if plain else b"=?base64?" + base64.b64encode(value.encode("utf-8")) + b"?="


def accepts(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> bool:
    """Whether the host takes answers of that type (RFC 9110, section 12.5.1, without weights)."""
    given = first(headers, b"accept")
    if given is None:
        return wanted == JSON
    types = {part.partition(b";")[0].strip().lower() for part in given.split(b",")}
    return bool(types & {wanted, b"*/*", wanted.partition(b"/")[0] + b"/*"})


def _named_by_connection(headers: Headers) -> set[bytes]:
    return {part.strip().lower() for name, value in headers if name == b"connection" for part in value.split(b",")}
