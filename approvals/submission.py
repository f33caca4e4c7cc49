"""The wire form of an ask, read strictly: `parse` turns bytes into a Submission or refuses by code and JSON pointer."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from placet import canonical

from accounts.words import said

from .errors import NotAnAsk, TooLarge
from .rules import shapes, timing
from .rules.secrets import Hit, refusing

MAX_BYTES = 256 * 1024
NONCE = re.compile(r"[A-Za-z0-9_-]{16,128}")
MEMBERS = {
    "kind", "mcp", "origin", "subject", "session", "bundle", "nonce", "timeout", "identity", "signals", "claims",
    "sampling_action", "definition", "answer",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Submission:
    """An ask that is well-formed.

    `body` is what is digested, shown and signed; `context` all else that came with it. `secrets` are the places where
    it holds or asks for one: then it is not kept.
    """

    kind: str
    name: str
    body: bytes
    dig: str
    context: bytes
    context_dig: str
    whole_dig: str
    nonce: str | None
    subject: str
    principal: str
    session: str
    bundle: str
    timeout: timedelta | None
    sampling_action: UUID | None
    definition: shapes.Definition | None
    answered_here: bool
    secrets: tuple[Hit, ...] = ()


def parse(raw: bytes) -> Submission:
    """Read one submission as strict I-JSON (RFC 7493)."""
    if len(raw) > MAX_BYTES:
        raise TooLarge()
    try:
        value = canonical.parse(raw, max_bytes=MAX_BYTES)
    except canonical.NotCanonical as error:
        raise NotAnAsk(error.code, error.message, pointer=error.pointer) from error
    return read(value)


def read(value: Any) -> Submission:
    """Read one submission that `canonical.parse` returned (a queue envelope has parsed it already)."""
    shapes.require_object(value, "")
    shapes.refuse_unknown(value, MEMBERS, "")
    kind, mcp = _kind(value), shapes.mcp(value)
    effective = {"method": mcp["method"], "params": mcp["params"]}
    name = shapes.name_of(kind, mcp)
    body = canonical.preimage(kind, effective)
    context = canonical.preimage("context", _context(value))
    origin = shapes.origin(value)
    return Submission(
        kind=kind, name=name, body=body, dig=canonical.digest_bytes(body),
        context=context, context_dig=canonical.digest_bytes(context),
        whole_dig=canonical.digest("submission", value),
        nonce=_nonce(value), subject=shapes.text(value, "subject", limit=256), principal=origin.get("principal", ""),
        session=shapes.text(value, "session", limit=128), bundle=shapes.bundle(value),
        timeout=_timeout(value), sampling_action=_sampling_action(value, kind),
        definition=shapes.definition(value), answered_here=shapes.answered_here(value),
        secrets=refusing.in_ask(kind, value),
    )  # fmt: skip


def _kind(value: dict[str, Any]) -> str:
    kind = value.get("kind")
    if not isinstance(kind, str):
        raise NotAnAsk("wrong_type", said("kind must be a string."), pointer="/kind")
    if kind not in shapes.METHODS:
        raise NotAnAsk(
            "unknown_kind", said("kind must be one of {kinds}.", kinds=", ".join(shapes.METHODS)), pointer="/kind"
        )
    return kind


def _context(value: dict[str, Any]) -> dict[str, Any]:
    """All that was said beside the effective object. The revision is part of it: bytes that run do not depend on it."""
    shapes.claims(value)
    shapes.identity(value)
    said = {member: value[member] for member in MEMBERS - {"kind", "mcp"} if member in value}
    if "signals" in said:
        shapes.require_object(said["signals"], "/signals")
    if "revision" in value["mcp"]:
        said["revision"] = value["mcp"]["revision"]
    return said


def _nonce(value: dict[str, Any]) -> str | None:
    if "nonce" not in value:
        return None
    nonce = shapes.text(value, "nonce", limit=128)
    if not NONCE.fullmatch(nonce):
        raise NotAnAsk("bad_nonce", said("nonce must be 16 to 128 characters of base64url."), pointer="/nonce")
    return nonce


def _timeout(value: dict[str, Any]) -> timedelta | None:
    if "timeout" not in value:
        return None
    found = timing.duration(shapes.text(value, "timeout", limit=16))
    if found is None:
        raise NotAnAsk(
            "bad_timeout", said("timeout must read like 30s, 10m or 2h, and be at most 30 days."), pointer="/timeout"
        )
    return found


def _sampling_action(value: dict[str, Any], kind: str) -> UUID | None:
    named = shapes.text(value, "sampling_action", limit=36)
    if bool(named) != (kind == "sampling_result"):
        raise NotAnAsk(
            "bad_sampling_action", said("A sampling_result names its sampling_action; no other kind does."),
            pointer="/sampling_action",
        )  # fmt: skip
    try:
        return UUID(named) if named else None
    except ValueError:
        raise NotAnAsk(
            "bad_sampling_action", said("sampling_action must be an action's id."), pointer="/sampling_action"
        ) from None
