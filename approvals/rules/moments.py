"""Times as words. A page says how much time is left without a script, and says it the same everywhere."""

from datetime import datetime, timedelta

from accounts.words import said, told

SOON = timedelta(minutes=15)  # from here on time is counted in seconds and shown in its own colour

LEFT = {
    "d": lambda count: said("{count} d", count=count),
    "h": lambda count: said("{count} h", count=count),
    "min": lambda count: said("{count} min", count=count),
}
AGO = {
    "d": lambda count: said("{count} d ago", count=count),
    "h": lambda count: said("{count} h ago", count=count),
    "min": lambda count: said("{count} min ago", count=count),
}


def left(until: datetime, *, at: datetime) -> str:
    """`7:40` below a quarter of an hour, then `22 min`, `3 h`, `2 d`; `0:00` when it is over."""
    seconds = max(0, int((until - at).total_seconds()))
    if seconds < SOON.total_seconds():
        return f"{seconds // 60}:{seconds % 60:02}"
    count, unit = _rounded(seconds)
    return told(LEFT[unit](count))


def ago(then: datetime, *, at: datetime) -> str:
    """`4 s ago`, `12 min ago`, `3 h ago`, `2 d ago`."""
    seconds = max(0, int((at - then).total_seconds()))
    if seconds < 60:
        return told(said("{count} s ago", count=seconds))
    count, unit = _rounded(seconds)
    return told(AGO[unit](count))


def is_soon(until: datetime, *, at: datetime) -> bool:
    return until - at < SOON


def _rounded(seconds: int) -> tuple[int, str]:
    for size, unit in ((86_400, "d"), (3_600, "h")):
        if seconds >= 2 * size or (unit == "h" and seconds >= size):
            return seconds // size, unit
    return seconds // 60, "min"
