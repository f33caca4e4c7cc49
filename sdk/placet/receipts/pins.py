"""Pinned keys: whose signature counts, decided by the verifier and never by what it verifies.

Source: RFC 7517 (JWK Set). A key may carry `revoked`; a document may carry the `issuer` it speaks for.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

type Jwks = Mapping[str, Any]

RELOAD_SECONDS = 60


class Pin:
    """The keys of one issuer. `reload` gets them again, at most once a minute: for a key that is unknown, and for one
    that is known too, since it may have been revoked. While that fails, what was known last counts.
    """

    def __init__(self, jwks: Jwks, *, issuer: str | None = None, reload: Callable[[], Jwks] | None = None) -> None:
        self._keys = _checked(jwks)
        self.issuer = issuer or jwks.get("issuer")
        self._reload = reload
        self._reloaded_at = -float(RELOAD_SECONDS)
        self._known_since = time.monotonic()

    @classmethod
    def file(cls, path: str | os.PathLike[str], *, issuer: str | None = None) -> Self:
        """Pin what stands in a file. It is read again, so a new file needs no restart."""

        def read() -> Jwks:
            return json.loads(Path(path).read_bytes())

        return cls(read(), issuer=issuer, reload=read)

    @property
    def keys(self) -> list[dict[str, Any]]:
        """Every pinned key, as a JWK."""
        return list(self._keys)

    def find(self, kid: str) -> list[dict[str, Any]]:
        """Every pinned key of that name (there should be one)."""
        found, at = self._named(kid), time.monotonic()
        since = max(self._reloaded_at, self._known_since) if found else self._reloaded_at
        if self._reload and at - since >= RELOAD_SECONDS:
            self._reloaded_at = at
            with suppress(OSError, ValueError):
                self._keys = _checked(self._reload())
        return self._named(kid)

    def _named(self, kid: str) -> list[dict[str, Any]]:
        return [key for key in self._keys if key.get("kid") == kid]


def _checked(jwks: Jwks) -> list[dict[str, Any]]:
    keys = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(keys, list) or not keys or not all(isinstance(key, dict) for key in keys):
        raise ValueError("A pin is a JWK Set: an object with a non-empty array `keys`.")
    if any("d" in key for key in keys):
        raise ValueError("This JWK Set holds a private key. Pin the public ones.")
    return keys
