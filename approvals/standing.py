"""Where actions stand, as their servers read it: many at once, because a thousand parked polls share one read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from accounts import servers
from accounts.servers import Identity

from . import rows
from .errors import AnswerOver, NotFound, NotReleased, Refusal
from .errors.sealed import Unreadable
from .models import Action, Receipt, State
from .sealing import EDIT, Context, opened

# Subqueries by key instead of joins: PostgreSQL keeps the plan it made while the tables were small, and for joins that
# plan may read whole tables. One deny denies, so there is at most one note an action.
_READ = """
SELECT action.id, action.server_id, action.kind, action.state, action.dig, action.created_at, action.deadline_at,
       (SELECT name FROM approvals_checkpoint WHERE id = action.checkpoint_id), action.reason, action.settled_at,
       (SELECT expires_at FROM approvals_receipt WHERE action_id = action.id),
       (SELECT jws FROM approvals_receipt WHERE action_id = action.id),
       (SELECT at FROM approvals_consumption WHERE action_id = action.id),
       (SELECT status FROM approvals_outcome WHERE action_id = action.id),
       (SELECT note FROM approvals_outcome WHERE action_id = action.id),
       (SELECT note FROM approvals_review WHERE action_id = action.id AND verdict = 'deny'),
       CASE WHEN action.state = 'approved' THEN
         (SELECT body FROM approvals_edit WHERE action_id = action.id ORDER BY number DESC LIMIT 1) END,
       CASE WHEN action.state = 'approved' THEN
         (SELECT dig FROM approvals_edit WHERE action_id = action.id ORDER BY number DESC LIMIT 1) END,
       length(action.context) = 1
  FROM approvals_action AS action
"""
_ASKED = """
SELECT action.id, action.server_id, action.state,
       (SELECT until FROM approvals_question WHERE action_id = action.id),
       (SELECT 1 FROM approvals_answer WHERE action_id = action.id),
       (SELECT 1 FROM approvals_outcome WHERE action_id = action.id)
  FROM approvals_action AS action WHERE action.id {any}
"""
_SESSION, _STATE, _BEFORE = " AND action.session = %s", " AND action.state = %s", " AND action.id < %s"


@dataclass(frozen=True, slots=True)
class Standing:
    """One action as its server may see it. `note` is what the owner who denied it wrote to the server.

    `edit` are the canonical bytes of what was approved in place of what was asked, None when it is as it was asked, or
    `erased` as all that was asked.
    """

    id: UUID
    server_id: int
    kind: str
    state: str
    dig: str
    created_at: datetime
    deadline_at: datetime
    checkpoint: str | None
    reason: str = ""
    settled_at: datetime | None = None
    expires_at: datetime | None = None
    receipt: bytes | None = None
    consumed_at: datetime | None = None
    outcome: str | None = None
    outcome_note: str | None = None
    note: str | None = None
    edit: bytes | None = None
    erased: bool = False
    unreadable: Refusal | None = None


def of_new(action: Action, *, checkpoint: str | None, receipt: Receipt | None) -> Standing:
    """The standing of an action that was admitted this moment, without asking the database again."""
    return Standing(
        action.pk, action.server_id, action.kind, action.state, action.dig, action.created_at, action.deadline_at,
        checkpoint, action.reason, action.settled_at, receipt and receipt.expires_at, receipt and bytes(receipt.jws),
    )  # fmt: skip


def read(*, action_id: UUID) -> Standing:
    """The standing of one action whoever its server is, for operators; NotFound when there is none."""
    (found,) = rows.fetch((f"{_READ} WHERE action.id = %s", [action_id]))
    if not found:
        raise NotFound()
    standing = _standing(found[0])
    if standing.unreadable:
        raise standing.unreadable
    return standing


def read_many(*, wanted: Sequence[tuple[Identity, UUID]]) -> list[Standing | Refusal]:
    """Return the standing of each wanted action, in order; NotFound when it is another server's or nobody's."""
    who, ids = list({server.id for server, _ in wanted}), list({action_id for _, action_id in wanted})
    generations, read = rows.together((servers.LIVING, [who]), (f"{_READ} WHERE action.id {{any}}", [ids]))
    living, found = dict(generations), {row.id: row for row in map(_standing, read)}
    return [_answer(found.get(action_id), server=server, living=living) for server, action_id in wanted]


def read_answered(*, wanted: Sequence[tuple[Identity, UUID]], at: datetime) -> list[bool | Refusal]:
    """Return whether each question was answered yet; why it never will be, when that is so."""
    who, ids = list({server.id for server, _ in wanted}), list({action_id for _, action_id in wanted})
    generations, read = rows.together((servers.LIVING, [who]), (_ASKED, [ids]))
    living, found = dict(generations), {_id(row[0]): row[1:] for row in read}
    return [_answered(found.get(action_id), server=server, living=living, at=at) for server, action_id in wanted]


def page(
    *, server: Identity, session: str = "", state: str = "", before: UUID | None = None, limit: int
) -> tuple[list[Standing], UUID | None]:
    """Return the server's own actions, newest first, and where the next page starts (None at the end)."""
    servers.require_current(server)
    asked = {_SESSION: session, _STATE: state, _BEFORE: before}
    narrowed = {text: value for text, value in asked.items() if value}
    text = f"{_READ} WHERE action.server_id = %s {''.join(narrowed)} ORDER BY action.id DESC LIMIT %s"
    (read,) = rows.fetch((text, [server.id, *narrowed.values(), limit + 1]))
    found = [_standing(row) for row in read[:limit]]
    for each in found:
        if each.unreadable:
            raise each.unreadable
    return found, found[-1].id if len(read) > limit else None


def _answer(row: Standing | None, *, server: Identity, living: dict[int, int]) -> Standing | Refusal:
    if living.get(server.id) != server.generation:
        return servers.outdated()
    if row is None or row.server_id != server.id:
        return NotFound()
    return row.unreadable or row


def _answered(row: tuple | None, *, server: Identity, living: dict[int, int], at: datetime) -> bool | Refusal:
    if living.get(server.id) != server.generation:
        return servers.outdated()
    if row is None or row[0] != server.id:
        return NotFound()
    _, state, until, answered, over = row
    if state != State.APPROVED or until is None:
        return NotReleased()
    if answered:
        return True
    return AnswerOver() if over or at >= _time(until) else False


def _standing(row: tuple) -> Standing:
    """SQLite keeps ids and times as text, and does not say so of what comes out of a subquery."""
    action_id, *rest, expires, jws, consumed, outcome, outcome_note, note, edit, dig, erased = row
    key = _id(action_id)
    made, refusal = None, None
    try:
        made = None if edit is None or erased else opened(bytes(edit), Context(EDIT, key, dig))
    except Unreadable as error:
        refusal = error  # told to its own server alone: others are read in the same turn
    return Standing(
        key, *rest, _time(expires), jws, _time(consumed), outcome, outcome_note, note, made, bool(erased), refusal
    )  # fmt: skip


def _id(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def _time(value: datetime | str | None) -> datetime | None:
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else value
