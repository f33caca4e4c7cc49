"""One JSON-RPC message: its bytes, kept untouched, and a strict reading of them.

Strict where readers differ, so that nothing slips past: no duplicate member names, no batches (MCP dropped them in
2025-06-18), no bare carriage return (a line end to some readers), no NaN, no member name that differs from a known one
only by case (some readers ignore it). Escaped names are decoded before anybody compares them. Everything else is the
other side's business: ids of any type, unknown members, numbers of any size pass.
Sources: JSON-RPC 2.0, RFC 8259, MCP base protocol and transports (2025-11-25, 2026-07-28).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple, NoReturn

#: Bytes of one message. Reading it takes about eight times as much memory for a moment.
MAX_MESSAGE = 10 * 1024 * 1024

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = -32700, -32600, -32601, -32602, -32603

type Sort = Literal["request", "notification", "response"]
type Path = tuple[str, ...]
type Changes = dict[Path, bytes | None]
type Key = tuple[str, Any]

_ENVELOPE = frozenset({"jsonrpc", "id", "method", "params", "result", "error"})
_SPACE = re.compile(r"[ \t\n\r]*")


class Malformed(ValueError):
    """Bytes that are no message here. `code` is JSON-RPC's, the text says why."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code
        self.why = why


class Message:
    """A message that was read. `raw` is what passes on; `value` is for looking only."""

    __slots__ = ("id", "method", "raw", "sort", "value")

    def __init__(self, raw: bytes, value: dict[str, Any], sort: Sort) -> None:
        self.raw = raw
        self.value = value
        self.sort = sort
        self.method: str | None = value.get("method")
        self.id = value.get("id")

    @property
    def params(self) -> dict[str, Any]:
        """The params by name; empty when there are none, or when they are given by position."""
        params = self.value.get("params")
        return params if isinstance(params, dict) else {}

    @property
    def meta(self) -> dict[str, Any]:
        meta = self.params.get("_meta")
        return meta if isinstance(meta, dict) else {}

    @property
    def result(self) -> dict[str, Any]:
        result = self.value.get("result")
        return result if isinstance(result, dict) else {}

    @property
    def error(self) -> dict[str, Any]:
        error = self.value.get("error")
        return error if isinstance(error, dict) else {}

    @property
    def key(self) -> Key:
        return key(self.id)

    @property
    def written_id(self) -> bytes:
        """The id for an answer: as written, but for escapes inside a text."""
        if type(self.id) in (int, str):
            return encoded(self.id)
        return member(self.raw, "id") or b"null"


def key(identifier: Any) -> Key:
    """An id as something to look up by: 1 and 1.0 are one id (they are one number in JSON), 1 and "1" are two."""
    if isinstance(identifier, str):
        return ("text", identifier)
    if isinstance(identifier, int | float) and not isinstance(identifier, bool):
        return ("number", identifier)
    return ("other", json.dumps(identifier, sort_keys=True))


def read(raw: bytes) -> Message:
    """Read one message without its line end, or raise `Malformed`."""
    if b"\r" in raw and b"\r" in raw.rstrip(b"\r"):
        raise Malformed(PARSE_ERROR, "a bare carriage return ends a line for some readers")
    try:
        value = _DECODER.decode(raw.decode("utf-8"))
    except _Twice as twice:
        raise Malformed(INVALID_REQUEST, f"the member {twice.args[0][:60]!r} occurs twice") from None
    except RecursionError:
        raise Malformed(INVALID_REQUEST, "it is nested too deep") from None
    except ValueError as error:
        raise Malformed(PARSE_ERROR, f"it is not JSON: {str(error)[:120]}") from None
    if isinstance(value, list):
        raise Malformed(INVALID_REQUEST, "batches are not part of this protocol")
    if not isinstance(value, dict):
        raise Malformed(INVALID_REQUEST, "a message is an object")
    return Message(raw, value, _sort(value))


def _sort(value: dict[str, Any]) -> Sort:
    refuse_lookalikes(value, _ENVELOPE)
    answers = ("result" in value) + ("error" in value)
    if "method" in value:
        if not isinstance(value["method"], str) or answers:
            raise Malformed(INVALID_REQUEST, "it is a call and an answer at once, or its method is no text")
        return "request" if "id" in value else "notification"
    if answers != 1 or "id" not in value:
        raise Malformed(INVALID_REQUEST, "it is neither a request, nor a notification, nor a response")
    return "response"


