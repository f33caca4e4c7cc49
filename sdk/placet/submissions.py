"""What is asked: the wire form before the console has it (Submission), and the handle on it afterwards (Action)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Self, TypedDict, Unpack

from placet.canonical import canonical, parse

type Kind = Literal["sampling", "sampling_result", "elicitation_form", "elicitation_url", "tool_call"]
type Members = Mapping[str, Any]

METHODS: dict[str, str] = {
    "sampling": "sampling/createMessage",
    "sampling_result": "sampling/createMessage",
    "elicitation_form": "elicitation/create",
    "elicitation_url": "elicitation/create",
    "tool_call": "tools/call",
}


def identifier() -> str:
    """128 random bits, base64url."""
    return secrets.token_urlsafe(16)


@dataclass(frozen=True, slots=True)
class Submission:
    """One ask, fixed as bytes. Sent twice under its `key` it is still one ask, so every retry is safe."""

    kind: str
    effective: dict[str, Any]
    nonce: str
    key: str
    body: bytes = field(repr=False)

    @property
    def value(self) -> dict[str, Any]:
        """The body as JSON, for a queue envelope."""
        return json.loads(self.body)


@dataclass(slots=True)
class Action:
    """An ask on record. `to_json` keeps it across a restart; whoever restores it can still `wait`."""

    id: str
    submission: Submission
    state: str
    deadline_at: datetime
    consume_key: str = field(default_factory=identifier, repr=False)

    def to_json(self) -> str:
        """Everything `wait` needs except the key of the single use, which dies with the process on purpose."""
        kept = {
            "id": self.id,
            "state": self.state,
            "deadline_at": self.deadline_at.isoformat(),
            "key": self.submission.key,
        }
        return json.dumps(kept | {"submission": self.submission.value})

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        kept = json.loads(text)
        submission = restored(kept["submission"], key=kept["key"])
        return cls(kept["id"], submission, kept["state"], datetime.fromisoformat(kept["deadline_at"]))


class Asked(TypedDict, total=False):
    """What an ask may say: a tool call its `name` and `arguments`, other kinds `mcp`, which is `{"method", "params"}`.

    `timeout` is `"30s"`, `"10m"`, `"2h"` or a timedelta. `key` names the ask for ever; one is made when none is given.
    `definition` is `{"dig", "approved"}`: digests (kind `tool_definition`) of the tool's definition as you saw it, and
    of the one that was approved last, or null. `answer="console"` on an elicitation lets its subject answer on the
    console once it is approved.
    """

    kind: Kind
    name: str
    arguments: Members
    mcp: Members
    key: str
    nonce: str
    timeout: str | timedelta | None
    origin: Members | None
    subject: str | None
    session: str | None
    bundle: Members | None
    identity: Members | None
    signals: Members | None
    claims: Members | None
    sampling_action: str | None
    definition: Members | None
    answer: Literal["console"] | None


def prepare(**asked: Unpack[Asked]) -> Submission:
    """Build a submission, without sending it. Raises `NotCanonical` when the ask has no canonical form."""
    said: dict[str, Any] = {member: given for member, given in asked.items() if given is not None}
    name, arguments, key = said.pop("name", None), said.pop("arguments", None), said.pop("key", None)
    kind = said.setdefault("kind", "tool_call")
    said["mcp"] = said.get("mcp") or _tool_call(kind, name, arguments)
    said.setdefault("nonce", identifier())
    if isinstance(timeout := said.get("timeout"), timedelta):
        said["timeout"] = f"{max(1, int(timeout.total_seconds()))}s"
    return restored(said, key=key or identifier())


def restored(value: dict[str, Any], *, key: str) -> Submission:
    """The submission that these members are, as bytes that nobody can change any more."""
    body = canonical(value)
    value = parse(body)
    effective = {"method": value["mcp"]["method"], "params": value["mcp"]["params"]}
    return Submission(value["kind"], effective, value["nonce"], key, body)


def _tool_call(kind: str, name: str | None, arguments: Members | None) -> dict[str, Any]:
    if kind != "tool_call" or not name:
        raise TypeError("Give a tool call's name and arguments, or the mcp method and params of another kind.")
    return {"method": METHODS["tool_call"], "params": {"name": name, "arguments": dict(arguments or {})}}
