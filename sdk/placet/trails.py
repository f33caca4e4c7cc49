"""Walking through a JSON value while remembering the way to each node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

#: The way to a node, from the node up: (way to its parent, key or index); None is the whole document.
type Trail = tuple[Trail, str | int] | None


def pointer_of(trail: Trail) -> str:
    """RFC 6901."""
    steps = []
    while trail is not None:
        trail, step = trail
        steps.append("/" + str(step).replace("~", "~0").replace("/", "~1"))
    return "".join(reversed(steps))


def walk(value: Any) -> Iterator[tuple[Trail, Any]]:
    """Every node with the way to it, parents first, without recursion.

    The ways share their beginnings. As pointers, those of sixty thousand members of one object with a name of 128 KiB
    would take eight gigabytes.
    """
    stack: list[tuple[Trail, Any]] = [(None, value)]
    while stack:
        trail, node = stack.pop()
        yield trail, node
        if isinstance(node, dict):
            stack.extend(((trail, key), child) for key, child in reversed(node.items()))
        elif isinstance(node, list | tuple):
            stack.extend(((trail, index), node[index]) for index in range(len(node) - 1, -1, -1))
