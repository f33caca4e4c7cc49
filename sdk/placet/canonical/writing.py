"""Canonical writing: values to the bytes of RFC 8785."""

from __future__ import annotations

import json
import re
from typing import Any

import rfc8785

from placet.canonical.bounds import MAX_INTEGER, SURROGATE, NotCanonical
from placet.canonical.reading import Flaw, number
from placet.trails import pointer_of, walk

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), check_circular=False
)


def canonical(value: Any) -> bytes:
    """RFC 8785 bytes of `value` (what `parse` returns, or the same built by hand). Raises `NotCanonical`."""
    fast = _fast(value)
    return fast if fast is not None else _slow(value)


def _fast(value: Any) -> bytes | None:
    """What the C encoder writes, where it provably writes RFC 8785; None where it may not.

    The two differ in exactly four ways: the order of keys beyond the basic plane (code points here, UTF-16 units
    there), the form of some floats, keys that are not strings, and integers beyond 2^53-1. `_plain` rules out the last
    three, the look at astral characters the first. A property test compares both writers on arbitrary values.
    """
    if not _plain(value):
        return None
    text = _ENCODER.encode(value)
    if not text.isascii() and (_ASTRAL.search(text) or SURROGATE.search(text)):
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
        if isinstance(node, float) and type(number(repr(float(node)))) is Flaw:
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
