"""The bytes of a leaf: what one entry of the ledger says, and how an export writes it.

A leaf's bytes are JCS({"@type": "placet.entry.v1", "value": {action, actor, at, dig, event, leaf}}). Its number is
inside, the row's id is not: ids are the database's business. A line of an export is the value with the leaf's `hash`
beside it, in canonical JSON; or number and hash alone, for who may not read the rest.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from placet import canonical, jws
from placet.tlog import tree

MAX_LINE = 8 * 1024
_KINDS: dict[str, tuple[type, ...]] = {
    "action": (str, type(None)), "actor": (str,), "at": (str,), "dig": (str,), "event": (str,), "hash": (str,),
    "leaf": (int,),
}  # fmt: skip
_WITHHELD = frozenset({"hash", "leaf"})


class BadLine(ValueError):
    """A line of an export that says nothing, or something else than its hash."""


class Line(NamedTuple):
    """`said` is None where the line is withheld: it says which hash the leaf has, and not of what."""

    leaf: int
    hash: bytes
    said: dict[str, Any] | None


def value(*, leaf: int, at: datetime, event: str, actor: str, action: Any, dig: str) -> dict[str, Any]:
    """What an entry says as a leaf. `at` is aware; `action` is its UUID or None; `dig` may be empty."""
    moment = at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    return {
        "action": None if action is None else str(action), "actor": actor, "at": moment, "dig": dig, "event": event,
        "leaf": leaf,
    }  # fmt: skip


def hash_of(said: dict[str, Any]) -> bytes:
    """The leaf's hash of what an entry says."""
    return tree.leaf_hash(canonical.preimage("entry", said))


def line(said: dict[str, Any], *, hash: bytes) -> bytes:
    """One line of an export. `hash` is the one on record: whether it is that of what is said, a reader finds out."""
    return canonical.canonical({**said, "hash": jws.encode(hash).decode()}) + b"\n"


def withheld(leaf: int, *, hash: bytes) -> bytes:
    """The line of an export for somebody who may not read what this leaf says: its hash is all that a root needs."""
    return canonical.canonical({"hash": jws.encode(hash).decode(), "leaf": leaf}) + b"\n"


def read(raw: bytes) -> Line:
    """Read a line of an export. Raises `BadLine` unless it is one, in its only spelling, and has the hash it names."""
    body = raw.removesuffix(b"\n")
    try:
        said = canonical.parse(body, max_bytes=MAX_LINE)
        known = isinstance(said, dict) and said.keys() in (_KINDS.keys(), _WITHHELD)
        if not known or not all(type(said[name]) in _KINDS[name] for name in said):
            raise BadLine("it is no line of an export")
        if canonical.canonical(said) != body:
            raise BadLine("it is not written canonically")
        named = jws.decode(said.pop("hash").encode())
    except canonical.NotCanonical as error:
        raise BadLine(error.message) from None
    except BadLine:
        raise
    except ValueError:
        raise BadLine("its hash is not base64url") from None
    if "event" not in said:
        if len(named) != 32:
            raise BadLine("its hash has not 32 bytes")
        return Line(said["leaf"], named, None)
    if named != hash_of(said):
        raise BadLine("what it says has another hash than the one on record: it was changed")
    return Line(said["leaf"], named, said)
