"""JSON made a list of named values. Each is shown once; the rest is what no layout asked for: nothing is lost."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from placet import canonical

from .paths import LONG_NAME, Leaf, Path, flatten, is_long, key_of, label, letters, pointer
from .text import Piece, render, render_some

INLINE = 3_000  # characters shown without being asked for
ENDS = 240  # characters of a large text shown at its beginning and end
NAMED = 12_000  # pieces; a text with more is shown with JSON escapes instead
ROWS = 120  # named values shown without being asked for
ROWS_NAMED = 1_500  # named values shown at all; more are shown as escaped bytes
LAID_OUT = 1_000  # parts (turns, blocks, tools, fields, choices) that get a place of their own; the rest is named
DRAWN = 36_000  # pieces of all values of a sheet; what comes after is shown with JSON escapes
POINTED = 1_000_000  # characters of names in a list of escaped bytes; more are not repeated for every value
EVERYTHING = "*"
ITSELF = (Piece("mark", "itself"),)  # the name of a value that has none: no text is drawn as a mark of these words
_ESCAPE = re.compile(r"\\.")

Scalar = str | int | float | bool | None
KINDS = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
    dict: "object",
    list: "list",
}


@dataclass(frozen=True, slots=True)
class Value:
    """One value as shown.

    `pieces` are the whole of it, unless it is `large`: then they are its beginning and `tail` its end, until it was
    `opened`. `escaped` takes their place when too much of it would have to be named. `more`: not all alarms were
    counted.
    """

    path: Path
    kind: str
    size: int
    lines: int = 1
    pieces: tuple[Piece, ...] = ()
    tail: tuple[Piece, ...] = ()
    large: bool = False
    opened: bool = False
    escaped: str = ""
    alarms: int = 0
    more: bool = False
    plain: Any = None

    @property
    def pointer(self) -> str:
        """Made when asked for: thousands of values may share one long name."""
        return pointer(self.path)

    @property
    def key(self) -> str:
        return key_of(self.pointer)

    @property
    def waits(self) -> bool:
        return self.large and not self.opened


@dataclass(frozen=True, slots=True)
class Row:
    """A named value, beside the one of the last approved ask when there was one."""

    name: tuple[Piece, ...]
    value: Value | None
    was: Value | None = None
    compared: bool = False

    @property
    def changed(self) -> bool:
        if not self.compared:
            return False
        same = self.value and self.was and self.value.kind == self.was.kind and self.value.plain == self.was.plain
        return not same

    @property
    def difference(self) -> int:
        """How much more a whole number is than last time; 0 when that says nothing."""
        kinds = {v.kind if v else "" for v in (self.value, self.was)}
        return self.value.plain - self.was.plain if kinds == {"integer"} and self.value and self.was else 0


@dataclass(frozen=True, slots=True)
class Rows:
    """Named values. Too many are shown in part until opened; far too many as escaped bytes."""

    pointer: str
    rows: tuple[Row, ...]
    total: int
    large: bool = False
    opened: bool = False
    escaped: str = ""
    whole: bool = False  # the escaped bytes are all there is below, as one value, instead of values by name

    @property
    def key(self) -> str:
        return key_of(self.pointer)

    @property
    def waits(self) -> bool:
        return self.large and not self.opened

    @property
    def compared(self) -> bool:
        return any(row.compared for row in self.rows)

    @property
    def changed(self) -> int:
        return sum(row.changed for row in self.rows)


def escaped(value: Any) -> str:
    """JSON in ASCII alone: everything else is `\\uXXXX`, so nothing can hide. After `\\n` stands a line end."""
    written = json.dumps(value, ensure_ascii=True, indent=1, sort_keys=True).replace("\x7f", "\\u007f")
    return _ESCAPE.sub(lambda found: found[0] + "\n" if found[0] == "\\n" else found[0], written)


@dataclass(slots=True)
class Sheet:
    """A JSON value being laid out. `opened` names the pointers a reader asked to see in full."""

    value: Any
    opened: frozenset[str] = frozenset()
    before: Any = None
    values: list[Value] = field(default_factory=list)
    tables: list[Rows] = field(default_factory=list)
    places: int = LAID_OUT
    drawn: int = 0
    _leaves: dict[Path, Leaf] = field(default_factory=dict)
    _were: dict[Path, Leaf] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._leaves = {leaf.path: leaf for leaf in flatten(self.value)}
        self._were = {leaf.path: leaf for leaf in flatten(self.before)} if self.before is not None else {}

    def take(self, *path: str | int) -> Value | None:
        """Show the value at this path; None when there is none, or when it holds others."""
        leaf = self._leaves.pop(path, None)
        return self._show(leaf) if leaf else None

    def room(self, wanted: int) -> int:
        """How many of these parts may still get a place of their own; what gets none is shown by name."""
        granted = min(wanted, self.places)
        self.places -= granted
        return granted

    def rows(self, *under: str | int, compare: bool = False, apart: frozenset[str] = frozenset()) -> Rows:
        """Show all values below this path that were not taken, by name.

        Compared, what the earlier ask had and this one has not stands among them too, but for members shown `apart`.
        """
        depth = len(under)
        found = [leaf for leaf in self._below(under) if self._leaves.pop(leaf.path, None)]
        where, long = pointer(under), any(is_long(leaf.path[depth:]) for leaf in found)
        large, opened = len(found) > ROWS or long, self._is_opened(where)
        if large and opened and (len(found) > ROWS_NAMED or long):
            whole = sum(letters(leaf.path) for leaf in found) > POINTED
            shown = escaped(self._at(under)) if whole else escaped({label(e.path[depth:]): e.value for e in found})
            table = Rows(where, (), len(found), large, opened, shown, whole)
        else:
            some = found if opened or len(found) <= ROWS else [*found[: ROWS - 20], *found[-20:]]
            compared = compare and bool(self._were)
            rows = [self._row(leaf, depth, compared=compared) for leaf in some]
            rows += [self._gone(leaf, depth) for leaf in self._missing(under, apart)[:ROWS]] if compared else []
            table = Rows(where, tuple(rows), len(found), large, opened)
        self.tables.append(table)
        return table

    @property
    def alarms(self) -> int:
        """How many values hold something that nobody would have seen."""
        return sum(value.alarms > 0 for value in self.values)

    @property
    def waiting(self) -> list[str]:
        """Keys of what must be opened before anybody says yes."""
        return [shown.key for shown in [*self.values, *self.tables] if shown.waits]

    def _row(self, leaf: Leaf, depth: int, *, compared: bool) -> Row:
        was = self._were.get(leaf.path) if compared else None
        return Row(name_of(leaf.path[depth:]), self._show(leaf), _brief(was) if was else None, compared)

    def _missing(self, under: Path, apart: frozenset[str]) -> list[Leaf]:
        """What the earlier ask had below this path, and this one has not."""
        kept, depth = {leaf.path for leaf in self._below(under)}, len(under)
        gone = (leaf for path, leaf in self._were.items() if path[:depth] == under and path not in kept)
        return [leaf for leaf in gone if len(leaf.path) == depth or leaf.path[depth] not in apart]

    def _gone(self, leaf: Leaf, depth: int) -> Row:
        return Row(name_of(leaf.path[depth:]), None, _brief(leaf), compared=True)

    def _below(self, under: Path) -> Iterator[Leaf]:
        """All leaves below a path, taken or not, in their order: looking among all of them each time is quadratic."""
        value = self.value
        for step in under:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return
        yield from flatten(value, under)

    def _at(self, under: Path) -> Any:
        """All there is below a path, what was taken once more."""
        whole = self.value
        for step in under:
            whole = whole[step]
        return whole

    def _show(self, leaf: Leaf) -> Value:
        large = isinstance(leaf.value, str) and len(leaf.value) > INLINE
        opened = large and self._is_opened(pointer(leaf.path))
        shown = show(leaf.value, path=leaf.path, opened=opened, most=min(NAMED, DRAWN - self.drawn))
        self.drawn += len(shown.pieces) + len(shown.tail)
        self.values.append(shown)
        return shown

    def _is_opened(self, where: str) -> bool:
        return key_of(where) in self.opened or EVERYTHING in self.opened


def show(value: Any, *, path: Path, opened: bool = True, most: int = NAMED) -> Value:
    """One leaf as shown, in at most so many pieces."""
    kind = KINDS[type(value)]
    if not isinstance(value, str):
        literal = canonical.canonical(value).decode()
        return Value(path, kind, len(literal), pieces=(Piece("text", literal),), plain=value)
    size, lines = len(value.encode()), value.count("\n") + 1
    large = len(value) > INLINE
    pieces, found = render_some(value, most)
    some = pieces is None and found > 0  # there may be more of them
    if large and not opened:
        return Value(
            path, kind, size, lines, render(value[:ENDS]), render(value[-ENDS:]), large=True, alarms=found, more=some,
            plain=value,
        )  # fmt: skip
    if pieces is None:
        return Value(
            path, kind, size, lines, escaped=escaped(value), large=large, opened=opened, alarms=found, more=some,
            plain=value,
        )  # fmt: skip
    return Value(path, kind, size, lines, pieces, large=large, opened=opened, alarms=found, plain=value)


def name_of(path: Path) -> tuple[Piece, ...]:
    """The name of a value as a row shows it: its label, cut when it is too long."""
    name = label(path)
    cut = (Piece("mark", f"… {len(name)} characters"),) if len(name) > LONG_NAME else ()
    return (render(name[:LONG_NAME]) + cut) or ITSELF


def _brief(leaf: Leaf) -> Value:
    """A value of an earlier ask: shown for comparison, so a large one may stay cut."""
    return show(leaf.value, path=(), opened=False)
