"""The history of a console's keys: which were published, used and revoked, each change signed by the key of that time.

A change is a compact JWS, `typ` "placet-key+jwt", whose claims are
{"ver": 1, "what": "published"|"used"|"revoked", "kid", "jwk", "at": unix seconds, "reason", "prev"};
`prev` is the digest of the change before, "" in the first. A console's first key signs its own publication, every later
change is signed by the key in use until then (its own revocation: by the one used after it). A key in use is retired
when the next one is used.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from placet import canonical, jws

type What = Literal["published", "used", "revoked"]

TYPE = "placet-key+jwt"
MEMBERS = {"ver", "what", "kid", "jwk", "at", "reason", "prev"}
MAX_CHANGE = 8 * 1024
MOST = 4_096


class BadHistory(ValueError):
    """Not the history of a console's keys, or not a whole one."""


@dataclass(slots=True)
class Key:
    """One key and what became of it; times are unix seconds. `by` are the keys that signed its publication."""

    kid: str
    jwk: dict[str, Any]
    published: int
    by: str
    used: int | None = None
    retired: int | None = None
    revoked: int | None = None
    reason: str = ""

    @property
    def state(self) -> str:
        if self.revoked is not None:
            return "revoked"
        if self.used is None:
            return "next"
        return "current" if self.retired is None else "retired"

    def public(self) -> dict[str, Any]:
        """The JWK with what became of it, as it stands in a JWK Set; absent is what did not happen."""
        marks = {"published": self.published, "used": self.used, "retired": self.retired, "revoked": self.revoked}
        told = {name: value for name, value in marks.items() if value is not None}
        return {**self.jwk, **told, **({"reason": self.reason} if self.reason else {})}


@dataclass(slots=True)
class History:
    """The keys by name, in the order of their publication, and the name of the one in use."""

    keys: dict[str, Key] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)
    current: str = ""

    @property
    def next(self) -> Key | None:
        """The key that was published last and awaits its use."""
        return next((key for key in reversed(self.keys.values()) if key.state == "next"), None)

    def claims(self, what: What, *, jwk: Mapping[str, Any], at: int, reason: str = "") -> dict[str, Any]:
        """What the next change says."""
        prev = canonical.digest_bytes(self.changes[-1].encode()) if self.changes else ""
        return {
            "ver": 1, "what": what, "kid": jwk["kid"], "jwk": dict(jwk), "at": at, "reason": reason, "prev": prev,
        }  # fmt: skip

    def add(self, change: str) -> dict[str, Any]:
        """Take one more change; returns its claims. Raises `BadHistory` unless it follows from those before."""
        signer, claims, segments = _read(change)
        if claims["prev"] != (canonical.digest_bytes(self.changes[-1].encode()) if self.changes else ""):
            raise BadHistory("A change of keys does not follow the one before it.")
        public = claims["jwk"] if not self.keys else self._speaker(signer)
        if not jws.signature_holds(segments, public_key=_raw(public)) or public["kid"] != signer:
            raise BadHistory("A change of keys was not signed by the key of its time.")
        _STEPS[claims["what"]](self, claims, signer)
        self.changes.append(change)
        return claims

    def _speaker(self, signer: str) -> dict[str, Any]:
        if signer != self.current and not (self.current == "" and signer in self.keys):
            raise BadHistory("A change of keys was signed by another key than the one in use.")
        return self.keys[signer].jwk

    def _publish(self, claims: dict[str, Any], signer: str) -> None:
        if claims["kid"] in self.keys:
            raise BadHistory("A key was published twice.")
        self.keys[claims["kid"]] = Key(claims["kid"], claims["jwk"], claims["at"], signer)

    def _use(self, claims: dict[str, Any], signer: str) -> None:
        key = self._known(claims, "next")
        if self.current:
            self.keys[self.current].retired = claims["at"]
        key.used, self.current = claims["at"], key.kid

    def _revoke(self, claims: dict[str, Any], signer: str) -> None:
        key = self._known(claims, "next", "retired")
        key.revoked, key.reason = claims["at"], claims["reason"]

    def _known(self, claims: dict[str, Any], *states: str) -> Key:
        key = self.keys.get(claims["kid"])
        if key is None or key.state not in states or key.jwk != claims["jwk"]:
            raise BadHistory(f"A key cannot be {claims['what']} at this place.")
        return key


