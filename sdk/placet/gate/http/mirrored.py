"""Arguments of a tool call that its headers repeat (2026-07-28, transports: `x-mcp-header` in the tool's schema).

A host writes them for the call it sends. When an owner changed the call, they are written anew, or the server would
find that headers and body disagree.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from placet.gate.http import headers as said
from placet.gate.http.headers import Headers

PREFIX = b"mcp-param-"
ANNOTATION = "x-mcp-header"
DEEPEST = 32


def without(headers: Headers) -> Headers:
    return [(name, value) for name, value in headers if not name.startswith(PREFIX)]


def mirrored(schema: Any, arguments: Any) -> Headers:
    """Return the headers that repeat these arguments, as the tool's input schema wants them; absent ones have none."""
    found = []
    for path, token in _annotated(schema, depth=0):
        value = _at(arguments, path)
        if isinstance(value, bool):
            value = "true" if value else "false"
        if isinstance(value, str | int | float):
            found.append((PREFIX + token.lower().encode(), said.text(str(value))))
    return found


def _annotated(schema: Any, *, depth: int) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each annotated property by its path through `properties`, and its header's token."""
    properties = schema.get("properties") if isinstance(schema, dict) and depth < DEEPEST else None
    for name, part in (properties if isinstance(properties, dict) else {}).items():
        token = part.get(ANNOTATION) if isinstance(part, dict) else None
        if isinstance(token, str) and token.isascii() and token.replace("-", "").replace("_", "").isalnum():
            yield (name,), token
        for path, deeper in _annotated(part, depth=depth + 1):
            yield (name, *path), deeper


def _at(arguments: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if not isinstance(arguments, dict):
            return None
        arguments = arguments.get(name)
    return arguments
