"""Signed tree heads: a checkpoint (C2SP tlog-checkpoint) as a signed note (C2SP signed-note), with Ed25519.

    https://console.example.org
    4712
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — https://console.example.org Az3grl…

The lines are the issuer, how many leaves, and the root. Sources: c2sp.org/tlog-checkpoint, c2sp.org/signed-note.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from placet import jws

ED25519 = b"\x01"
MAX_BYTES = 64 * 1024
_LINE = re.compile(r"— (?P<name>[^\s+]+) (?P<blob>[A-Za-z0-9+/]+={0,2})")
SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class BadHead(ValueError):
    """No signed tree head, or none that a pinned key signed."""


class Head(NamedTuple):
    """How large a ledger's tree was, and its root then."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


class Signature(NamedTuple):
    name: str
    key_id: bytes
    raw: bytes


class Note(NamedTuple):
    """A head as it was signed, not yet believed."""

    head: Head
    text: str
    signatures: tuple[Signature, ...]


def key_id(name: str, public_key: bytes) -> bytes:
    """The four bytes that name a key of 32 raw bytes in a note."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public_key).digest()[:4]


def sign(head: Head, *, public_key: bytes, signer: jws.Signer) -> bytes:
    """The head as a note, signed under its origin's name."""
    if not re.fullmatch(r"[^\s+\x00-\x1f]+", head.origin):
        raise ValueError("A note's key name has no spaces and no plus sign.")
    signed = key_id(head.origin, public_key) + signer.sign(head.text.encode())
    return f"{head.text}\n— {head.origin} {base64.b64encode(signed).decode()}\n".encode()


def read(raw: bytes) -> Note:
    """Take a note apart, or an answer of the console that holds one as `note`. Raises `BadHead`."""
    text = _as_text(raw)
    said, divided, signed = text.rpartition("\n\n")
    if not divided or not signed.endswith("\n") or _CONTROL.search(text):
        raise BadHead("This is no signed note: a text, an empty line, signatures.")
    return Note(_head(said), said + "\n", tuple(_signature(line) for line in signed[:-1].split("\n")))


def written(note: Note, more: Iterable[str] = ()) -> str:
    """The note as text again, with more signature lines after its own."""
    own = (f"— {each.name} {base64_of(each.key_id + each.raw)}" for each in note.signatures)
    return "\n".join([note.text, *own, *more, ""])


def signed_by(note: Note, keys: Iterable[Mapping[str, Any]], *, held: bool = False) -> str:
    """Return the `kid` of the pinned key (JWK) that signed it under its origin's name. Raises `BadHead`.

    Signatures by others, such as witnesses, are passed over. One by a key that is revoked proves nothing, as whoever
    has the key could give it today; only whoever `held` the head since before knows better.
    """
    revoked = False
    for key in keys:
        public = _raw_key(key)
        if public is None or not _signed(note, public):
            continue
        if not key.get("revoked") or held:
            return str(key.get("kid"))
        revoked = True
    raise BadHead("The key that signed this head was revoked." if revoked else "No pinned key signed this head.")


def bare(note: Note, keys: Iterable[Mapping[str, Any]]) -> Note:
    """The note with what these keys signed of it, and no line that somebody else added."""
    found = [each for key in keys if (public := _raw_key(key)) for each in _own(note, public)]
    return note._replace(signatures=tuple(dict.fromkeys(found)))


def _signed(note: Note, public: bytes) -> bool:
    return bool(_own(note, public))


def _own(note: Note, public: bytes) -> list[Signature]:
    """The signatures that this key gave under the origin's name."""
    text, wanted = note.text.encode(), (note.head.origin, key_id(note.head.origin, public))
    mine = [each for each in note.signatures if (each.name, each.key_id) == wanted]
    return [each for each in mine if jws.ed25519_holds(each.raw, text, public_key=public)]


def _as_text(raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        raise BadHead(f"A head has at most {MAX_BYTES} bytes.")
    try:
        if raw.lstrip().startswith(b"{"):
            said = json.loads(raw)
            return str(said.get("note") or said["head"]["note"])
        return raw.decode()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadHead("This holds no signed note.") from error


def _head(text: str) -> Head:
    lines = text.split("\n")
    if len(lines) < 3 or not all(lines) or not SIZE.fullmatch(lines[1]):
        raise BadHead("A head has three lines: origin, size, root.")
    root = decoded(lines[2])
    if len(root) != 32:
        raise BadHead("A root has 32 bytes.")
    return Head(lines[0], int(lines[1]), root)


def _signature(line: str) -> Signature:
    match = _LINE.fullmatch(line)
    blob = decoded(match["blob"]) if match else b""
    if not match or len(blob) < 5:
        raise BadHead("A signature’s line is a dash, a name and base64.")
    return Signature(match["name"], blob[:4], blob[4:])


def base64_of(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def decoded(text: str) -> bytes:
    """The bytes of standard base64 in its only spelling. Raises `BadHead`."""
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise BadHead("This is no base64.") from None
    if base64.b64encode(raw).decode() != text:
        raise BadHead("This is not the only spelling of its base64.")
    return raw


def _raw_key(key: Mapping[str, Any]) -> bytes | None:
    if (key.get("kty"), key.get("crv")) != ("OKP", "Ed25519"):
        return None
    try:
        raw = jws.decode(str(key.get("x")).encode())
    except ValueError:
        return None
    return raw if len(raw) == 32 else None
