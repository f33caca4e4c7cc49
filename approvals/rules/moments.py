"""Times as words. A page says how much time is left without a script, and says it the same everywhere."""

from datetime import UTC, datetime, timedelta

SOON = timedelta(minutes=15)  # from here on time is counted in seconds and shown in its own colour


def left(until: datetime, *, at: datetime) -> str:
    """`7:40` below a quarter of an hour, then `22 min`, `3 h`, `2 d`; `0:00` when it is over."""
    seconds = max(0, int((until - at).total_seconds()))
    if seconds < SOON.total_seconds():
        return f"{seconds // 60}:{seconds % 60:02}"
    return _rounded(seconds)


def ago(then: datetime, *, at: datetime) -> str:
    """`4 s ago`, `12 min ago`, `3 h ago`, `2 d ago`."""
    seconds = max(0, int((at - then).total_seconds()))
    return f"{seconds} s ago" if seconds < 60 else f"{_rounded(seconds)} ago"


def is_soon(until: datetime, *, at: datetime) -> bool:
    return until - at < SOON


def when(then: datetime, *, at: datetime) -> str:
    """A moment as a calendar says it: `18:00 today`, `Fri 27 Nov, 18:00`, with the year when it is another one."""
    if then.date() == at.date():
        return f"{then:%H:%M} today"
    year = f" {then.year}" if then.year != at.year else ""
    return f"{then:%a} {then.day} {then:%b}{year}, {then:%H:%M}"


def read(text: str) -> datetime | None:
    """A moment as ISO 8601 writes it, in UTC; UTC is meant where no offset stands. None when it is none, or when UTC's
    calendar has no such day: offsets lead out of the first and the last.
    """
    try:
        found = datetime.fromisoformat(text[:40])
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _rounded(seconds: int) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h")):
        if seconds >= 2 * size or (unit == "h" and seconds >= size):
            return f"{seconds // size} {unit}"
    return f"{seconds // 60} min"
