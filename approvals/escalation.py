"""Firing timers: a warning before the deadline, and the steps that name more owners.

Whoever fires one holds the lock on its action, so a timer fires once, and never on what was settled.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from accounts.models import User

from . import assignment, ledger, nudge, rows
from .models import Action, State, Why

# The smallest step that is still ahead, whenever it is due.
_NEXT = """
UPDATE approvals_timer SET fired_at = %s, fired_by_id = %s
 WHERE action_id = %s AND fired_at IS NULL AND step = (
       SELECT min(step) FROM approvals_timer WHERE action_id = %s AND fired_at IS NULL AND role <> '')
RETURNING action_id, step, role
"""
_DUE = """
UPDATE approvals_timer SET fired_at = %s
 WHERE action_id {any} AND fired_at IS NULL AND due_at <= %s
RETURNING action_id, step, role
"""


def fire_due(actions: Mapping[UUID, Action], *, at: datetime) -> int:
    """Fire what is due on these actions, which the caller has locked; return how many timers fired."""
    if not actions:
        return 0
    (fired,) = rows.fetch((_DUE, [at, list(actions), at]))
    _follow(actions, fired, at=at)
    return len(fired)


def fire_next(action: Action, *, at: datetime, by: User | None) -> str | None:
    """Fire the next step of this action's escalation before it is due; return its role, None when there is none."""
    (fired,) = rows.fetch((_NEXT, [at, by and by.pk, action.pk, action.pk]))
    _follow({action.pk: action}, fired, at=at, by=by)
    return fired[0][2] if fired else None


def _follow(actions: Mapping[UUID, Action], fired: rows.Answer, *, at: datetime, by: User | None = None) -> None:
    """Ask the people of the roles that were added; say so in the ledger, and to whoever looks."""
    added: dict[UUID, list[str]] = defaultdict(list)
    warned = []
    for action_id, _, role in sorted(((UUID(str(pk)), step, role) for pk, step, role in fired), key=lambda f: f[:2]):
        if actions[action_id].state != State.PENDING or at >= actions[action_id].deadline_at:
            continue  # found settled, or about to be
        if role:
            added[action_id].append(role)
        else:
            warned.append(action_id)
    named = assignment.ask_next([actions[pk] for pk in added], added, at=at, why=Why.ESCALATED) if added else []
    actor = by.urn if by else "console"
    lines = [
        ledger.Line(event=event, actor=actor, action_id=pk, at=at)
        for event, ids in (("action.warned", warned), ("action.escalated", added))
        for pk in ids
    ]
    rows.insert(named, lines)
    people: dict[UUID, list[int]] = defaultdict(list)
    for each in named:
        people[each.action_id].append(each.owner_id)
    for event, ids in (("warned", warned), ("escalated", added)):
        nudge.after_commit(event=event, actions=[(pk, actions[pk].checkpoint_id) for pk in ids], people=people)
