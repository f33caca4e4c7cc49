"""Who the host works for, known only when a key says so: a bearer token that is a JWT of a configured issuer.

The token stays the upstream's own. We read it, and believe its subject after checking signature, issuer, audience and
times (RFC 7519, RFC 8725, RFC 9068). Without a configured issuer nothing of it is believed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from placet.gate.http import headers as said
from placet.gate.http.fence import Refusal
from placet.gate.http.headers import Headers

#: Signatures with a public key. A shared secret proves nothing about who signed.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
LEEWAY_SECONDS = 30
LONGEST_TOKEN = 16 * 1024
LONGEST_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whose tokens count: their keys (a JWK Set in a file), the issuer's and the audience's name, and the claim that
    names the person."""

    keys: KeySet
    name: str
    audience: str
    claim: str = "sub"

    def subject(self, headers: Headers, *, now: Callable[[], float] = time.time) -> str:
        """The verified subject of a request. Raises Refusal (401) when there is none."""
        token = _token(headers)
        try:
            claims = jwt.decode(token, self.keys, algorithms=list(ALGORITHMS)).claims
            self._registry(int(now())).validate(claims)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise _unverified("The bearer token does not verify.") from error
        return self._named(claims)

    def _registry(self, now: int) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            now=now, leeway=LEEWAY_SECONDS, iss={"essential": True, "value": self.name},
            aud={"essential": True, "value": self.audience}, exp={"essential": True},
        )  # fmt: skip

    def _named(self, claims: Mapping[str, Any]) -> str:
        subject = claims.get(self.claim)
        if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
            raise _unverified(f"The bearer token names nobody in {self.claim}.")
        return subject


def issuer(*, keys: Path, name: str, audience: str, claim: str = "sub") -> Issuer:
    """Reads the issuer's public keys; ValueError says what is wrong with the file."""
    try:
        found = KeySet.import_key_set(json.loads(keys.read_bytes()))
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{keys} is no JWK Set") from error
    if any(key.key_type == "oct" or key.is_private for key in found.keys):
        raise ValueError(f"{keys} must hold public keys only")
    return Issuer(keys=found, name=name, audience=audience, claim=claim)


def _token(headers: Headers) -> str:
    scheme, _, token = (said.first(headers, b"authorization") or b"").partition(b" ")
    if scheme.lower() != b"bearer" or not token.strip() or len(token) > LONGEST_TOKEN:
        raise _unverified("This gate asks for a bearer token.")
    return token.strip().decode("latin-1")


def _unverified(message: str) -> Refusal:
    return Refusal(401, "unverified_subject", message, [(b"www-authenticate", b'Bearer error="invalid_token"')])
