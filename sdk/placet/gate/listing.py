"""Telling the console which tools a server lists, so that its map shows those that no rule stops.

It looks on: a list passes as it came, whether or not the console hears of it, and nothing waits for it. Each name with
each definition is told once in the life of the process; what the console did not hear is told with the next list.
"""

from __future__ import annotations

import asyncio
from itertools import batched
from typing import Any

from placet.canonical import NotCanonical, digest
from placet.gate.holding import Holding

DEFINITION = "tool_definition"
LONGEST_NAME = 256
#: As many names as a console keeps of one server, and as it takes at once.
MOST_TOLD, AT_ONCE = 2000, 500


class Listing:
    """What one gate process has told."""

    def __init__(self, holding: Holding) -> None:
        self._holding = holding
        self._told: set[tuple[str, str]] = set()

    async def tell(self, tools: list[Any]) -> None:
        """Tell what is new in this list. Digests are made in a thread: a long list holds up no message."""
        seen = await asyncio.to_thread(_seen, tools[:MOST_TOLD])
        new = sorted(seen - self._told)[: MOST_TOLD - len(self._told)]
        self._told.update(new)
        for some in batched(new, AT_ONCE):
            if not await self._holding.listed([{"name": name} | ({"dig": dig} if dig else {}) for name, dig in some]):
                self._told.difference_update(some)


def definition_digest(tool: dict[str, Any]) -> str | None:
    """The digest of a tool's definition, None when it has no canonical form."""
    try:
        return digest(DEFINITION, tool)
    except NotCanonical:
        return None


def _seen(tools: list[Any]) -> set[tuple[str, str]]:
    """Names that can be asked for, and "" where the definition has no digest."""
    named = [tool for tool in tools if isinstance(tool, dict) and _can_be_asked(tool.get("name"))]
    return {(tool["name"], definition_digest(tool) or "") for tool in named}


def _can_be_asked(name: Any) -> bool:
    if not isinstance(name, str) or not 1 <= len(name) <= LONGEST_NAME or "\0" in name:
        return False
    return not any(0xD800 <= ord(letter) <= 0xDFFF for letter in name)
