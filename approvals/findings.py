"""What fell through: noted where it happens, in the same transaction, and resolved by an exceptions owner.

The same again, while it is open, only counts. What was resolved and happens again is a new finding.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from placet import canonical

from accounts import words
from accounts.models import User

from . import access, ledger, nudge, rows, secrecy
from .errors import AlreadyResolved, NotFound, OwnFinding, OwnGlass, TextMissing, TextTooLong
from .models import Duty, Finding

_BY_NAME = frozenset({"no_checkpoint", "no_owner", "outside_policy", "policy_error", "not_listed"})
#: About somebody, by user name: they do not close it themselves.
_ABOUT_PEOPLE = frozenset({Finding.Code.BURST, Finding.Code.NO_DENIALS, Finding.Code.DRILL})
ABOUT_LIMIT, DETAIL_LIMIT, RESOLUTION_LIMIT = 256, 500, 1000

# Many at a time in one text: the new ones come as one JSON parameter, whose members stand in the order of the columns.
_UPSERT = """
INSERT INTO approvals_finding
       (code, checkpoint_id, server_id, kind, about, key, action_id, detail, count, first_at, last_at, resolution)
{select}
    ON CONFLICT (key) WHERE resolved_at IS NULL DO UPDATE
   SET count = approvals_finding.count + excluded.count, detail = excluded.detail,
       last_at = {latest}(approvals_finding.last_at, excluded.last_at),
       action_id = coalesce(excluded.action_id, approvals_finding.action_id)
RETURNING 1
"""
_TEXTS = {
    "postgresql": _UPSERT.format(
        select="SELECT n->>0, (n->>1)::bigint, (n->>2)::bigint, n->>3, n->>4, n->>5, (n->>6)::uuid, n->>7,"
        " (n->>8)::integer, %s::timestamptz, %s::timestamptz, '' FROM json_array_elements(%s::json) AS noted(n)",
        latest="greatest",
    ),
    "sqlite": _UPSERT.format(
        # The condition tells SQLite that ON belongs to no join.
        select="SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),"
        " json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'),"
        " json_extract(value, '$[6]'), json_extract(value, '$[7]'), json_extract(value, '$[8]'), %s, %s, ''"
        " FROM json_each(%s) WHERE true",
        latest="max",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Something that fell through. `about` tells apart what is otherwise the same; `detail` is for people."""

    code: str
    checkpoint_id: int | None = None
    server_id: int | None = None
    kind: str = ""
    about: str = ""
    action_id: UUID | None = None
    detail: str = ""

    @property
    def key(self) -> str:
        """What makes two of them the same. Each broken glass is one of its own: not all were broken by one person."""
        each = str(self.action_id) if self.code == Finding.Code.BREAK_GLASS else ""
        same = json.dumps([self.code, self.checkpoint_id, self.server_id, self.kind, self.about[:ABOUT_LIMIT], each])
        return canonical.digest_bytes(same.encode())


#: Servers that were seen with too many names. Theirs are findings together: whoever makes up a name for every ask
#: shall not bury the worklist.
crowded: set[int] = set()


def step(noted: Sequence[Noted], *, at: datetime) -> rows.Step:
    """Return the one statement that notes them all, for `rows.turn` in the caller's transaction; none for nothing.

    Of several that are the same, the last one's action and detail stay. They go in by the order of their keys, so two
    transactions that note the same ones do not wait for each other in a circle.
    """
    counts: dict[str, int] = {}
    last: dict[str, Noted] = {}
    for each in map(_together, noted):
        key = each.key
        counts[key], last[key] = counts.get(key, 0) + 1, each
    if not last:
        return ()
    values = json.dumps([_value(last[key], key, counts[key]) for key in sorted(last)])
    return _TEXTS[connection.vendor], [at, at, values]


@transaction.atomic
def record(noted: Sequence[Noted], *, at: datetime) -> None:
    """Note them now."""
    rows.turn(step(noted, at=at))


def seen_by(user: User, *, at: datetime) -> QuerySet[Finding]:
    """Return what this person sees: with the duty on its checkpoint; what has no checkpoint is for admins."""
    held = [key for key, duties in access.duties(user, at=at).items() if Duty.EXCEPTIONS in duties]
    mine = Q(checkpoint_id__in=held)
    return Finding.objects.filter(mine | Q(checkpoint=None) if access.is_admin(user) else mine)


@transaction.atomic
def resolve(*, finding_id: int, by: User, resolution: str, at: datetime) -> Finding:
    """Close the finding with a sentence that says what was done about it. Not yours means not found."""
    said = resolution.strip()
    if not said:
        raise TextMissing(words.said("Say in a sentence what was done about it."), pointer="/resolution")
    if len(said) > RESOLUTION_LIMIT:
        raise TextTooLong(
            words.said("Keep it to {resolution_limit} characters.", resolution_limit=RESOLUTION_LIMIT),
            pointer="/resolution",
        )
    secrecy.require_none(said, at="/resolution", who=by.urn)
    finding = seen_by(by, at=at).filter(pk=finding_id).select_for_update(of=("self",)).first()
    if finding is None:
        raise NotFound(words.said("There is no such finding here."))
    if finding.resolved_at is not None:
        raise AlreadyResolved()
    if finding.code == Finding.Code.BREAK_GLASS and _broke(finding) == by.pk:
        raise OwnGlass()
    if finding.code in _ABOUT_PEOPLE and finding.about == by.username:
        raise OwnFinding()
    finding.resolved_at, finding.resolved_by, finding.resolution = at, by, said
    finding.save(update_fields=["resolved_at", "resolved_by", "resolution"])
    dig = canonical.digest("finding", {"key": finding.key, "resolution": said})
    ledger.record(event="finding.resolved", actor=by.urn, action_id=finding.action_id, dig=dig, at=at)
    if finding.action_id:
        nudge.after_commit(event="resolved", actions=[(finding.action_id, finding.checkpoint_id)])
    return finding


def _together(noted: Noted) -> Noted:
    return replace(noted, about="") if noted.code in _BY_NAME and noted.server_id in crowded else noted


def _broke(finding: Finding) -> int | None:
    """Who broke the glass: theirs is the review that settled the action, so the last one."""
    last = finding.action.reviews.order_by("at", "pk").last() if finding.action_id else None
    return last.reviewer_id if last else None


def _value(noted: Noted, key: str, count: int) -> list[str | int | None]:
    """The columns of one finding. No text column of PostgreSQL takes U+0000."""
    about, detail = (text.replace("\0", "\ufffd") for text in (noted.about, noted.detail))
    action = noted.action_id.hex if noted.action_id else None
    return [
        str(noted.code), noted.checkpoint_id, noted.server_id, noted.kind, about[:ABOUT_LIMIT], key, action,
        detail[:DETAIL_LIMIT], count,
    ]  # fmt: skip
