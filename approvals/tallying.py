"""Counting: what each day came to at each checkpoint, so that a page about months reads a few rows and no action.

A day is counted anew every few minutes until it is over and everything that was under way then has been committed;
from then on it stays. The statements go from checkpoint to checkpoint along the index of what is decided, and count in
the database: nothing is read out, least of all what was asked.
"""

from datetime import UTC, date, datetime, time, timedelta

from django.db import connection, transaction

from .models import Action, TalliedDay, Tally
from .rules import ids
from .sealing import OVERHEAD

EVERY = timedelta(minutes=5)
LATE = timedelta(minutes=10)  # after midnight a day is counted once more, for what was committed late
LIMIT = 14  # days of one turn: a console that is new to this counts its past in a few minutes

_INTO = "INSERT INTO approvals_tally (checkpoint_id, what, day, name, number, count)"
# CROSS JOIN keeps SQLite from looking through all actions of a day for each checkpoint, and NOT (…) is how the index
# says it.
_ENDED = """
  FROM approvals_checkpoint AS place CROSS JOIN approvals_action AS action
 WHERE action.checkpoint_id = place.id AND place.id NOT IN (SELECT checkpoint_id FROM approvals_practice)
   AND NOT (action.state = 'pending')
   AND action.settled_at >= %s AND action.settled_at < %s
"""
_BY_PEOPLE = (
    "(action.state = 'approved' AND action.reason = '' OR action.state = 'denied' AND action.reason = 'owner_denied')"
)
_SILENT = " ".join(
    f"AND NOT EXISTS (SELECT 1 FROM {table} AS said WHERE said.action_id = action.id)"  # noqa: S608 (our own tables)
    for table in ("approvals_review", "approvals_comment", "approvals_handover")
)
_OF_REVIEWS = _ENDED.replace("WHERE", "JOIN approvals_review AS review ON review.action_id = action.id WHERE")
_EDITED = "AND EXISTS (SELECT 1 FROM approvals_edit AS edit WHERE edit.action_id = action.id)"
_SECONDS = {
    "postgresql": "CAST(floor(extract(epoch FROM action.settled_at - action.created_at)) AS bigint)",
    "sqlite": "CAST((julianday(action.settled_at) - julianday(action.created_at)) * 86400 + 0.001 AS integer)",
}
# Lengths of time are kept in steps of about a tenth, each of two figures: 25 of them from one power of ten to the next.
_STEPS = (15, 16, 18, 20, 22, 24, 26, 28, 30, 33, 36, 40, 45, 50, 55, 60, 65, 70, 80, 90)
_TENS = "CASE " + " ".join(f"WHEN s < {10**n} THEN {10 ** (n - 2)}" for n in range(2, 7)) + " ELSE 100000 END"
_STEP = "CASE WHEN s / tens < 15 THEN s / tens " + " ".join(
    f"WHEN s / tens < {after} THEN {step}" for step, after in zip(_STEPS, (*_STEPS[1:], 100), strict=True)
)
_SIZE = (
    f"CASE WHEN length(action.body) < {1024 + OVERHEAD} THEN 'small' "
    f"WHEN length(action.body) < {8192 + OVERHEAD} THEN 'middle' ELSE 'large' END"
)
_ASKED = f"""
{_INTO} SELECT action.checkpoint_id, 'asked', %s, '', 0, count(*) FROM approvals_action AS action
 WHERE action.id >= %s AND action.id < %s AND action.checkpoint_id IS NOT NULL
   AND action.checkpoint_id NOT IN (SELECT checkpoint_id FROM approvals_practice) GROUP BY 1
"""  # noqa: S608 (texts of our own, as all below)
_WHOLE = (
    f"{_INTO} SELECT action.checkpoint_id, 'ended', %s, action.state || '/' || action.reason, 0, count(*) {_ENDED}"
    " GROUP BY 1, 4",
    f"{_INTO} SELECT checkpoint_id, 'took', %s, size, ({_STEP} ELSE 99 END) * tens, count(*) FROM ("  # noqa: S608
    f"SELECT checkpoint_id, size, s, {_TENS} AS tens FROM ("
    f"SELECT action.checkpoint_id, {_SIZE} AS size, {{seconds}} AS s {_ENDED} AND {_BY_PEOPLE}) AS took) AS took"
    " GROUP BY 1, 4, 5",
    f"{_INTO} SELECT action.checkpoint_id, 'said', %s, '', review.reviewer_id, count(*) {_OF_REVIEWS} GROUP BY 1, 5",
    f"{_INTO} SELECT action.checkpoint_id, 'edited', %s, '', 0, count(*) {_ENDED} {_EDITED} GROUP BY 1",
    f"{_INTO} SELECT action.checkpoint_id, 'unheard', %s, '', 0, count(*) {_ENDED}"
    f" AND action.state = 'expired' {_SILENT} GROUP BY 1",
)


def run(*, at: datetime, limit: int = LIMIT) -> int:
    """Count the days that are due; return how many were."""
    return sum(_count(day, at=at) for day in _due(at=at)[:limit])


def again(*, since: date, at: datetime) -> None:
    """Count these days anew, up to the present one: actions of theirs have been told late."""
    for n in range((at.astimezone(UTC).date() - since).days + 1):
        _count(since + timedelta(days=n), at=at, anew=True)


def _due(*, at: datetime) -> list[date]:
    """Days that are counted but not for good, and those after the last that is counted; the oldest first."""
    known = TalliedDay.objects.order_by("-day")
    last = known.first()
    if last is None:
        first = Action.objects.order_by("pk").values_list("created_at", flat=True).first()
        begin = first.astimezone(UTC).date() if first else None
    else:
        begin = last.day + timedelta(days=1)
    today = at.astimezone(UTC).date()
    new = [begin + timedelta(days=n) for n in range((today - begin).days + 1)] if begin else []
    return sorted([each.day for each in known[:7] if _open(each, at=at)] + new)


def _open(counted: TalliedDay, *, at: datetime) -> bool:
    """Whether more may have come since it was counted. The last count of a day is when everything late is in."""
    closed = _midnight(counted.day + timedelta(days=1)) + LATE
    return counted.until < closed and (at - counted.until >= EVERY or at >= closed)


@transaction.atomic
def _count(day: date, *, at: datetime, anew: bool = False) -> bool:
    """Count one day. Whoever comes second waits for the first, and finds that it is done."""
    known, new = TalliedDay.objects.get_or_create(day=day, defaults={"until": at})
    known = TalliedDay.objects.select_for_update().get(pk=day)
    if not (new or anew or _open(known, at=at)):
        return False
    Tally.objects.filter(day=day).delete()
    begin, end = _midnight(day), _midnight(day + timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute(_ASKED, [_date(day), _id(begin), _id(end)])
        for text in _WHOLE:
            whole = text.replace("{seconds}", _SECONDS[connection.vendor])
            cursor.execute(whole, [_date(day), *map(connection.ops.adapt_datetimefield_value, (begin, end))])
    TalliedDay.objects.filter(pk=day).update(until=at)
    return True


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _date(day: date) -> date | str:
    return connection.ops.adapt_datefield_value(day)


def _id(at: datetime) -> object:
    found = ids.floor(at)
    return found if connection.features.has_native_uuid_field else found.hex