_STEPS = {"published": History._publish, "used": History._use, "revoked": History._revoke}


def read(changes: Iterable[str]) -> History:
    """Read changes in their order. Raises `BadHistory`. Whether the first key is one to trust, nobody has asked yet."""
    history = History()
    for change in changes:
        history.add(change)
        if len(history.changes) > MOST:
            raise BadHistory(f"A history has at most {MOST} changes.")
    if not history.current:
        raise BadHistory("This history has no key in use.")
    return history


def document(raw: bytes) -> History:
    """Read what a console serves as `/.well-known/placet-keys.json`. Raises `BadHistory`."""
    try:
        changes = json.loads(raw)["changes"]
        return read([str(change) for change in changes])
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, BadHistory):
            raise
        raise BadHistory("This is no history of keys.") from error


def follow(history: History, pinned: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The keys to trust for whoever pinned some of them: those, and each that a trusted one published.

    A revoked key vouches for no other: whoever holds it could have published one. A key that is pinned keeps its marks,
    and takes those of the history. Revoked keys are returned marked `revoked`, so that they are refused by name.
    """
    revoked = {key.kid for key in history.keys.values() if key.revoked is not None}
    revoked |= {str(key.get("kid")) for key in pinned if key.get("revoked")}
    trusted: dict[str, dict[str, Any]] = {}
    for pin in pinned:
        known = history.keys.get(str(pin.get("kid")))
        same = known is not None and known.jwk.get("x") == pin.get("x")
        trusted[str(pin.get("kid"))] = {**(known.public() if known and same else {}), **pin}
    for key in history.keys.values():
        if key.kid in trusted:
            continue
        if key.by in trusted and key.by not in revoked:
            trusted[key.kid] = key.public()
    return list(trusted.values())


def _read(change: str) -> tuple[str, dict[str, Any], jws.Segments]:
    """Who says they signed it, what it says, and the segments to check that with."""
    if len(change) > MAX_CHANGE:
        raise BadHistory(f"A change of keys has at most {MAX_CHANGE} characters.")
    try:
        segments = jws.split(change.encode())
        header, claims = canonical.parse(segments.header), canonical.parse(segments.payload)
    except (ValueError, canonical.NotCanonical) as error:
        raise BadHistory("A change of keys is a compact JWS.") from error
    if not isinstance(header, dict) or header.keys() != {"alg", "kid", "typ"}:
        raise BadHistory("A change of keys has a header of exactly alg, kid and typ.")
    if (header["alg"], header["typ"]) != ("Ed25519", TYPE):
        raise BadHistory(f"A change of keys is of type {TYPE}, signed with Ed25519.")
    if not isinstance(claims, dict) or claims.keys() != MEMBERS or not _well_formed(claims):
        raise BadHistory("A change of keys has other members than it should.")
    return str(header["kid"]), claims, segments


def _well_formed(claims: dict[str, Any]) -> bool:
    texts = all(isinstance(claims[name], str) for name in ("what", "kid", "reason", "prev"))
    if not texts or claims["ver"] != 1 or type(claims["at"]) is not int or claims["what"] not in _STEPS:
        return False
    try:
        return claims["jwk"] == jws.jwk(_raw(claims["jwk"])) and claims["jwk"]["kid"] == claims["kid"]
    except (TypeError, KeyError, ValueError, AttributeError):
        return False


def _raw(public: Mapping[str, Any]) -> bytes:
    return jws.decode(str(public["x"]).encode())
