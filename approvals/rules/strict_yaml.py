"""YAML as files of the map use it: JSON's values in a form people like, read strictly and with the line of everything.

Left out of YAML 1.2 (https://yaml.org/spec/1.2.2/) are aliases, anchors, tags and several documents; a plain word is a
null, a truth, a number as JSON writes it, or text: dates and `no` stay what they look like.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from accounts.words import said

from ..errors import BadMap

MOST_BYTES, MOST_DEPTH = 8_000_000, 80  # an argument schema nests up to 64 deep
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,15})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+([eE][-+]?[0-9]+)?")
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was read, and on which line each part of it stands, by its JSON Pointer."""

    value: Any
    lines: dict[str, int] = field(default_factory=dict)

    def line(self, pointer: str) -> int | None:
        """The line of this part, or of the nearest part around it."""
        while pointer and pointer not in self.lines:
            pointer = pointer.rpartition("/")[0]
        return self.lines.get(pointer)


def read(raw: bytes) -> Sheet:
    """Read one document; BadMap says on which line it is wrong, and how."""
    if len(raw) > MOST_BYTES:
        raise BadMap(said("The file has more than {most_bytes} bytes.", most_bytes=f"{MOST_BYTES:,}"))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadMap(said("The file is not UTF-8."), line=raw[: error.start].count(b"\n") + 1) from error
    try:
        return _read(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadMap(
            said("{sentence}.", sentence=_sentence(error.problem)), line=mark.line + 1 if mark else None
        ) from error
    except yaml.YAMLError as error:
        raise BadMap(said("The file holds signs that YAML does not allow.")) from error


def write(document: Any) -> str:
    """Write it so that `read` reads the same, members in the order they have."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def pointed(pointer: str, part: str | int) -> str:
    """The JSON Pointer (RFC 6901) of a part."""
    return f"{pointer}/{str(part).replace('~', '~0').replace('/', '~1')}"


class _Dumper(yaml.SafeDumper):
    """No aliases, ever; text of several lines as it is, and no sign in it that nobody sees."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        return super().increase_indent(flow, False)

    def write_double_quoted(self, text: str, split: bool = True) -> None:
        self.write_indicator(f'"{"".join(map(_shown, text))}"', True)


def _shown(sign: str) -> str:
    if sign in '"\\':
        return f"\\{sign}"
    return sign if sign.isprintable() else f"\\U{ord(sign):08x}"


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))


def _style(text: str) -> str | None:
    """Quoted where somebody would see nothing, or YAML 1.1 reads a plain word as another thing than we do."""
    if not text.replace("\n", "").isprintable() or _INTEGER.fullmatch(text) or _NUMBER.fullmatch(text):
        return '"'
    return "|" if "\n" in text else None


_Dumper.add_representer(str, _text)


def _read(events: Iterator[yaml.Event]) -> Sheet:
    lines: dict[str, int] = {}
    next(events)  # the stream begins
    if isinstance(next(events), yaml.StreamEndEvent):
        raise BadMap(said("The file is empty."))
    value = _value(events, next(events), "", lines, depth=0)
    next(events)  # the document ends
    following = next(events)
    if not isinstance(following, yaml.StreamEndEvent):
        raise BadMap(said("A file holds one document."), line=following.start_mark.line + 1)
    return Sheet(value, lines)


def _value(events: Iterator[yaml.Event], event: yaml.Event, pointer: str, lines: dict[str, int], *, depth: int) -> Any:
    line = event.start_mark.line + 1
    lines.setdefault(pointer, line)
    if isinstance(event, yaml.AliasEvent) or event.anchor:
        raise BadMap(said("Aliases and anchors are not read. Write it out."), line=line)
    if event.tag and event.tag != "!":
        raise BadMap(said("Tags are not read. Write plain values."), line=line)
    if depth > MOST_DEPTH:
        raise BadMap(said("This is nested more than {most_depth} deep.", most_depth=MOST_DEPTH), line=line)
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event, line)
    if isinstance(event, yaml.SequenceStartEvent):
        return _sequence(events, pointer, lines, depth=depth)
    return _mapping(events, pointer, lines, depth=depth)


def _sequence(events: Iterator[yaml.Event], pointer: str, lines: dict[str, int], *, depth: int) -> list[Any]:
    found: list[Any] = []
    for event in iter(events.__next__, None):
        if isinstance(event, yaml.SequenceEndEvent):
            return found
        found.append(_value(events, event, pointed(pointer, len(found)), lines, depth=depth + 1))
    return found


def _mapping(events: Iterator[yaml.Event], pointer: str, lines: dict[str, int], *, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for event in iter(events.__next__, None):
        if isinstance(event, yaml.MappingEndEvent):
            return found
        line = event.start_mark.line + 1
        if not isinstance(event, yaml.ScalarEvent) or event.anchor or event.tag not in (None, "!"):
            raise BadMap(said("A member's name is a plain word."), line=line)
        if event.value in found:
            raise BadMap(said("{value} stands here twice.", value=event.value[:80]), line=line)
        below = pointed(pointer, event.value)
        lines[below] = line
        found[event.value] = _value(events, next(events), below, lines, depth=depth + 1)
    return found


def _scalar(event: yaml.ScalarEvent, line: int) -> Any:
    said = event.value
    if event.style:  # quoted, or a block
        return said
    if said.lower() in _WORDS and said in (*_WORDS, "True", "False", "Null", "TRUE", "FALSE", "NULL"):
        return _WORDS[said.lower()]
    if _INTEGER.fullmatch(said):
        return int(said)
    return float(said) if _NUMBER.fullmatch(said) else said


def _sentence(problem: str | None) -> str:
    said = problem or "this is not YAML"
    return said[:1].upper() + said[1:]
