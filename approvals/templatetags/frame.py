"""The frame of every page: where this reader may go, what waits there, and whether they count as away."""

from dataclasses import dataclass
from datetime import datetime

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts import times
from approvals.queries import frame as read_frame

from .faithful import timed

register = template.Library()

#: The page in the navigation that an address belongs to, by the first word of the address' name.
BELONGS = {
    "person": "people", "role": "people", "server": "servers", "checkpoint": "checkpoints", "change": "changes",
    "finding": "exceptions", "exception": "exceptions", "boundary": "boundaries", "try": "checkpoints",
    "map": "checkpoints", "simulation": "checkpoints", "simulations": "checkpoints", "entry": "ledger",
}  # fmt: skip


MOST_BESIDE = 5  # pages beside inbox and decided that the bar holds; when there are more, these stand in it:
FIRST = ("exceptions", "boundaries", "checkpoints", "changes")


@dataclass(frozen=True, slots=True)
class Entry:
    """One page in the navigation; `count` is of what waits there, and `meaning` says so to who cannot see it."""

    name: str
    address: str
    here: bool
    count: int
    meaning: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What the frame shows."""

    read: read_frame.Frame
    entries: list[Entry]
    folded: list[Entry]
    admin: bool
    at: datetime

    @property
    def folded_here(self) -> Entry | None:
        """The page that is shown, when its entry is folded away."""
        return next((entry for entry in self.folded if entry.here), None)


@register.simple_tag(takes_context=True)
def frame(context: template.Context) -> Shown:
    user, at = context["user"], context.get("at") or timezone.now()
    found, admin = read_frame.read(user=user, at=at), user.is_active and user.is_staff
    places = [
        ("exceptions", _("Exceptions"), found.sees_exceptions, found.findings, pgettext("exceptions", "open")),
        ("boundaries", _("Boundaries"), found.has_duty or admin, 0, ""),
        ("checkpoints", _("Checkpoints"), admin, 0, ""),
        ("changes", _("Changes"), admin, found.changes, _("waiting for a second admin")),
        ("insights", _("Insights"), found.has_duty or admin, 0, ""),
        ("log", _("Log"), found.sees_log, 0, ""),
        ("ledger", _("Ledger"), found.sees_log or admin, 0, ""),
        ("people", _("People"), admin, 0, ""),
        ("servers", _("Servers"), admin, 0, ""),
    ]
    here = _here(context)
    entries = {
        name: Entry(words, address, name == here, count, meaning)
        for name, words, yes, count, meaning in places
        if yes and (address := _address(name))
    }
    shown = entries.keys() if len(entries) <= MOST_BESIDE else FIRST
    folded = [entry for name, entry in entries.items() if name not in shown]
    return Shown(found, [entry for name, entry in entries.items() if name in shown], folded, admin, at)


@register.filter
def when(then: datetime | None, at: datetime) -> SafeString | str:
    """A day and a time of day, in the reader's zone."""
    return timed(then, times.when(then, at=at)) if then else ""


@register.filter
def when_plainly(then: datetime, at: datetime) -> str:
    """The same for places that hold no marks."""
    return times.when(then, at=at)


def _here(context: template.Context) -> str:
    """The navigation's name for the page that is shown."""
    match = getattr(context.get("request"), "resolver_match", None)
    name = (match and match.url_name) or ""
    return BELONGS.get(name.partition("_")[0], name.partition("_")[0])


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
