"""What one host has under way: its requests, what it said about itself, and the way back to it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from placet.canonical import NotCanonical, digest
from placet.gate import channels, messages
from placet.gate.answers import Outcome
from placet.gate.messages import Key, Message

if TYPE_CHECKING:
    from placet.gate.delivery import Calls
    from placet.gate.tasks import OwnTask

VERSION_META = "io.modelcontextprotocol/protocolVersion"
CLIENT_META = "io.modelcontextprotocol/clientInfo"
CAPABILITIES_META = "io.modelcontextprotocol/clientCapabilities"
TASKS_EXTENSION = "io.modelcontextprotocol/tasks"
#: A host that declares this (in `extensions` or `experimental`) runs tools for servers by itself, SEP-1006-style.
TOOLS_EXTENSION = "placet.gate/tool-calls"
#: Methods whose requests are kept while they are open: they cause asks, or are sent a second time.
WORK = channels.MULTI_ROUND


class Lane(Protocol):
    """One way between host and server, made by a transport; told apart by identity."""

    def to_host(self, raw: bytes, *, final: bool = False) -> bool:
        """Send our own message to the host on this way. False when nobody listens there any more.

        `final`: it answers the request that came by this lane, so the way may end after it.
        """

    def to_server(self, raw: bytes) -> None:
        """Send our own message to the server, as this lane's host would. Answers come back by the same lane."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a host says about itself, as claimed, and what it can do."""

    modern: bool = False
    revision: str = ""
    client: str = ""
    capabilities: dict[str, Any] = field(default_factory=dict)

    def can_elicit(self, kind: str) -> bool:
        """Whether it puts forms (or links) before its own user. An empty object stands for forms alone."""
        able = self.capabilities.get("elicitation")
        if not isinstance(able, dict):
            return False
        return "url" in able if kind == "elicitation_url" else "form" in able or "url" not in able

    @property
    def has_tasks(self) -> bool:
        """Whether it follows tasks of the extension (SEP-2663)."""
        return self.modern and TASKS_EXTENSION in _object(self.capabilities.get("extensions"))

    @property
    def runs_tools(self) -> bool:
        declared = _object(self.capabilities.get("extensions")) | _object(self.capabilities.get("experimental"))
        return TOOLS_EXTENSION in declared

    def agreed(self, revision: Any) -> Terms:
        """The same, once the server chose the revision."""
        return replace(self, revision=revision[:32]) if isinstance(revision, str) else self

    @classmethod
    def of(cls, message: Message, session: Terms) -> Terms:
        """A modern request brings its own terms; a legacy one has those of its session."""
        meta = message.meta
        if VERSION_META not in meta:
            return session
        return cls(
            True, str(meta[VERSION_META])[:32], named(meta.get(CLIENT_META)), _object(meta.get(CAPABILITIES_META))
        )


def named(info: Any) -> str:
    """Name and version as their bearer claims them, short enough to show."""
    info = _object(info)
    return " ".join(str(info[part]) for part in ("name", "version") if isinstance(info.get(part), str))[:256]


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


class Settled(NamedTuple):
    """A decision, and what the host answered to what was released, if it did."""

    outcome: Outcome
    response: Any = None


@dataclass(eq=False, slots=True)
class Call:
    """A request of the host that is not answered yet. `raw` is empty for those that cause no asks.

    `waiting` is whether the host still listens for the answer: a parked call goes on without a listener until the same
    request comes again. `up` is the id under which the server knows it now, None while the server has nothing to do.
    `settled` are decisions of earlier rounds by what makes asks the same, with the host's response where it gave one.
    """

    method: str
    id: bytes
    session: Calls
    lane: Lane
    raw: bytes = b""
    terms: Terms = field(default_factory=Terms)
    up: Key | None = None
    waiting: bool = True
    parked: str | None = None
    answer: bytes | None = None
    task: OwnTask | None = None
    flow: asyncio.Task[None] | None = None
    rounds: int = 0
    sent_state: bool = False
    started_over: bool = False
    progress: float = 0.0
    held: Outcome | None = None
    amended: dict[messages.Path, bytes | None] = field(default_factory=dict)
    settled: dict[str, Settled] = field(default_factory=dict)
    attached: asyncio.Event = field(default_factory=asyncio.Event)
    _params: dict[str, Any] | None = None

    @property
    def params(self) -> dict[str, Any]:
        if self._params is None:
            self._params = messages.read(self.raw).params if self.raw else {}
        return self._params

    def reread(self) -> None:
        """Its bytes were exchanged for those of a repeat."""
        self._params = None

    @property
    def name(self) -> str:
        """What it calls: a tool, a prompt, a resource."""
        return str(self.params.get("name") or self.params.get("uri") or "")[:256]

    def retried(self, state: Any) -> str:
        """What a retry of this call repeats: the request, and the state that the server gave it."""
        session = self.session
        return fingerprint([session.shared.options.server, session.principal, self.identity, json.dumps(state)])

    def amend(self, changes: dict[messages.Path, bytes | None]) -> None:
        """Put an owner's edit into the bytes that go to the server. The host goes on calling it by its own."""
        if changes:
            _ = self.params
            self.amended = changes
            self.raw = messages.replaced(self.raw, changes)

    @property
    def token(self) -> Any:
        """The host's progress token, or None."""
        meta = self.params.get("_meta")
        token = meta.get("progressToken") if isinstance(meta, dict) else None
        return token if isinstance(token, str | int | float) else None

    @property
    def identity(self) -> str:
        """The same for every repeat of this request, whatever id and metadata it has."""
        asked = {name: value for name, value in self.params.items() if name not in ("_meta", *ROUND)}
        return fingerprint([self.method, asked])

    def origin(self, principal: str) -> dict[str, str]:
        """This request as the origin of an ask: the tool and the digest of its arguments."""
        said = {"method": self.method, "name": self.name, "principal": principal}
        if self.method == "tools/call":
            effective = {
                "method": self.method,
                "params": {"name": self.name, "arguments": self.params.get("arguments", {})},
            }
            try:
                said["dig"] = digest("tool_call", effective)
            except (NotCanonical, TypeError):
                said["dig"] = fingerprint(effective)
        return {name: text for name, text in said.items() if text}


#: What a retry adds to a request (2026-07-28).
ROUND = ("inputResponses", "requestState")


def fingerprint(value: Any) -> str:
    """SHA-256 of a JSON value, as hex; for our own comparisons, never sent as a digest of the protocol."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
