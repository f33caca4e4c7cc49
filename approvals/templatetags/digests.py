"""How the log says counts and spans of time."""

from collections import Counter
from datetime import timedelta

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from approvals.models import State

register = template.Library()

ENDINGS = (State.APPROVED, State.DENIED, State.EXPIRED, State.WITHDRAWN)
BASES = {"policy": _("by the rule alone"), "grant": _("by a grant"), "break_glass": _("by breaking the glass")}
_UNITS = ((86_400, _("{number} d")), (3_600, _("{number} h")), (60, _("{number} min")), (1, _("{number} s")))


@register.filter
def endings(decided: Counter[str]) -> list[tuple[str, int]]:
    """How many ended in which way, in the order in which one asks."""
    return [(state.value, decided[state]) for state in ENDINGS if decided[state]]


@register.filter
def unusual(basis: Counter[str]) -> list[tuple[str, int]]:
    """How many approvals rest on something else than a review."""
    return [(str(words), basis[name]) for name, words in BASES.items() if basis[name]]


@register.filter
def span(took: timedelta) -> str:
    """A length of time in its two largest units: `2 h 5 min`, `4.2 s`."""
    seconds = took.total_seconds()
    if seconds < 60:
        return str(_UNITS[-1][1]).format(number=number_format(seconds, 1 if seconds < 10 else 0))
    for place, (size, unit) in enumerate(_UNITS):
        if seconds >= size:
            whole, rest = divmod(round(seconds), size)
            smaller, name = _UNITS[place + 1]
            largest = str(unit).format(number=whole)
            return f"{largest} {str(name).format(number=rest // smaller)}" if rest // smaller else largest
    raise AssertionError("there is always a unit")
