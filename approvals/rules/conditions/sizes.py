"""How much of an ask a condition or a schema looks at. Servers choose the size of what they send; we, of what runs."""

from collections.abc import Iterable, Mapping
from typing import Any

from accounts.words import said

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
                raise ConditionFailed(
                    said(
                        "{name} holds more than {most_values} values: too much for a condition.",
                        name=name,
                        most_values=MOST_VALUES,
                    )
                )
            if loops and entries > MOST_ENTRIES:
                raise ConditionFailed(
                    said(
                        "{name} holds a list of more than {most_entries}: too much to go through.",
                        name=name,
                        most_entries=MOST_ENTRIES,
                    )
                )


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
