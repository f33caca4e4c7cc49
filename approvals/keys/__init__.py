"""Which key signs now, which keys anybody may check with, and what became of all of them.

The truth is `keys.json` in the folder of keys: the signed changes (`placet.receipts.history`), and where each private
half is. It is replaced whole, so every process of the console knows the key of the moment from one look at the file.
What the database has of it is the record (`custody`); a key that somebody wrote into the database is nobody's.
"""

import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings
from placet import jws
from placet.receipts import history as past

from . import folder, halves
from .halves import Held, Unusable

__all__ = ["STAYS", "Held", "Unusable", "check", "forget", "jwks", "published", "signer", "state"]

STAYS = 31 * 86_400  # seconds a retired key stays in the JWKS: a grant, the longest of what is signed, lasts 30 days

_turn = threading.Lock()
_known: dict[Path, tuple[folder.Stamp, "State"]] = {}


@dataclass(frozen=True)
class State:
    """The keys as one version of the file has them."""

    where: Path
    history: past.History
    places: dict[str, str]

    @cached_property
    def signer(self) -> Held:
        return halves.load(self.where, self.places.get(self.history.current, ""), kid=self.history.current)


def signer() -> Held:
    """Return the signer of this console. Asked each time: a rotation is known from then on."""
    for _ in range(3):
        try:
            return state().signer
        except FileNotFoundError as error:  # its private half was removed since: another key is in use by now
            forget()
            gone = error.filename
    raise Unusable(f"the private key {gone} is gone: bring {settings.KEYS_DIR} back from its backup")


def state() -> State:
    """Return the keys of now. The first start makes one. Costs one `stat` while nothing has changed."""
    where = Path(settings.KEYS_DIR)
    stamp = folder.stamp(where) or _begun(where)
    known = _known.get(where)
    if known is None or known[0] != stamp:
        with _turn:
            known = _known[where] = (stamp, _read(where))
    return known[1]


def _read(where: Path) -> State:
    try:
        kept = folder.read(where)
        return State(where, past.read(kept.changes), kept.places)
    except (ValueError, KeyError, TypeError) as error:  # BadHistory is a ValueError
        raise Unusable(f"{where / folder.FILE} is not what was written there: bring its newest copy back") from error


def jwks() -> dict[str, Any]:
    """Return the public keys (RFC 7517): the one in use first, then the next, those that signed what may still count,
    and those that are revoked, marked so."""
    history = state().history
    now = history.keys[history.current]
    last = folder.seconds()
    others = [key for key in history.keys.values() if key is not now and not _gone(key, last)]
    return {"keys": [_shown(key) for key in [now, *others]]}


def published() -> dict[str, Any]:
    """Return the history document: all keys ever, and the signed changes, which say so. Signed by the one in use."""
    history = state().history
    said = {"issuer": settings.PUBLIC_URL, "keys": [key.public() for key in history.keys.values()]}
    whole = said | {"changes": history.changes}
    return whole | {"signed": jws.seal(whole, typ="placet-keys+jwt", signer=signer()).decode()}


def check() -> None:
    """Raise `Unusable` where the key cannot be used, or others of this machine could read it."""
    halves.check_private(Path(settings.KEYS_DIR))
    signer()


def forget() -> None:
    """Read the folder again at the next question."""
    _known.clear()


def _gone(key: past.Key, now: float) -> bool:
    return key.state == "retired" and key.retired is not None and key.retired + STAYS < now


def _shown(key: past.Key) -> dict[str, Any]:
    """Times stand in the history; a JWK Set says no more than that a key is revoked, and why."""
    if key.revoked is None:
        return dict(key.jwk)
    return {**key.jwk, "revoked": key.revoked, "reason": key.reason}


def _begun(where: Path) -> folder.Stamp:
    """The first key publishes and uses itself, at the time its file was made. Two first starts agree on one."""
    with folder.alone(where):
        if stamp := folder.stamp(where):
            return stamp
        place, held, made = halves.first(where)
        history = past.History()
        for what in ("published", "used"):
            claims = history.claims(what, jwk=held.public_jwk(), at=made)
            history.add(jws.seal(claims, typ=past.TYPE, signer=held).decode())
        folder.replace(where, folder.Kept(history.changes, {held.kid: place}))
    stamp = folder.stamp(where)
    if stamp is None:
        raise Unusable(f"{where} does not keep what is written there.")
    return stamp
