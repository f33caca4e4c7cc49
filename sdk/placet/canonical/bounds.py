"""What has no canonical form here, and the bounds of what has."""

from __future__ import annotations

import re

MAX_BYTES = 262_144
MAX_DEPTH = 64
MAX_INTEGER = 2**53 - 1
#: From here on RFC 8785 writes numbers with an exponent, so they are read back as floats and not as integers.
EXPONENT_FROM = 1e21
SURROGATE = re.compile("[\ud800-\udfff]")


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
