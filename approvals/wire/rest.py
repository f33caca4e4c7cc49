"""Our words as the REST dialect's JSON: an action as its server sees it."""

import json
from datetime import UTC, datetime
from typing import Any

from placet import canonical

from ..answers import Fetched
from ..errors import BadOutcome, NotAnAsk
from ..models import State
from ..rules import shapes
from ..standing import Standing

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))  # `dumps` would make one each time
OUTCOME_BYTES = 64 * 1024
MOST_TOOLS = 500  # in one report; a longer list comes in several


def action(row: Standing) -> dict[str, Any]:
    """The JSON of one action. Times are RFC 3339 in UTC with `Z`; the receipt is the stored compact JWS, unchanged.

    `edit` is there only when an owner changed the ask before approving it: then it is what may run. `erased` is there
    only when the payloads are gone for good, an edit among them.
    """
    edit = {} if row.edit is None else {"edit": json.loads(bytes(row.edit))["value"]}
    return (
        edit
        | ({"erased": True} if row.erased else {})
        | {
            "id": str(row.id),
            "kind": row.kind,
            "state": row.state,
            "digest": row.dig,
            "created_at": time(row.created_at),
            "deadline_at": time(row.deadline_at),
            "checkpoint": row.checkpoint,
            "decision": _decision(row),
            "consumption": {"consumed_at": time(row.consumed_at)} if row.consumed_at else None,
            "outcome": {"status": row.outcome, "note": row.outcome_note} if row.outcome else None,
            "receipt": row.receipt.decode("ascii") if row.receipt else None,
        }
    )


def answer(fetched: Fetched) -> dict[str, Any]:
    """The JSON of an answer, as an MCP `ElicitResult` has it, and when it was given."""
    content = {} if fetched.content is None else {"content": fetched.content}
    return {"action": fetched.said, **content, "answered_at": time(fetched.at)}


def outcome(raw: bytes) -> tuple[str, str]:
    """Read status and note of a report; strict I-JSON, no members beside these two."""
    try:
        value = canonical.parse(raw, max_bytes=OUTCOME_BYTES)
    except canonical.NotCanonical as error:
        raise NotAnAsk(error.code, error.message, pointer=error.pointer) from error
    said = shapes.require_object(value, "")
    shapes.refuse_unknown(said, {"status", "note"}, "")
    if not isinstance(said.get("status"), str):
        raise BadOutcome(pointer="/status")
    if not isinstance(said.get("note", ""), str):
        raise NotAnAsk("wrong_type", "note must be a string.", pointer="/note")
    return said["status"], said.get("note", "")


def tools(raw: bytes) -> list[str]:
    """Read the names of a server's tools; their digests are looked at, and not kept."""
    try:
        value = canonical.parse(raw)
    except canonical.NotCanonical as error:
        raise NotAnAsk(error.code, error.message, pointer=error.pointer) from error
    said = shapes.require_object(value, "")
    shapes.refuse_unknown(said, {"tools"}, "")
    listed = said.get("tools")
    if not isinstance(listed, list):
        raise NotAnAsk("wrong_type", "tools must be an array.", pointer="/tools")
    if not 1 <= len(listed) <= MOST_TOOLS:
        raise NotAnAsk("bad_length", f"A report has 1 to {MOST_TOOLS} tools.", pointer="/tools")
    return [shapes.tool(each, f"/tools/{place}") for place, each in enumerate(listed)]


def encode(value: dict[str, Any]) -> bytes:
    return _ENCODER.encode(value).encode()


def time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _decision(row: Standing) -> dict[str, Any] | None:
    if row.state == State.PENDING or row.settled_at is None:
        return None
    said: dict[str, Any] = {"decided_at": time(row.settled_at)}
    if row.reason:
        said["reason"] = row.reason
    if row.note:
        said["note"] = row.note
    if row.state == State.APPROVED and row.expires_at:
        said["expires_at"] = time(row.expires_at)
    return said
