"""Changing an ask before approving it: which values may change, and into what.

Pointers (RFC 6901) are about the arguments of a tool call, and about the params of every other kind. A pointer that a
rule lists lets the value there be replaced, and whatever is below it. The shape stays: no member and no item comes or
goes, and each value keeps its type unless the rule's schema names others for it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from placet import canonical

from accounts.words import said

from ..errors import BadEdit, NotEditable, TooLarge

MOST_CHANGES = 64
LONGEST_POINTER = 1000
_ESCAPED = re.compile(r"[^~]*(?:~[01][^~]*)*")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_KINDS = {
    bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null", dict: "object", list: "array",
}  # fmt: skip

type Tokens = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A value that may be changed. `types` are those it may take, `choices` its values where the schema counts them."""

    pointer: str
    value: Any
    types: frozenset[str]
    choices: tuple[Any, ...] = ()


def tokens(pointer: str) -> Tokens:
    """Read a pointer strictly: BadEdit for what is none."""
    good = isinstance(pointer, str) and len(pointer) <= LONGEST_POINTER and (not pointer or pointer.startswith("/"))
    if not good or not _ESCAPED.fullmatch(pointer):
        raise BadEdit(said("This is no JSON pointer: it starts with a slash, and has ~ only as ~0 or ~1."))
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def root(kind: str, effective: Mapping[str, Any]) -> Any:
    """What pointers are about."""
    return effective["params"].get("arguments", {}) if kind == "tool_call" else effective["params"]


def with_root(kind: str, effective: Mapping[str, Any], changed: Any) -> dict[str, Any]:
    """The effective object with another root."""
    params = {**effective["params"], "arguments": changed} if kind == "tool_call" else changed
    return {**effective, "params": params}


def places(value: Any, listed: Iterable[str], schema: Mapping[str, Any] | None = None) -> list[Place]:
    """The values that may be changed, as the rule lists them; what the ask does not have is left out."""
    found, seen = [], []
    for pointer in listed:
        at = tokens(pointer)
        if any(at[: len(before)] == before for before in seen) or not _is_there(value, at):
            continue
        seen.append(at)
        part = _schema_at(schema, at)
        there = value_at(value, at)
        found.append(Place(pointer, there, _types(there, part), tuple(part.get("enum", ()))))
    return found


def changed(
    value: Any, changes: Mapping[str, Any], *, listed: Sequence[str], schema: Mapping[str, Any] | None = None
) -> Any:
    """Return the value with the changes, by pointer, made in a copy; NotEditable or BadEdit says what does not go."""
    if not 1 <= len(changes) <= MOST_CHANGES:
        raise BadEdit(said("An edit makes 1 to {most_changes} changes.", most_changes=MOST_CHANGES))
    allowed = [tokens(pointer) for pointer in listed]
    made: Any = _copied(value, pointer="")
    done: list[Tokens] = []
    for pointer, wanted in changes.items():
        at = tokens(pointer)
        if not any(at[: len(each)] == each for each in allowed) or not _is_there(value, at):
            raise NotEditable(pointer=pointer[:LONGEST_POINTER])
        if any(at[: len(each)] == each or each[: len(at)] == at for each in done):
            raise BadEdit(said("Two of these changes are about the same value."), pointer=pointer)
        done.append(at)
        new = _copied(wanted, pointer=pointer)
        _require_alike(value_at(value, at), new, schema=_schema_at(schema, at), pointer=pointer)
        made = _replaced(made, at, new)
    return made


def _copied(value: Any, *, pointer: str) -> Any:
    """A fresh copy of what strict I-JSON can say, numbers as they are read again."""
    try:
        return canonical.parse(canonical.canonical(value))
    except canonical.NotCanonical as error:
        if error.code == "too_large":
            raise TooLarge() from error
        raise BadEdit(error.message, pointer=pointer + (error.pointer or "")) from error


def _require_alike(old: Any, new: Any, *, schema: Mapping[str, Any], pointer: str) -> None:
    """The type is one that may stand here, and whatever holds others holds the same ones."""
    types = _types(old, schema)
    kind = _KINDS[type(new)]
    if kind not in types and not (kind == "integer" and "number" in types):
        raise BadEdit(said("This has to stay {spoken}.", spoken=_spoken(types)), pointer=pointer)
    if not isinstance(new, dict | list):
        return
    if type(old) is not type(new) or len(old) != len(new) or (isinstance(old, dict) and old.keys() != new.keys()):
        raise BadEdit(said("The shape stays: no member and no item comes or goes."), pointer=pointer)
    for name in old if isinstance(old, dict) else range(len(old)):
        below = f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"
        _require_alike(old[name], new[name], schema=_schema_at(schema, (str(name),)), pointer=below)


def _types(old: Any, schema: Mapping[str, Any]) -> frozenset[str]:
    said = schema.get("type")
    named = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    return frozenset(named) or frozenset({_KINDS[type(old)]})


def _spoken(types: Iterable[str]) -> str:
    words = {
        "boolean": "yes or no", "integer": "a whole number", "number": "a number", "string": "text",
        "null": "nothing (null)", "object": "an object", "array": "a list",
    }  # fmt: skip
    return " or ".join(words.get(each, each) for each in sorted(types))


def _schema_at(schema: Mapping[str, Any] | None, at: Tokens) -> Mapping[str, Any]:
    """What the schema says plainly of the value there: by properties and items alone; {} when it says nothing."""
    found: Any = schema
    for token in at:
        if not isinstance(found, dict):
            return {}
        properties, items = found.get("properties"), found.get("items")
        if isinstance(properties, dict) and token in properties:
            found = properties[token]
        else:
            found = items if isinstance(items, dict) and _INDEX.fullmatch(token) else None
    return found if isinstance(found, dict) else {}


def _is_there(value: Any, at: Tokens) -> bool:
    try:
        value_at(value, at)
    except KeyError:
        return False
    return True


def value_at(value: Any, at: Tokens) -> Any:
    """The value there; KeyError when there is none. A dash (RFC 6901: behind the last item) is none."""
    for token in at:
        if isinstance(value, dict) and token in value:
            value = value[token]
        elif isinstance(value, list) and _INDEX.fullmatch(token) and int(token) < len(value):
            value = value[int(token)]
        else:
            raise KeyError(token)
    return value


def _replaced(value: Any, at: Tokens, new: Any) -> Any:
    """Put the new value into a copy of ours."""
    if not at:
        return new
    holder = value_at(value, at[:-1])
    holder[int(at[-1]) if isinstance(holder, list) else at[-1]] = new
    return value
