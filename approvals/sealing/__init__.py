"""Payloads at rest: sealed on their way into the database, opened by who reads them, unreadable without a key outside.

Every sealed value carries its data key, wrapped by a key-encryption key that is no part of the database.
"""

from .boxes import (
    ANSWER,
    BODY,
    COMMENT,
    CONTEXT,
    EDIT,
    HEAD,
    OVERHEAD,
    Box,
    Context,
    is_erased,
    is_sealed,
    opened,
    opened_or_none,
    rewrapped,
    wrapping_key,
)
from .fields import ERASED, SealedField, SealedText

__all__ = [
    "ANSWER", "BODY", "COMMENT", "CONTEXT", "EDIT", "ERASED", "HEAD", "OVERHEAD", "Box", "Context", "SealedField",
    "SealedText", "is_erased", "is_sealed", "opened", "opened_or_none", "rewrapped", "wrapping_key",
]  # fmt: skip
