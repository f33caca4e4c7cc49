"""What a witness adds to a head: a cosignature with the time it was given (C2SP tlog-cosignature, Ed25519).

A witness is told by its verifier key, `name+8 hexadecimal digits+base64` (C2SP signed-note); one of them may sign
heads of many logs. Sources: c2sp.org/tlog-cosignature, c2sp.org/signed-note.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from placet import jws
from placet.tlog.heads import BadHead, Note, Signature

COSIGNATURE = b"\x04"
LATEST = 253_402_300_799  # the last second of the year 9999: what calendars know
_NAME = re.compile(r"[^\s+\x00-\x1f]+")


class Witness(NamedTuple):
    """Whose cosignature counts."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + COSIGNATURE + self.public_key).digest()[:4]

    @property
    def vkey(self) -> str:
        """The verifier key, as it is told to whoever counts this witness."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(COSIGNATURE + self.public_key).decode()}"


class Cosignature(NamedTuple):
    """Who saw the head, and when (unix seconds)."""

    witness: str
    at: int


def witness(vkey: str) -> Witness:
    """Read a verifier key. Raises ValueError."""
    name, _, rest = vkey.strip().partition("+")
    digits, _, key = rest.partition("+")
    try:
        raw = base64.b64decode(key, validate=True)
    except ValueError:
        raw = b""
    if len(raw) != 33 or raw[:1] != COSIGNATURE or raw[1:] in jws.SMALL_ORDER or not _NAME.fullmatch(name):
        raise ValueError("a witness is told by its verifier key, name+hexadecimal digits+base64 of an Ed25519 key")
    found = Witness(name, raw[1:])
    if found.key_id.hex() != digits:
        raise ValueError(f"the verifier key of {name} does not match its own digits")
    return found


def listed(text: str) -> list[tuple[str, Witness]]:
    """Addresses and witnesses: `URL VKEY`, separated by commas. Raises ValueError with a sentence."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        url, _, vkey = part.partition(" ")
        if not re.fullmatch(r"https?://[^\s]+", url) or not vkey:
            raise ValueError("must be URL and verifier key of each witness, separated by commas")
        found.append((url.rstrip("/"), witness(vkey)))
    if len({each.name for _, each in found}) != len(found):
        raise ValueError("must name each witness once")
    return found


def sign(note: Note, *, name: str, public_key: bytes, signer: jws.Signer, at: int) -> str:
    """The cosignature's line (without its end) for a head that continues what the witness has seen."""
    if not _NAME.fullmatch(name) or not 0 < at <= LATEST:
        raise ValueError("A witness has a name without spaces and plus signs, and signs at a time.")
    blob = Witness(name, public_key).key_id + at.to_bytes(8, "big") + signer.sign(_message(note, at))
    return f"— {name} {base64.b64encode(blob).decode()}"


def given(note: Note, witnesses: Iterable[Witness]) -> list[Cosignature]:
    """Who of these has co-signed the head; each witness once, with its latest time."""
    found: dict[str, Cosignature] = {}
    for each in witnesses:
        for signature in note.signatures:
            at = _holds(signature, note, each)
            if at is not None and at >= found.get(each.name, (each.name, 0))[1]:
                found[each.name] = Cosignature(each.name, at)
    return list(found.values())


def enough(note: Note, witnesses: Sequence[Witness], *, need: int, now: int | None = None) -> list[Cosignature]:
    """The cosignatures, when at least `need` of these witnesses gave one. Raises `BadHead`.

    Two names of one key are one witness. With `now`, cosignatures from a minute after it and later do not count.
    """
    found = [each for each in given(note, witnesses) if now is None or each.at <= now + 60]
    keys = {each.public_key for each in witnesses if each.name in {one.witness for one in found}}
    if len(keys) < need:
        raise BadHead(f"{len(keys)} of {len(witnesses)} witnesses have co-signed this head; {need} are needed.")
    return found


def _holds(signature: Signature, note: Note, by: Witness) -> int | None:
    """When this witness gave this signature; None when it did not."""
    if (signature.name, signature.key_id, len(signature.raw)) != (by.name, by.key_id, 72):
        return None
    at = int.from_bytes(signature.raw[:8], "big")
    holds = 0 < at <= LATEST and jws.ed25519_holds(signature.raw[8:], _message(note, at), public_key=by.public_key)
    return at if holds else None


def _message(note: Note, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{note.text}".encode()
