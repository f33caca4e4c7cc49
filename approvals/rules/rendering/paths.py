"""Where a value stands in a JSON document: as a path, as a pointer for machines, as a label for people."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

LONG_NAME = 400  # characters of a value's name; a longer one is cut until its list was opened
_STEP = re.compile(r'\[(\d+)\]|/?("(?:[^"\\]|\\.)*"|[^/\[\]"~]+)', re.DOTALL)
_PLAIN = re.compile(r"(?:/[A-Za-z_][A-Za-z0-9_-]*)+")
_ODD = re.compile(r'\A\Z|[/\[\]"~]')

Path = tuple[str | int, ...]


def key_of(where: str) -> str:
    """A pointer as an address carries it: itself, or its digest when a server made it long."""
    return where if len(where) <= 80 else f"~{hashlib.sha256(where.encode()).hexdigest()[:32]}"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that holds no other: a scalar, or an empty object or list."""

    path: Path
    value: Any


def flatten(value: Any, path: Path = ()) -> Iterator[Leaf]:
    """Yield every leaf of a JSON value, in its order. Recursion is bounded: admission refuses depth beyond 64."""
    members: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not members or not value:
        yield Leaf(path, value)
        return
    for step, inner in members:
        yield from flatten(inner, (*path, step))


def pointer(path: Path) -> str:
    """RFC 6901."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def plainly(pointer: str) -> str:
    """A pointer as people say it, `customer/order`; as it is where a step could be taken for something else."""
    return pointer[1:] if _PLAIN.fullmatch(pointer) else pointer


def label(path: Path) -> str:
    """A path for reading: `items[0]/sku`. Names that could be taken for steps are quoted: no two paths read alike."""
    return "".join(_words(path))


def _words(path: Path) -> Iterator[str]:
    for place, step in enumerate(path):
        if isinstance(step, int):
            yield f"[{step}]"
        else:
            yield ("/" if place else "") + (json.dumps(step, ensure_ascii=False) if _ODD.search(step) else step)


def steps(named: str) -> Path:
    """The path that reads so: the way back from a label."""
    found: list[str | int] = []
    at = 0
    while at < len(named):
        match = _STEP.match(named, at)
        if match is None:
            raise ValueError(named)
        index, name = match.groups()
        found.append(int(index) if name is None else json.loads(name, strict=False) if name[0] == '"' else name)
        at = match.end()
    return tuple(found)


def letters(path: Path) -> int:
    """How many characters its names have together: cheap, and never more than its label has."""
    return sum(len(step) for step in path if isinstance(step, str))


def is_long(path: Path) -> bool:
    """Whether its label is too long for a list; a label is made only when that is in doubt."""
    if 6 * letters(path) + 24 * len(path) <= LONG_NAME:  # even if every letter had to be escaped
        return False
    return letters(path) > LONG_NAME or len(label(path)) > LONG_NAME
