"""Which asks a message from a server carries. Pure: a message in, what was found out.

Six channels carry asks, and a gate covers all of them or none: (1, 2) a request of the server, wherever it travels;
(3) the error -32042; (4) a request that belongs to a task; (5) a result of type `input_required`; (6) a task whose
state is `input_required`, also when it is pushed. A host's own `tools/call` is a seventh, when it is to be held.
What is not known by name is refused: an ask that nobody recognised would be an ask that nobody approved.
Sources: MCP 2025-11-25 (client features, tasks), 2026-07-28 (multi round-trip requests), SEP-2663 (tasks extension).
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from typing import Any, Literal

from placet.gate import messages
from placet.gate.messages import ASKING, Message
from placet.submissions import Kind

type Channel = Literal["request", "url_error", "input_required", "task", "task_notice", "call"]

#: Requests of a server that ask for nothing a person would have to allow.
HARMLESS = frozenset({"ping", "roots/list", "tasks/get", "tasks/result", "tasks/list", "tasks/cancel"})
#: Requests that may be answered by `input_required` (2026-07-28).
MULTI_ROUND = frozenset({"tools/call", "prompts/get", "resources/read"})
TOOL_CALLS = frozenset({"tools/call", "tools/invoke"})
ASKING_METHODS = TOOL_CALLS | {"sampling/createMessage", "elicitation/create"}
URL_REQUIRED = -32042
RELATED_TASK = "io.modelcontextprotocol/related-task"
#: Members of `_meta` that only carry the protocol. Whatever else is in there is part of the ask, shown and signed.
PROTOCOL_META = frozenset({"progressToken", RELATED_TASK})
MOST_ASKS = 32
_PARAMS = messages.know(
    frozenset({"mode", "url", "message", "requestedSchema", "name", "arguments", "messages", "_meta"})
)


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing that somebody wants done. `key` is the server's own name for it inside one result, as claimed."""

    kind: Kind
    method: str
    params: dict[str, Any]
    key: str | None = None

    @property
    def meta(self) -> dict[str, Any]:
        meta = self.params.get("_meta")
        return meta if isinstance(meta, dict) else {}

    @property
    def shown(self) -> dict[str, Any]:
        """The params without what only carries the protocol: what an owner sees and signs."""
        kept = {name: value for name, value in self.meta.items() if name not in PROTOCOL_META}
        rest = {name: value for name, value in self.params.items() if name != "_meta"}
        return rest | ({"_meta": kept} if kept else {})

    @property
    def task(self) -> str | None:
        """The task that it belongs to (2025-11-25)."""
        related = self.meta.get(RELATED_TASK)
        task = related.get("taskId") if isinstance(related, dict) else None
        return task if isinstance(task, str) else None


@dataclass(frozen=True, slots=True)
class Passing:
    """Nothing here has to wait."""


@dataclass(frozen=True, slots=True)
class Asking:
    channel: Channel
    asks: list[Ask]
    #: Keys of what the host may answer without anybody's approval (roots).
    free: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Refusing:
    """Nobody knows what this is, so it does not pass. `why` is for whoever reads the refusal."""

    why: str
    code: int = messages.INVALID_REQUEST


type Found = Passing | Asking | Refusing

PASSING = Passing()


def of_request(message: Message, *, tools: Set[str] = frozenset()) -> Found:
    """A server's request: channels 1, 2 and 4. `tools` are the names a server may ask the host to run."""
    if message.method in HARMLESS:
        return PASSING
    if not isinstance(message.id, str | int | float) or isinstance(message.id, bool):
        return Refusing("a request of a server has a text or a number as its id")
    return _one(message.method or "", message.value.get("params"), channel="request", tools=tools)


def of_notification(message: Message) -> Found:
    """A server's notification. Task states may be pushed (SEP-2663), and then they carry what `tasks/get` would."""
    try:
        messages.refuse_lookalikes(message.params, ASKING)
    except messages.Malformed as no:
        return Refusing(no.why)
    if message.method in ASKING_METHODS:
        return Refusing(f"{message.method} without an id")
    if "inputRequests" in message.params:
        return _bundle(message.params["inputRequests"], channel="task_notice", tools=frozenset())
    return PASSING


