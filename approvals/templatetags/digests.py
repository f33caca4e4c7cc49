"""How the log says counts and spans of time."""

from collections import Counter
from datetime import timedelta

from django import template

from approvals.models import State

register = template.Library()

ENDINGS = (State.APPROVED, State.DENIED, State.EXPIRED, State.WITHDRAWN)
BASES = {"policy": "by the rule alone", "grant": "by a grant", "break_glass": "by breaking the glass"}
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


@register.filter
def endings(decided: Counter[str]) -> list[tuple[str, int]]:
    """How many ended in which way, in the order in which one asks."""
    return [(state.value, decided[state]) for state in ENDINGS if decided[state]]


@register.filter
def unusual(basis: Counter[str]) -> list[tuple[str, int]]:
    """How many approvals rest on something else than a review."""
    return [(words, basis[name]) for name, words in BASES.items() if basis[name]]


@register.filter
def span(took: timedelta) -> str:
    """A length of time in its two largest units: `2 h 5 min`, `4.2 s`."""
    seconds = took.total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    for place, (size, unit) in enumerate(_UNITS):
        if seconds >= size:
            whole, rest = divmod(round(seconds), size)
            smaller, name = _UNITS[place + 1] if place + 1 < len(_UNITS) else (1, "s")
            return f"{whole} {unit}" + (f" {rest // smaller} {name}" if rest // smaller else "")
    raise AssertionError("there is always a unit")
