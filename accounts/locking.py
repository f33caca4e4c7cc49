"""Secrets of second factors at rest: encrypted under a key made from `SECRET_KEY`, which is no part of the database.

Whoever reads a copy of the database has no codes to sign in with. A new `SECRET_KEY` makes them unreadable, unless the
old one is among Django's fallbacks: then nobody's app or recovery code opens anything, and they are set up again.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterator

from django.conf import settings

MARK = "v1."


def lock(text: str) -> str:
    """The text, encrypted and authenticated (Fernet: AES-128-CBC with HMAC-SHA-256)."""
    from cryptography.fernet import Fernet

    return MARK + Fernet(next(_keys())).encrypt(text.encode()).decode()


def unlock(kept: str) -> str:
    """The text again; where it cannot be read, a random secret that opens nothing."""
    from cryptography.fernet import Fernet, InvalidToken

    for key in _keys() if kept.startswith(MARK) else ():
        try:
            return Fernet(key).decrypt(kept.removeprefix(MARK).encode()).decode()
        except InvalidToken:
            continue
    return base64.b32encode(secrets.token_bytes(20)).decode()


def _keys() -> Iterator[bytes]:
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        yield base64.urlsafe_b64encode(hmac.digest(key.encode(), b"placet second factor\0", hashlib.sha256))
