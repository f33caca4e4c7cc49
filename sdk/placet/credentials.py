"""Who calls: a bearer token, or an Ed25519 key that signs each request for itself."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Protocol

from placet import jws
from placet.canonical import digest_bytes
from placet.receipts.signing import FileSigner
from placet.submissions import identifier

REQUEST_TYPE = "placet-request+jwt"
REQUEST_SECONDS = 60


class Credential(Protocol):
    def authorize(self, *, method: str, target: str, body: bytes, audience: str) -> str:
        """The value of the Authorization header for this one request."""


@dataclass(frozen=True, slots=True, repr=False)
class Token:
    """A bearer token (RFC 6750), `plc_<id>_<secret>`."""

    token: str

    def authorize(self, *, method: str, target: str, body: bytes, audience: str) -> str:
        return f"Bearer {self.token}"


@dataclass(frozen=True, slots=True)
class Key:
    """A JWT per request (RFC 7519), bound to it by `htm` and `htu` (as in RFC 9449) and the digest of its body."""

    signer: jws.Signer
    urn: str

    def authorize(self, *, method: str, target: str, body: bytes, audience: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.urn, "aud": audience, "iat": now, "exp": now + REQUEST_SECONDS, "jti": identifier(),
            "bdg": digest_bytes(body), "htm": method, "htu": target,
        }  # fmt: skip
        return f"Bearer {jws.seal(claims, typ=REQUEST_TYPE, signer=self.signer).decode('ascii')}"


def urn(server: str) -> str:
    """The name of a server as it stands in receipts."""
    return server if server.startswith("urn:") else f"urn:placet:server:{server}"


def chosen(*, token: str | None, key: jws.Signer | str | os.PathLike[str] | None, server: str | None) -> Credential:
    """The key when one is given, else the token, else the token in PLACET_TOKEN."""
    if key is not None:
        if server is None:
            raise TypeError("A key speaks for a server: give its name as server=.")
        return Key(FileSigner.load(key) if isinstance(key, str | os.PathLike) else key, urn(server))
    found = token or os.environ.get("PLACET_TOKEN")
    if not found:
        raise TypeError("Give a token= or a key=, or set PLACET_TOKEN.")
    return Token(found)
