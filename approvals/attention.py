"""Whether people still look: yes after yes faster than anybody reads, and yes after yes without one no.

Both are findings at the checkpoint, for those who hold its duty of exceptions, and say nothing about anybody else's
haste. Counted by the beat in the database, among the last reviews alone; never where a verdict is given.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.utils.dateparse import parse_datetime

from . import findings
from .models import Finding

BURST_COUNT = 12  # approvals by one person at one checkpoint …
BURST_SECONDS = 60  # … within so many seconds
NO_DENIALS = 50  # approvals in a row by one person at one checkpoint
EPISODE = timedelta(minutes=10)  # a burst that goes on is noted again after so long
RECENT = timedelta(minutes=5)  # what a turn looks at: several times the beat's interval
AMONG = 20_000  # reviews among which a turn looks, from the newest on

_SAID = """
WITH said AS (
  SELECT review.reviewer_id, action.checkpoint_id, review.verdict, review.at, review.id,
         lag(review.at, {before}) OVER (PARTITION BY review.reviewer_id, action.checkpoint_id
                                            ORDER BY review.at, review.id) AS earlier,
         row_number() OVER (PARTITION BY review.reviewer_id, action.checkpoint_id
                                ORDER BY review.at DESC, review.id DESC) AS back
    FROM approvals_review AS review JOIN approvals_action AS action ON action.id = review.action_id
   WHERE review.id > (SELECT max(id) FROM approvals_review) - {among} {which}
     AND NOT EXISTS (SELECT 1 FROM approvals_drill AS drill WHERE drill.action_id = action.id)
)"""
_BURSTS = (
    _SAID.format(before=BURST_COUNT - 1, among=AMONG, which="AND review.verdict = 'approve' AND review.at > %s")
    + """
SELECT person.username, said.checkpoint_id, max(said.at) FROM said
  JOIN accounts_user AS person ON person.id = said.reviewer_id
 WHERE said.earlier IS NOT NULL AND {apart} <= {seconds}
 GROUP BY person.username, said.checkpoint_id"""
)
_APART = {
    "postgresql": "extract(epoch FROM said.at - said.earlier)",
    "sqlite": "(julianday(said.at) - julianday(said.earlier)) * 86400",
}
_NO_DENIALS = (
    _SAID.format(before=1, among=AMONG, which="")
    + """
SELECT person.username, said.checkpoint_id, min(said.at) FROM said
  JOIN accounts_user AS person ON person.id = said.reviewer_id
 WHERE said.back <= {most}
 GROUP BY person.username, said.checkpoint_id
HAVING count(*) = {most} AND max(said.at) > %s AND sum(CASE WHEN said.verdict = 'deny' THEN 1 ELSE 0 END) = 0"""
)
_ACTIVE = "SELECT 1 FROM approvals_review WHERE id > (SELECT max(id) FROM approvals_review) - 2000 AND at > %s LIMIT 1"


def watch(*, at: datetime) -> int:
    """Note who approves in bursts, and who never says no; return how many are new. Each episode is noted once."""
    since = at - RECENT
    if not _rows(_ACTIVE, since):
        return 0
    bursts = [
        (_noted(Finding.Code.BURST, name, place, f"{name} said yes to {BURST_COUNT} asks within {BURST_SECONDS} s."),
         at - EPISODE)
        for name, place, _ in _rows(_BURSTS.format(apart=_APART[connection.vendor], seconds=BURST_SECONDS), since)
    ]  # fmt: skip
    never = [
        (_noted(Finding.Code.NO_DENIALS, name, place, f"The last {NO_DENIALS} verdicts of {name} here were all yes."),
         _moment(first))
        for name, place, first in _rows(_NO_DENIALS.format(most=NO_DENIALS), since)
    ]  # fmt: skip
    new = list(_fresh([*bursts, *never]))
    findings.record(new, at=at)
    return len(new)


def _fresh(found: list[tuple[findings.Noted, datetime]]) -> Iterable[findings.Noted]:
    """Those that were not noted since their episode began, resolved or not."""
    keys = [noted.key for noted, _ in found]
    last: dict[str, datetime] = {}
    for key, when in Finding.objects.filter(key__in=keys).values_list("key", "last_at"):
        last[key] = max(when, last.get(key, when))
    return [noted for noted, begun in found if noted.key not in last or last[noted.key] < begun]


def _noted(code: Finding.Code, name: str, place: int | None, detail: str) -> findings.Noted:
    return findings.Noted(code=code, checkpoint_id=place, about=name, detail=detail)


def _rows(sql: str, *parameters: datetime) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def _moment(value: datetime | str) -> datetime:
    """SQLite's aggregates say times as text, in UTC."""
    found = parse_datetime(value) if isinstance(value, str) else value
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found