def of_response(message: Message, *, method: str, tools: Set[str] = frozenset()) -> Found:
    """A server's answer to a request of the host named `method`: channels 3, 5 and 6."""
    if "error" in message.value:
        return _of_error(message)
    result = message.result
    try:
        messages.refuse_lookalikes(result, ASKING)
    except messages.Malformed as no:
        return Refusing(no.why)
    if method == "tasks/get" and "inputRequests" in result:
        return _bundle(result["inputRequests"], channel="task", tools=tools)
    sort = result.get("resultType", "complete")
    if sort == "input_required" or "inputRequests" in result:
        if method not in MULTI_ROUND or sort != "input_required":
            return Refusing(f"{method} cannot be answered by asking for input")
        return _bundle(result.get("inputRequests", {}), channel="input_required", tools=tools)
    if sort not in ("complete", "task"):
        return Refusing(f"a result of the unknown type {str(sort)[:60]!r}")
    return PASSING


def of_call(params: dict[str, Any]) -> Ask | Refusing:
    """A host's own `tools/call`, as an ask."""
    name, arguments = params.get("name"), params.get("arguments", {})
    try:
        messages.refuse_lookalikes(params, _PARAMS)
    except messages.Malformed as no:
        return Refusing(no.why, messages.INVALID_PARAMS)
    if not isinstance(name, str) or not isinstance(arguments, dict):
        return Refusing("a tool call has a name and arguments by name", messages.INVALID_PARAMS)
    return Ask("tool_call", "tools/call", {"name": name, "arguments": arguments})


def _of_error(message: Message) -> Found:
    """-32042: the host is to open links before it tries again (2025-11-25)."""
    data = message.error.get("data")
    links = data.get("elicitations") if isinstance(data, dict) else None
    if links is None and not _is_code(message.error.get("code"), URL_REQUIRED):
        return PASSING
    if not isinstance(links, list) or not 1 <= len(links) <= MOST_ASKS:
        return Refusing("a demand to open links that names none")
    asks = []
    for index, link in enumerate(links):
        if not isinstance(link, dict) or link.get("mode", "url") != "url":
            return Refusing("a demand to open links of no known form")
        asks.append(Ask("elicitation_url", "elicitation/create", {**link, "mode": "url"}, key=str(index)))
    return Asking("url_error", asks)


def _is_code(said: Any, code: int) -> bool:
    """Some readers take a number in quotes for a number."""
    try:
        return not isinstance(said, bool) and float(said) == code
    except (TypeError, ValueError, OverflowError):
        return False


def _bundle(requests: Any, *, channel: Channel, tools: Set[str]) -> Found:
    if not isinstance(requests, dict):
        return Refusing("inputRequests is not a map")
    if len(requests) > MOST_ASKS:
        return Refusing(f"{len(requests)} asks at once; at most {MOST_ASKS} are taken")
    asks, free = [], []
    for name, request in requests.items():
        if not isinstance(request, dict):
            return Refusing("an ask that is not an object")
        if request.get("method") == "roots/list":
            free.append(name)
            continue
        found = _one(request.get("method"), request.get("params"), channel=channel, tools=tools, key=name)
        if not isinstance(found, Asking):
            return found
        asks += found.asks
    return Asking(channel, asks, free) if asks else PASSING


def _one(method: Any, params: Any, *, channel: Channel, tools: Set[str], key: str | None = None) -> Found:
    if not isinstance(method, str):
        return Refusing("an ask without a method")
    if method not in ASKING_METHODS:
        return Refusing(f"servers may not ask for {method[:60]!r} here", messages.METHOD_NOT_FOUND)
    if not isinstance(params, dict):
        return Refusing(f"{method} without params by name", messages.INVALID_PARAMS)
    try:
        messages.refuse_lookalikes(params, _PARAMS)
    except messages.Malformed as no:
        return Refusing(no.why, messages.INVALID_PARAMS)
    if method in TOOL_CALLS:
        return _tool(params, channel=channel, tools=tools, key=key)
    if method == "sampling/createMessage":
        return Asking(channel, [Ask("sampling", method, params, key)])
    mode = params.get("mode", "form")
    if mode not in ("form", "url"):
        return Refusing(f"an elicitation of the unknown mode {str(mode)[:60]!r}", messages.INVALID_PARAMS)
    return Asking(channel, [Ask("elicitation_url" if mode == "url" else "elicitation_form", method, params, key)])


def _tool(params: dict[str, Any], *, channel: Channel, tools: Set[str], key: str | None) -> Found:
    """SEP-1006-style: off unless the tool is on the list."""
    name, arguments = params.get("name"), params.get("arguments", {})
    if not isinstance(name, str) or name not in tools or not isinstance(arguments, dict):
        return Refusing(f"this server may not call the tool {str(name)[:60]!r}", messages.METHOD_NOT_FOUND)
    return Asking(channel, [Ask("tool_call", "tools/call", params, key)])
