"""What goes in and out of `/api/v1`, for the OpenAPI document. What comes in is judged by `submission`, not by these.

The submission's schema is written out by hand: its reader is stricter than any schema can say (I-JSON, sizes, digests).
"""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field

State = Literal["pending", "approved", "denied", "expired", "withdrawn"]
Kind = Literal["sampling", "sampling_result", "elicitation_form", "elicitation_url", "tool_call"]
Digest = Field(pattern="^[A-Za-z0-9_-]{43}$", description="base64url SHA-256")


class Closed(Schema):
    model_config = ConfigDict(extra="forbid")


class Decision(Closed):
    """How it ended."""

    decided_at: datetime
    reason: str = Field(
        "",
        description="why it was denied (owner_denied, policy_denied, policy_error, outside_policy, not_listed, "
        "no_checkpoint, no_owner), expired or withdrawn; of an approval without reviews policy, grant or break_glass; "
        "else absent",
    )
    note: str = Field("", description="what the owner who denied it wrote")
    expires_at: datetime | None = Field(None, description="approved only: use it before this")


class Consumption(Closed):
    consumed_at: datetime


class Outcome(Closed):
    status: Literal["succeeded", "failed"]
    note: str = Field("", max_length=2000)


class Action(Closed):
    """An ask on record, and where it stands."""

    id: UUID
    kind: Kind
    state: State
    digest: str = Digest
    created_at: datetime
    deadline_at: datetime
    checkpoint: str | None = Field(description="where it stopped; null when nothing matched")
    decision: Decision | None
    consumption: Consumption | None
    outcome: Outcome | None
    receipt: str | None = Field(description="the signed receipt, a compact JWS; null while pending")
    edit: dict[str, Any] = Field(
        None,
        description="approved and changed by an owner: the method and params that may run, whose digest the receipt "
        "names, in place of yours; else absent",
    )
    erased: bool = Field(None, description="true once the payloads are gone for good, an edit among them; else absent")


class Answer(Closed):
    """What the subject of a released elicitation said on the console."""

    action: Literal["accept", "decline", "cancel"]
    content: dict[str, Any] = Field(None, description="of an accepted form: what was filled in, by field")
    answered_at: datetime


class Recorded(Closed):
    """How many of the listed names are on record; a server is seen with a bounded number."""

    recorded: int


class Page(Closed):
    items: list[Action]
    next: UUID | None = Field(description="cursor of the next page; null at the end")


class Problem(Schema):
    """RFC 9457."""

    type: str = Field(pattern="^urn:placet:problem:")
    title: str
    status: int
    detail: str
    code: str = Field(description="stable; the last part of `type`")
    pointer: str | None = Field(None, description="RFC 6901 pointer into the body")


class Jwks(Schema):
    keys: list[dict[str, Any]]


class Keys(Jwks):
    """A JWK Set of all keys, and the changes that made it: compact JWS, in their order."""

    issuer: str
    changes: list[str]
    signed: str


_TEXT = {"type": "string", "minLength": 1}
_DIGEST = {"type": "string", "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"}
_SHORT = _TEXT | {"maxLength": 256}


def _closed(required: list[str], **members: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": members}


SUBMISSION: dict[str, Any] = _closed(
    ["kind", "mcp"],
    kind={"enum": list(Kind.__args__)},
    mcp=_closed(
        ["method", "params"],
        revision=_TEXT | {"maxLength": 32},
        method={"enum": ["tools/call", "sampling/createMessage", "elicitation/create"]},
        params={"type": "object", "description": "the MCP params; what of them may run is what is digested and signed"},
    ),
    origin=_closed([], method=_SHORT, name=_SHORT, dig=_SHORT, principal=_SHORT),
    subject=_SHORT | {"description": "the person on whose behalf it happens; may not decide it"},
    session=_TEXT | {"maxLength": 128},
    bundle=_closed(
        ["id"], id=_TEXT | {"maxLength": 128}, key=_SHORT, size={"type": "integer", "minimum": 1, "maximum": 1000}
    ),
    nonce={"type": "string", "pattern": "^[A-Za-z0-9_-]{16,128}$", "description": "comes back signed in the receipt"},
    timeout={"type": "string", "pattern": "^[1-9][0-9]{0,7}[smh]$", "description": "the policy may end it sooner"},
    identity=_closed([], host=_SHORT, model=_SHORT, chain={"type": "array", "items": _SHORT}),
    signals={"type": "object"},
    claims=_closed(
        [],
        title=_TEXT | {"maxLength": 300},
        reasoning=_TEXT | {"maxLength": 20000},
        risk=_TEXT | {"maxLength": 100},
        names={
            "type": "object",
            "maxProperties": 32,
            "additionalProperties": _TEXT | {"maxLength": 200},
            "propertyNames": {"pattern": "^/", "maxLength": 200},
            "description": "what ids among the arguments (else params) stand for, by JSON pointer; shown as your word",
        },
    ),
    sampling_action={"type": "string", "format": "uuid", "description": "sampling_result only, and required there"},
    definition=_closed(
        ["dig"],
        dig=_DIGEST | {"description": "of the tool's definition as you saw it, digest kind tool_definition"},
        approved=_DIGEST | {"type": ["string", "null"], "description": "of the definition last approved, if you know"},
    ),
    answer={"const": "console", "description": "elicitations only: once approved, the subject answers on the console"},
)

TOOLS: dict[str, Any] = _closed(
    ["tools"],
    tools={
        "type": "array",
        "minItems": 1,
        "maxItems": 500,
        "items": _closed(["name"], name=_SHORT, dig=_DIGEST | {"description": "of its definition, tool_definition"}),
    },
)

REFUND: dict[str, Any] = {
    "kind": "tool_call",
    "mcp": {
        "revision": "2026-07-28",
        "method": "tools/call",
        "params": {"name": "refund", "arguments": {"order": "A1", "amount": 4200}},
    },
    "subject": "dana@example.org",
    "session": "s-81",
    "nonce": "q83vEjRWeJCrze8SNFZ4kA",
    "timeout": "10m",
    "claims": {"title": "Refund order A1", "reasoning": "The parcel never arrived."},
}
