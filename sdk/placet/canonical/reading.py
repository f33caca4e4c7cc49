"""Strict reading: UTF-8 text to values, or a refusal with the place it is about (RFC 8259, RFC 7493)."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any, NoReturn

from placet.canonical.bounds import EXPONENT_FROM, MAX_BYTES, MAX_DEPTH, MAX_INTEGER, SURROGATE, NotCanonical
from placet.trails import pointer_of, walk

_LAST_OF_PLANES = "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_NONCHARACTER = re.compile("[\ufdd0-\ufdef" + _LAST_OF_PLANES + "]")
#: Where a surrogate or a noncharacter may hide: escapes from U+D000 and U+F000 on, and noncharacters as they are.
_SUSPECT = re.compile(r"\\u[dDfF]|" + _NONCHARACTER.pattern)


class Flaw:
    """Stands in the tree for a value that cannot be admitted, until `_complain` has found the pointer to it."""

    def __init__(self, code: str, message: str, key: str | None = None) -> None:
        self.code = code
        self.message = message
        self.key = key


class _Flawed(Exception):
    """Raised by the hooks of the first, fast reading; the second reading says where."""


def parse(raw: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Any:
    """Read `raw` (UTF-8 JSON text) as strict I-JSON, or raise `NotCanonical`. Size is checked before parsing.

    `parse(canonical(parse(raw)))` is always `parse(raw)`: what cannot be read back unchanged is refused here.
    """
    if len(raw) > max_bytes:
        raise NotCanonical("too_large", "", f"{len(raw)} bytes; at most {max_bytes} are admitted")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotCanonical("not_utf8", "", f"byte {error.start} is not UTF-8") from None
    value = _read(text, max_depth)
    if text.count("[") + text.count("{") > max_depth:
        _refuse_depth(value, max_depth)
    if ("\\u" in text or not text.isascii()) and _SUSPECT.search(text):
        _refuse_strings(value)
    return value


def _integer(digits: str) -> int | Flaw:
    if len(digits) > 17 or abs(int(digits)) > MAX_INTEGER:
        return Flaw("integer_range", "integers beyond 2^53-1 lose their exact value in JSON")
    return int(digits)


def number(digits: str) -> float | Flaw:
    number = float(digits)
    if abs(number) <= MAX_INTEGER:
        return number
    if number - number != 0:
        return Flaw("not_finite", "the number is too large to be finite")
    if abs(number) < EXPONENT_FROM:
        return Flaw("integer_range", "this number would be written as an integer beyond 2^53-1")
    return number


def _constant(name: str) -> Flaw:
    return Flaw("not_finite", f"{name} is not JSON")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any] | Flaw:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
    return Flaw("duplicate_key", f"the member {twice!r} occurs twice", twice)


def _strictly(hook: Any) -> Any:
    def strict(argument: Any) -> Any:
        value = hook(argument)
        if type(value) is Flaw:
            raise _Flawed
        return value

    return strict


_FAST = json.JSONDecoder(
    object_pairs_hook=_strictly(_members),
    parse_int=_strictly(_integer),
    parse_float=_strictly(number),
    parse_constant=_strictly(_constant),
)
_MARKING = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_integer, parse_float=number, parse_constant=_constant
)


def _read(text: str, max_depth: int) -> Any:
    try:
        return _FAST.decode(text)
    except json.JSONDecodeError as error:
        raise NotCanonical("not_json", "", f"{error.msg} at character {error.pos}") from None
    except RecursionError:
        raise NotCanonical("too_deep", "", f"nested more than {max_depth} levels") from None
    except _Flawed:
        _complain(text, max_depth)


def _complain(text: str, max_depth: int) -> NoReturn:
    """Read once more, this time marking what is wrong instead of stopping at it, to name the place."""
    try:
        value = _MARKING.decode(text)
    except (json.JSONDecodeError, RecursionError):
        raise NotCanonical("not_json", "", "the text is not JSON") from None
    for trail, found in walk(value):
        if type(found) is Flaw:
            place = pointer_of(trail if found.key is None else (trail, found.key))
            raise NotCanonical(found.code, place, found.message)
    raise NotCanonical("not_json", "", "the text is not JSON")


def _refuse_depth(value: Any, max_depth: int) -> None:
    level, depth = [value], 0
    while level := [node for node in level if isinstance(node, dict | list)]:
        depth += 1
        if depth > max_depth:
            raise NotCanonical("too_deep", "", f"nested more than {max_depth} levels")
        level = [child for node in level for child in (node.values() if isinstance(node, dict) else node)]


def _refuse_strings(value: Any) -> None:
    for trail, node in walk(value):
        texts = list(node) if isinstance(node, dict) else [node] if isinstance(node, str) else []
        for text in texts:
            if text.isascii():
                continue
            if SURROGATE.search(text):
                raise NotCanonical("lone_surrogate", pointer_of(trail), "a lone surrogate is not a character")
            if _NONCHARACTER.search(text):
                place = pointer_of(trail)
                raise NotCanonical("noncharacter", place, "noncharacters are not for interchange (RFC 7493, 2.1)")
