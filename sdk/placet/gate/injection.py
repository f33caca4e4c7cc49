"""`--inject`: declare elicitation for a host that has none, so that servers ask; its subject answers on the console."""

from __future__ import annotations

from typing import Any

from placet.gate import messages
from placet.gate.calls import CAPABILITIES_META, VERSION_META, Terms
from placet.gate.messages import Message, Path


def declared(message: Message) -> bytes | None:
    """The request with forms and links among the host's capabilities, or None when nothing has to be added."""
    path: Path
    if message.method == "initialize":
        path, capabilities = ("params", "capabilities"), message.params.get("capabilities")
    elif VERSION_META in message.meta:
        path, capabilities = ("params", "_meta", CAPABILITIES_META), message.meta.get(CAPABILITIES_META)
    else:
        return None
    has: dict[str, Any] = capabilities if isinstance(capabilities, dict) else {}
    terms = Terms(capabilities=has)
    modes: dict[str, Any] = {kind: {} for kind in ("form", "url") if not terms.can_elicit(f"elicitation_{kind}")}
    if not modes:
        return None
    able = has.get("elicitation")
    kept: dict[str, Any] = able if isinstance(able, dict) else {}
    kept = kept | ({"form": {}} if "form" not in modes else {}) | modes
    return messages.replaced(message.raw, {(*path, "elicitation"): messages.encoded(kept)})
