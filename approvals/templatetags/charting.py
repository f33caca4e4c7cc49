"""Charts of the insights page: pictures at two widths, and the words that stand for them."""

from collections.abc import Sequence
from datetime import date, timedelta

from django import template
from django.utils.dateformat import format as formatted
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from approvals.queries.insights import STATES, Insights, Place, Took, Week
from approvals.rules import charts

from .digests import span
from .simulating import thousands
from .wording import in_words

register = template.Library()

WIDTHS = {"flat": charts.WIDE, "tall": charts.NARROW}
SETTLED = {
    "people": _("decided by people"),
    "grant": _("by a grant"),
    "rule": _("by a rule alone"),
    "glass": _("by breaking the glass"),
    "nobody": _("ended without a decision"),
    "console": _("refused by the console"),
}
SIZES = {"small": _("below 1 kB"), "middle": _("1 to 8 kB"), "large": _("8 kB and more")}


@register.simple_tag
def ended_chart(insights: Insights, fold: str) -> charts.Chart:
    """How many asks ended in which way, week by week."""
    values = [week.states for week in insights.weeks]
    return charts.columns(values, manners=STATES, labels=_labels(insights.weeks), width=WIDTHS[fold])


@register.simple_tag
def took_chart(insights: Insights, fold: str) -> charts.Chart:
    """How long people took, week by week: within which time half of them, and nine of ten, were decided."""
    values = [(week.took.median, week.took.p90) for week in insights.weeks]
    return charts.lasting(values, manners=("half", "most"), labels=_labels(insights.weeks), width=WIDTHS[fold])


@register.simple_tag
def settled_chart(week: Week, fold: str) -> list[charts.Bar]:
    return charts.shares(list(week.settled.items()), width=WIDTHS[fold])


@register.filter
def ended_words(insights: Insights) -> str:
    """What the first chart shows, for who cannot see it."""
    most = max(insights.weeks, key=lambda week: week.decided)
    counts = zip(STATES, insights.whole.states, strict=True)
    ways = ", ".join(f"{thousands(count)} {in_words(state)}" for state, count in counts if count)
    text = gettext(
        "Asks that ended, week by week: {ways} in all. The most in one week, {most}, from {day} on. The table below "
        "has every number."
    )
    return text.format(ways=ways or gettext("none"), most=thousands(most.decided), day=_day(most.starts))


@register.filter
def took_words(insights: Insights) -> str:
    whole = insights.whole.took
    if not whole.count:
        return gettext("Time until people decided, week by week: nobody decided anything.")
    text = gettext(
        "Time until people decided, week by week. In all, half were decided within {half}, nine of ten within {most}. "
        "The table below has every number."
    )
    return text.format(half=lasting(whole.median), most=lasting(whole.p90))


@register.filter
def lasting(seconds: int | None) -> str:
    """A length of time, from seconds; a dash where there is none."""
    if seconds is None:
        return "–"
    return gettext("{number} s").format(number=seconds) if seconds < 60 else span(timedelta(seconds=seconds))


@register.filter
def settled_words(week: Week) -> list[tuple[str, str, int]]:
    """(manner, words, count) of how asks were settled, without what never happened."""
    return [(name, str(SETTLED[name]), count) for name, count in week.settled.items() if count]


@register.filter
def size_words(size: str) -> str:
    return str(SIZES[size])


@register.filter
def decided_sizes(sizes: Sequence[tuple[str, Took]]) -> list[tuple[str, Took]]:
    """The sizes of which something was decided."""
    return [(size, took) for size, took in sizes if took.count]


@register.filter
def week_named(starts: date) -> str:
    return _day(starts)


@register.filter
def part_of(count: int, whole: int) -> int:
    """How long a bar of at most 100 is; never nothing for something."""
    return max(2, round(count * 100 / whole)) if count and whole else 0


@register.simple_tag
def insights_link(insights: Insights, **changes: object) -> str:
    return insights.wanted.address(**changes)


@register.filter
def slowest(places: Sequence[Place]) -> int:
    return max((place.p90 or 0 for place in places), default=0)


def _labels(weeks: Sequence[Week]) -> list[str]:
    return [_day(week.starts) for week in weeks]


def _day(day: date) -> str:
    return formatted(day, pgettext("a day", "j M"))
