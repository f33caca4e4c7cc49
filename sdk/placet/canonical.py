"""Strict I-JSON in, RFC 8785 canonical bytes and digests out.

What a machine asks for is admitted once (`parse`), written one way (`canonical`) and named by one digest (`digest`).
Sources: RFC 8259 (JSON), RFC 7493 (I-JSON), RFC 8785 (JSON Canonicalization Scheme), RFC 4648 section 5 (base64url).
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from typing import Any, NoReturn

import rfc8785

from placet.trails import pointer_of, walk

MAX_BYTES = 262_144
MAX_DEPTH = 64
MAX_INTEGER = 2**53 - 1
#: From here on RFC 8785 writes numbers with an exponent, so they are read back as floats and not as integers.
_EXPONENT_FROM = 1e21

_SURROGATE = re.compile("[\ud800-\udfff]")
_LAST_OF_PLANES = "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_NONCHARACTER = re.compile("[\ufdd0-\ufdef" + _LAST_OF_PLANES + "]")
#: Where a surrogate or a noncharacter may hide: escapes from U+D000 and U+F000 on, and noncharacters as they are.
_SUSPECT = re.compile(r"\\u[dDfF]|" + _NONCHARACTER.pattern)
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


class NotCanonical(ValueError):
    """A value that has no canonical form here.

    `code` is one of too_large, not_utf8, not_json, duplicate_key, not_finite, lone_surrogate, noncharacter,
    integer_range, too_deep, bad_type; `pointer` is the RFC 6901 pointer of the place ("" is the whole document).
    """

    def __init__(self, code: str, pointer: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.pointer = pointer
        self.message = message


class _Flaw:
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


def canonical(value: Any) -> bytes:
    """RFC 8785 bytes of `value` (what `parse` returns, or the same built by hand). Raises `NotCanonical`."""
    fast = _fast(value)
    return fast if fast is not None else _slow(value)


def digest_bytes(raw: bytes) -> str:
    """SHA-256 of `raw` as base64url without padding (43 characters)."""
    return base64.urlsafe_b64encode(hashlib.sha256(raw).digest())[:-1].decode("ascii")


def preimage(kind: str, value: Any) -> bytes:
    """The bytes that `digest` hashes. The type is inside them, so that two kinds never share a digest."""
    return canonical({"@type": f"placet.{kind}.v1", "value": value})


def digest(kind: str, value: Any) -> str:
    """base64url(SHA-256(JCS({"@type": "placet.<kind>.v1", "value": value})))."""
    return digest_bytes(preimage(kind, value))


# --- reading ----------------------------------------------------------------------------------------------------------


def _integer(digits: str) -> int | _Flaw:
    if len(digits) > 17 or abs(int(digits)) > MAX_INTEGER:
        return _Flaw("integer_range", "integers beyond 2^53-1 lose their exact value in JSON")
    return int(digits)


def _number(digits: str) -> float | _Flaw:
    number = float(digits)
    if abs(number) <= MAX_INTEGER:
        return number
    if number - number != 0:
        return _Flaw("not_finite", "the number is too large to be finite")
    if abs(number) < _EXPONENT_FROM:
        return _Flaw("integer_range", "this number would be written as an integer beyond 2^53-1")
    return number


def _constant(name: str) -> _Flaw:
    return _Flaw("not_finite", f"{name} is not JSON")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any] | _Flaw:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
    return _Flaw("duplicate_key", f"the member {twice!r} occurs twice", twice)


def _strictly(hook: Any) -> Any:
    def strict(argument: Any) -> Any:
        value = hook(argument)
        if type(value) is _Flaw:
            raise _Flawed
        return value

    return strict


_FAST = json.JSONDecoder(
    object_pairs_hook=_strictly(_members),
    parse_int=_strictly(_integer),
    parse_float=_strictly(_number),
    parse_constant=_strictly(_constant),
)
_MARKING = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_integer, parse_float=_number, parse_constant=_constant
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
        if type(found) is _Flaw:
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
            if _SURROGATE.search(text):
                raise NotCanonical("lone_surrogate", pointer_of(trail), "a lone surrogate is not a character")
            if _NONCHARACTER.search(text):
                place = pointer_of(trail)
                raise NotCanonical("noncharacter", place, "noncharacters are not for interchange (RFC 7493, 2.1)")


# --- writing ----------------------------------------------------------------------------------------------------------

_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), check_circular=False
)


def _fast(value: Any) -> bytes | None:
    """What the C encoder writes, where it provably writes RFC 8785; None where it may not.

    The two differ in exactly four ways: the order of keys beyond the basic plane (code points here, UTF-16 units
    there), the form of some floats, keys that are not strings, and integers beyond 2^53-1. `_plain` rules out the last
    three, the look at astral characters the first. A property test compares both writers on arbitrary values.
    """
    if not _plain(value):
        return None
    text = _ENCODER.encode(value)
    if not text.isascii() and (_ASTRAL.search(text) or _SURROGATE.search(text)):
        return None
    return text.encode("utf-8")


def _plain(value: Any) -> bool:
    """Whether the C encoder and RFC 8785 agree on every node; at most 100,000 nodes, so a cycle ends too."""
    stack, budget = [value], 100_000
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind is str or kind is bool or node is None:
            continue
        if kind is int:
            if not -MAX_INTEGER <= node <= MAX_INTEGER:
                return False
        elif kind is dict:
            for key in node:
                if type(key) is not str:
                    return False
            stack.extend(node.values())
        elif kind is list or kind is tuple:
            stack.extend(node)
        elif kind is not float or not 1e-4 <= abs(node) < MAX_INTEGER or node.is_integer():
            return False  # repr() and ECMAScript agree on fractions from 1e-4 on: the same shortest digits, no exponent
        budget -= 1
        if not budget:
            return False
    return True


def _slow(value: Any) -> bytes:
    try:
        raw = rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise _reason(value, error) from None
    for trail, node in walk(value):
        if isinstance(node, float) and type(_number(repr(float(node)))) is _Flaw:
            place = pointer_of(trail)
            raise NotCanonical("integer_range", place, "this number would be written as an integer beyond 2^53-1")
    return raw


def _shallow(node: Any) -> Any:
    """The node without its children, so that an error is its own."""
    if isinstance(node, dict):
        return dict.fromkeys(node, 0)
    return [] if isinstance(node, list | tuple) else node


def _reason(value: Any, error: Exception) -> NotCanonical:
    if isinstance(error, RecursionError):
        return NotCanonical("too_deep", "", "nested too deeply to be written")
    for trail, node in walk(value):
        try:
            rfc8785.dumps(_shallow(node))
        except rfc8785.IntegerDomainError:
            return NotCanonical("integer_range", pointer_of(trail), str(error))
        except rfc8785.FloatDomainError:
            return NotCanonical("not_finite", pointer_of(trail), str(error))
        except UnicodeEncodeError:
            return NotCanonical("lone_surrogate", pointer_of(trail), "a lone surrogate is not a character")
        except rfc8785.CanonicalizationError:
            code = "lone_surrogate" if "codepoints" in str(error) else "bad_type"
            return NotCanonical(code, pointer_of(trail), str(error))
    return NotCanonical("bad_type", "", str(error))
