"""Values that a rule watches: whether such a one was approved before, and what an id stands for, by whose word."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from placet import canonical

from . import editing
from .policies import Watch
from .rendering.paths import pointer

MOST_LISTED = 50  # items of a list of values that are looked at

type Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Item:
    """One value, by its whole pointer into the body. `seen` of the earlier asks had it; `name` is the rule's word."""

    at: str
    value: Scalar
    seen: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Watched:
    """A watched place of an ask. `most`: of numbers, the largest that stood there in the earlier asks."""

    word: str
    items: tuple[Item, ...]
    compared: int
    most: int | float | None

    @property
    def first(self) -> tuple[Item, ...]:
        """Those that none of the earlier asks had, where there was anything to compare with. Amounts differ anyway."""
        some = (item for item in self.items if not (item.seen or _is_number(item.value)))
        return tuple(some) if self.compared else ()

    @property
    def largest(self) -> bool:
        """Whether a number here is above all that stood there before."""
        return self.most is not None and any(_is_number(item.value) and item.value > self.most for item in self.items)

    @property
    def seen(self) -> int:
        """How many earlier asks had the rarest of them."""
        return min((item.seen for item in self.items), default=0)


def look(watches: Iterable[Watch], *, kind: str, body: Any, earlier: Sequence[Any]) -> list[Watched]:
    """Hold each watched value of an effective object against those of earlier ones."""
    found = (_looked(watch, kind, body, earlier) for watch in watches)
    return [each for each in found if each.items]


def names(said: Any, kind: str) -> dict[str, str]:
    """Names that a server sent along, by whole pointers into the body."""
    if not isinstance(said, Mapping):
        return {}
    return {_root(kind) + at: name for at, name in said.items() if isinstance(name, str)}


def _looked(watch: Watch, kind: str, body: Any, earlier: Sequence[Any]) -> Watched:
    before = [_there(watch, kind, each) for each in earlier]
    there = [(pointer, value) for pointer, value in _there(watch, kind, body) if _is_scalar(value)]
    words = [{_key(value) for _, value in each} for each in before]
    items = tuple(
        Item(at, value, sum(_key(value) in each for each in words), watch.names.get(_id(value), ""))
        for at, value in there
    )
    mine = any(_is_number(item.value) for item in items)
    numbers = (value for each in before for _, value in each if _is_number(value))
    return Watched(watch.word, items, len(earlier), max(numbers, default=None) if mine else None)


def _there(watch: Watch, kind: str, body: Any) -> list[tuple[str, Any]]:
    """The values at the watched place: one, or those of a list."""
    at = editing.tokens(watch.at)
    try:
        value = editing.value_at(editing.root(kind, body), at)
    except (KeyError, TypeError):
        return []
    where = _root(kind) + watch.at
    if isinstance(value, list):
        return [(f"{where}/{index}", each) for index, each in enumerate(value[:MOST_LISTED])]
    return [(where, value)]


def _root(kind: str) -> str:
    return pointer(("params", "arguments") if kind == "tool_call" else ("params",))


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, dict | list)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _key(value: Any) -> bytes:
    """One and the same for values that are alike as JSON, and for no others."""
    return canonical.canonical(value)


def _id(value: Scalar) -> str:
    return value if isinstance(value, str) else canonical.canonical(value).decode()
