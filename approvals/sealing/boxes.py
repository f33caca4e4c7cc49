"""The form of a sealed value, and how it is opened (AES-256-GCM twice: the data key by a key outside, the value by it).

    1     form, always 1: what was stored before there were seals is JSON, and begins with `{`; `0` alone is erased
    8     id of the key-encryption key
    60    the data key, wrapped: nonce 12, key 32, tag 16; bound to that id and the action
    12    nonce
    n+16  the value and its tag; bound to the domain, the column, the action and the value's digest

So a value opens only in its own row and column. Rotating a key changes the first 69 bytes and nothing after them.
"""

import os
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ..errors.sealed import Erased, Unreadable
from . import ring

FORM, ERASED = b"\x01", b"\x00"
KEY_ID, NONCE, TAG, LENGTH = 8, 12, 16, 32
WRAPPED = NONCE + LENGTH + TAG
HEAD = 1 + KEY_ID + WRAPPED
OVERHEAD = HEAD + NONCE + TAG


#: The columns that are sealed.
BODY, CONTEXT, EDIT, ANSWER = "action.body", "action.context", "edit.body", "answer.content"
COMMENT = "comment.text"


@dataclass(frozen=True, slots=True)
class Context:
    """Where a value stands: `action.body`, of which action, and by which digest. It opens nowhere else."""

    column: str
    action_id: UUID
    dig: str

    @property
    def bound(self) -> bytes:
        return b"placet.sealed.v1\0%b\0%b%b" % (self.column.encode(), self.action_id.bytes, self.dig.encode())


class Box:
    """A data key for one action's values, fresh."""

    __slots__ = ("_cipher", "_head", "_nonces")

    def __init__(self, action_id: UUID) -> None:
        current, noise = ring.ring().current, os.urandom(LENGTH + 3 * NONCE)
        self._cipher, nonce = AESGCM(noise[:LENGTH]), noise[LENGTH : LENGTH + NONCE]
        wrapped = current.cipher.encrypt(nonce, noise[:LENGTH], _wrapping(current.id, action_id))
        self._head = FORM + current.id + nonce + wrapped
        self._nonces = noise[LENGTH + NONCE :]

    def seal(self, value: bytes, context: Context) -> bytes:
        nonce, self._nonces = self._nonces[:NONCE] or os.urandom(NONCE), self._nonces[NONCE:]
        return self._head + nonce + self._cipher.encrypt(nonce, value, context.bound)


def opened(stored: bytes, context: Context) -> bytes:
    """The value. Erased or Unreadable when there is none; what was never sealed is returned as it is."""
    if stored[:1] == b"{":
        return stored
    if stored == ERASED:
        raise Erased()
    if stored[:1] != FORM or len(stored) < OVERHEAD:
        raise Unreadable()
    try:
        key = _unwrapped(stored, context.action_id)
        return AESGCM(key).decrypt(stored[HEAD : HEAD + NONCE], stored[HEAD + NONCE :], context.bound)
    except InvalidTag:
        raise Unreadable() from None


def opened_or_none(stored: bytes | None, context: Context) -> bytes | None:
    """The same for who says something else instead: None when it is erased or does not open."""
    try:
        return None if stored is None else opened(bytes(stored), context)
    except (Erased, Unreadable):
        return None


def rewrapped(stored: bytes, action_id: UUID) -> bytes:
    """The same sealed value with its data key wrapped by the current key."""
    current, nonce = ring.ring().current, os.urandom(NONCE)
    try:
        key = _unwrapped(stored, action_id)
    except InvalidTag:
        raise Unreadable() from None
    wrapped = current.cipher.encrypt(nonce, key, _wrapping(current.id, action_id))
    return FORM + current.id + nonce + wrapped + stored[HEAD:]


def wrapping_key(stored: bytes) -> bytes:
    """The id of the key that wraps its data key."""
    return stored[1 : 1 + KEY_ID]


def is_sealed(stored: bytes) -> bool:
    return stored[:1] == FORM


def is_erased(stored: bytes) -> bool:
    return stored == ERASED


def _unwrapped(stored: bytes, action_id: UUID) -> bytes:
    name = wrapping_key(stored)
    start = 1 + KEY_ID
    nonce, wrapped = stored[start : start + NONCE], stored[start + NONCE : HEAD]
    return ring.key(name).cipher.decrypt(nonce, wrapped, _wrapping(name, action_id))


def _wrapping(key_id: bytes, action_id: UUID) -> bytes:
    return b"placet.seal.key.v1\0%b%b" % (key_id, action_id.bytes)
