"""How much of an ask a condition or a schema looks at. Servers choose the size of what they send; we, of what runs."""

from collections.abc import Iterable, Mapping
from typing import Any

from ...errors import ConditionFailed

MOST_VALUES = 10_000  # values, with those inside of them
MOST_ENTRIES = 256  # entries of one list or object, where a macro goes through them


def require_small(facts: Mapping[str, Any], names: Iterable[str], *, loops: bool) -> None:
    """ConditionFailed when these facts are too much to look at; `loops` when their lists are gone through."""
    for name in names:
        value = facts[name]
        if isinstance(value, (dict, list)):
            values, entries = measured(value)
            if values > MOST_VALUES:
                raise ConditionFailed(f"{name} holds more than {MOST_VALUES} values: too much for a condition.")
            if loops and entries > MOST_ENTRIES:
                raise ConditionFailed(f"{name} holds a list of more than {MOST_ENTRIES}: too much to go through.")


def measured(value: Any) -> tuple[int, int]:
    """How many values there are in all, and in the largest list or object. Stops counting where nobody would look."""
    values, entries, left = 0, 0, [value]
    while left and values <= MOST_VALUES:
        each = left.pop()
        values += 1
        if isinstance(each, dict):
            entries = max(entries, len(each))
            left.extend(each.values())
        elif isinstance(each, list):
            entries = max(entries, len(each))
            left.extend(each)
    return values, entries
