"""What the gate learns by listening: who the server says it is, how far calls are, and how its tools are defined.

Nothing here is asked for: definitions are those the host itself has seen in `tools/list`.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from placet.gate.calls import Call, fingerprint, named
from placet.gate.listing import definition_digest
from placet.gate.messages import Message

if TYPE_CHECKING:
    from placet.gate.delivery import Calls

SERVER_META = "io.modelcontextprotocol/serverInfo"
HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
#: Bytes of a definition, on average over those of one page.
LARGE = 16 * 1024
logger = logging.getLogger("placet.gate")


def learn(session: Calls, call: Call, message: Message) -> None:
    """Look at an answer of the server that passes by."""
    result = message.result
    if call.method == "tools/list":
        listed = result.get("tools")
        _definitions(session, listed, size=len(message.raw))
        if isinstance(listed, list) and listed:
            session.shared.spawn(session.shared.listing.tell(listed))
    elif call.method == "initialize":
        session.server_name = named(result.get("serverInfo"))
        session.terms = session.terms.agreed(result.get("protocolVersion"))
    elif call.method == "tools/call" and isinstance(task := result.get("task", result), dict):
        if isinstance(task.get("taskId"), str):
            session.shared.keep(session.task_calls, task["taskId"], call)
    elif call.method == "server/discover":
        meta = result.get("_meta")
        session.server_name = named(meta.get(SERVER_META)) if isinstance(meta, dict) else ""


def note_progress(session: Calls, message: Message) -> None:
    """Remember how far the server says a call is, so that ours may follow without falling back."""
    token, value = message.params.get("progressToken"), message.params.get("progress")
    if isinstance(value, int | float):
        for call in session.open.values():
            if call.raw and call.token == token:
                call.progress = max(call.progress, float(value))


def definition(session: Calls, call: Call | None) -> dict[str, Any] | None:
    """The digest of the calling tool's definition as it was seen, and as it was when it was last approved."""
    dig = _digest(session, call)
    if not dig or call is None:
        return None
    approved = session.shared.memory.approved_definition(_whose(session), call.name)
    if approved not in (None, dig):
        logger.warning("the definition of a tool changed since it was last approved")
    return {"dig": dig, "approved": approved}


def hints(session: Calls, call: Call | None) -> dict[str, bool]:
    """What the server itself says of the calling tool (2025-11-25, ToolAnnotations): shown as claimed, no more."""
    defined = _defined(session, call)
    said = defined.get("annotations") if isinstance(defined, dict) else None
    return {name: said[name] for name in HINTS if isinstance(said.get(name), bool)} if isinstance(said, dict) else {}


def input_schema(session: Calls, message: Message) -> dict[str, Any] | None:
    """The input schema of the tool that this message calls, when its definition was seen and kept whole."""
    if message.method != "tools/call":
        return None
    defined = session.shared.definitions.get((session.principal, str(message.params.get("name"))[:256]))
    schema = defined.get("inputSchema") if isinstance(defined, dict) else None
    return schema if isinstance(schema, dict) else None


def approve_definition(session: Calls, call: Call, submitted: dict[str, Any] | None) -> None:
    """An owner saw this ask and released it: the definition that it came with is the approved one from now on."""
    if submitted:
        session.shared.memory.approve_definition(_whose(session), call.name, submitted["dig"])


def _digest(session: Calls, call: Call | None) -> str | None:
    defined = _defined(session, call)
    return definition_digest(defined) if isinstance(defined, dict) else defined


def _defined(session: Calls, call: Call | None) -> dict[str, Any] | str | None:
    """The definition of the tool that is called: whole, or its digest. A prompt of the same name is another thing."""
    if call is None or call.method != "tools/call":
        return None
    return session.shared.definitions.get((session.principal, call.name))


def _definitions(session: Calls, tools: Any, *, size: int) -> None:
    """Digests are made when they are needed, unless the definitions are too large to be kept for it."""
    listed = tools if isinstance(tools, list) else []
    large = size > LARGE * len(listed)
    for tool in listed:
        if isinstance(tool, dict) and isinstance(tool.get("name"), str):
            kept = (definition_digest(tool) or "") if large else tool
            session.shared.keep(session.shared.definitions, (session.principal, tool["name"][:256]), kept)


def _whose(session: Calls) -> str:
    return fingerprint(session.shared.options.server)