def refuse_lookalikes(value: Mapping[str, Any], known: frozenset[str]) -> None:
    """Refuse names that a reader which ignores case would take for a known one."""
    for name in value:
        if name not in known and name.casefold() in _FOLDED[known]:
            raise Malformed(INVALID_REQUEST, f"the member {name[:60]!r} differs from a known one by case only")


#: Members of a result that say that it is an ask.
ASKING = frozenset({"resultType", "inputRequests", "requestState"})
_FOLDED: dict[frozenset[str], frozenset[str]] = {}


def know(known: frozenset[str]) -> frozenset[str]:
    """Prepare these names for `refuse_lookalikes`."""
    _FOLDED[known] = frozenset(name.casefold() for name in known)
    return known


know(_ENVELOPE)
know(ASKING)


class _Twice(Exception):
    pass


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(next(name for name in names if names.count(name) > 1))
    return members


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_no_number)
_SCANNER = json.JSONDecoder()
_scanstring = json.decoder.scanstring  # type: ignore[attr-defined]


def notification(method: str, params: Mapping[str, Any]) -> bytes:
    return encoded({"jsonrpc": "2.0", "method": method, "params": params})


def request(identifier: bytes, method: str, params: Mapping[str, Any]) -> bytes:
    return b'{"jsonrpc":"2.0","id":%b,"method":%b,"params":%b}' % (identifier, encoded(method), encoded(params))


def result(identifier: bytes, value: Mapping[str, Any]) -> bytes:
    """A response; the id is given as it was written."""
    return b'{"jsonrpc":"2.0","id":%b,"result":%b}' % (identifier, encoded(value))


def error(identifier: bytes, code: int, why: str, data: Any = None) -> bytes:
    told = {"code": code, "message": why} | ({"data": data} if data is not None else {})
    return b'{"jsonrpc":"2.0","id":%b,"error":%b}' % (identifier, encoded(told))


def encoded(value: Any) -> bytes:
    """JSON in ASCII, on one line: what was escaped stays escaped, lone surrogates too."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


class Span(NamedTuple):
    """One member of an object in a text: its name as written, and its value as written."""

    name: str
    written: str
    value: str


def spans(text: str, at: int = 0) -> Iterator[Span]:
    """The members of the object that begins at `at`, as written. The text was read before, so it is well-formed."""
    at = _past(text, at) + 1
    while text[at := _past(text, at)] != "}":
        name, end = _scanstring(text, at + 1, True)
        start = _past(text, _past(text, end) + 1)
        stop = _SCANNER.raw_decode(text, start)[1]
        yield Span(name, text[at:end], text[start:stop])
        at = _past(text, stop)
        at += text[at] == ","


def member(raw: bytes, *path: str) -> bytes | None:
    """The value at a path of member names, exactly as written; None where there is none."""
    text: str | None = raw.decode("utf-8")
    for name in path:
        if not text or not text.lstrip().startswith("{"):
            return None
        text = next((span.value for span in spans(text) if span.name == name), None)
    return text.encode("utf-8") if text is not None else None


def replaced(raw: bytes, changes: Mapping[Path, bytes | None]) -> bytes:
    """The message with some values put in the place of others (None: taken out). All other values stay as written."""
    return _rewritten(raw.decode("utf-8"), changes).encode("utf-8")


def _rewritten(text: str, changes: Mapping[Path, bytes | None]) -> str:
    written: list[str] = []
    left = dict(changes)
    for span in spans(text):
        inner = {path[1:]: left.pop(path) for path in list(left) if path[0] == span.name}
        if not inner:
            written.append(f"{span.written}:{span.value}")
        elif () not in inner:
            written.append(f"{span.written}:{_rewritten(span.value, inner)}")
        elif (new := inner[()]) is not None:
            written.append(f"{span.written}:{new.decode('utf-8')}")
    for path, new in left.items():
        if new is not None:
            written.append(f"{json.dumps(path[0])}:{_nested(path[1:], new.decode('utf-8'))}")
    return "{" + ",".join(written) + "}"


def _nested(path: Path, value: str) -> str:
    """A value under names that do not exist yet."""
    for name in reversed(path):
        value = "{" + f"{json.dumps(name)}:{value}" + "}"
    return value


def _past(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
