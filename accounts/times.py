"""How a moment is said to whoever reads the page: in their zone, named, and in their language.

The zone is the one that `accounts.tongues` set for the request; UTC until a person's is known. What others read later
(receipts, the ledger, exports, logs) says UTC and never comes here.
"""

from datetime import UTC, datetime

from django.utils import timezone
from django.utils.dateformat import format as formatted
from django.utils.translation import pgettext


def here(at: datetime) -> datetime:
    """The moment in the reader's zone."""
    return timezone.localtime(at)


def zone_name(at: datetime) -> str:
    """What the reader's zone is called at that moment: `UTC`, `CET`, `UTC+05:30` where it has no letters."""
    local = here(at)
    name = local.tzname() or "UTC"
    return f"UTC{local:%:z}" if name[0] in "+-" else name


def clock(at: datetime) -> str:
    return f"{here(at):%H:%M:%S}"


def day(at: datetime) -> str:
    # Translators: how a day is written, in the letters of Django's `date` filter.
    return formatted(here(at), pgettext("a day", "j M"))


def moment(at: datetime) -> str:
    # Translators: how a moment is written to the second, in the letters of Django's `date` filter.
    return formatted(here(at), pgettext("a moment", "H:i:s, j M Y"))


def exact(at: datetime) -> str:
    """All of it, with the zone's name: what stands behind a shorter form."""
    # Translators: how a moment is written in full, in the letters of Django's `date` filter.
    form = pgettext("a moment in full", "D j M Y, H:i:s")
    return f"{formatted(here(at), form)} {zone_name(at)}"


def minute(at: datetime) -> str:
    # Translators: how a moment is written to the minute, in the letters of Django's `date` filter.
    form = pgettext("a moment to the minute", "j M Y, H:i")
    return f"{formatted(here(at), form)} {zone_name(at)}"


def weekday(at: datetime) -> str:
    # Translators: how a day of the coming weeks is written, in the letters of Django's `date` filter.
    return formatted(here(at), pgettext("a day of the week", "l j M"))


def when(then: datetime, *, at: datetime) -> str:
    """A moment as a calendar says it: `18:00 today`, `Fri 27 Nov, 18:00`, with the year when it is another one."""
    local, now = here(then), here(at)
    if local.date() == now.date():
        # Translators: a time of day, today.
        return pgettext("a time of day", "{time} today").format(time=f"{local:%H:%M}")
    if local.year == now.year:
        return formatted(local, pgettext("a day and a time", "D j M, H:i"))
    return formatted(local, pgettext("a day of another year and a time", "D j M Y, H:i"))


def written(at: datetime) -> str:
    """A moment as a field of type `datetime-local` holds it, in the reader's zone."""
    return f"{here(at):%Y-%m-%dT%H:%M}"


def read(text: str) -> datetime | None:
    """A moment as ISO 8601 writes it; the reader's zone is meant where no offset stands. None when it is none, or when
    the calendar has no such day: offsets lead out of the first and the last.
    """
    try:
        found = datetime.fromisoformat(text[:40])
        found = found.replace(tzinfo=timezone.get_current_timezone()) if found.tzinfo is None else found
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
