"""Quiet hours: from when until when somebody is left alone, by the clock of where they are."""

from datetime import UTC, datetime, time, timedelta, tzinfo


def window(*, begins: time, ends: time, zone: tzinfo, at: datetime) -> tuple[datetime, datetime]:
    """The quiet hours that go on at this moment, else the next ones, as moments in UTC.

    They may reach over midnight. Where the clock is put on or back within them, they are an hour shorter or longer.
    Both ends at the same time of day: there are none.
    """
    today = at.astimezone(zone).date()
    for days in (-1, 0, 1, 2):
        day = today + timedelta(days=days)
        first = datetime.combine(day, begins, zone)
        last = datetime.combine(day if ends > begins else day + timedelta(days=1), ends, zone)
        if begins != ends and last.astimezone(UTC) > at:
            return first.astimezone(UTC), last.astimezone(UTC)
    return at, at
