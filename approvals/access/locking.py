"""Actions, as verbs read them: locked, with their revisions and servers."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Field

from accounts.models import Server
from accounts.servers import Identity

from .. import rows
from ..errors import NotFound
from ..models import Action
from . import revisions

_IDS = ("id", "sampling_action_id")
_LOCKED = """
SELECT {columns}, server.name, server.owner_id, policy.dig
  FROM approvals_action AS action
  JOIN accounts_server AS server ON server.id = action.server_id
  LEFT JOIN approvals_policy AS policy ON policy.id = action.policy_id
 WHERE action.id {{any}}
 ORDER BY action.id {lock}
"""


def ask_locked(action_ids: Sequence[UUID]) -> rows.Question:
    """Lock these actions until the transaction ends, and ask for them; `read_locked` reads the answer.

    Without the lock two simultaneous approvals of a two-approval action each count one, and it waits for ever. All who
    lock many do so in the order of ids, so nobody waits in a circle.
    """
    return _locking(connection.vendor), [list(action_ids)]


def read_locked(found: rows.Answer) -> dict[UUID, Action]:
    """Return the actions by id, with their policies and servers (of which name and owner alone are read)."""
    return {action.pk: action for action in map(_action, found)}


def action_of_server(*, server: Identity, action_id: UUID) -> Action:
    """Return the server's own action, locked; another server's is not found."""
    (found,) = rows.fetch(ask_locked([action_id]))
    action = read_locked(found).get(action_id)
    if action is None or action.server_id != server.id:
        raise NotFound()
    return action


@lru_cache(maxsize=1)
def _read_fields() -> list[Field]:
    """All that a verb needs of an action. The body is long and was digested; no verb reads it again."""
    return [field for field in Action._meta.concrete_fields if field.name != "body"]


@lru_cache(maxsize=4)
def _locking(vendor: str) -> str:
    columns = ", ".join(f"action.{field.column}" for field in _read_fields())
    return _LOCKED.format(columns=columns, lock="FOR UPDATE OF action" if vendor == "postgresql" else "")


def _uuid(value: UUID | str | None) -> UUID | None:
    """SQLite keeps ids as text."""
    return UUID(value) if isinstance(value, str) else value


def _action(row: tuple[Any, ...]) -> Action:
    """An action as the ORM would have made it: its query builder takes a millisecond for four tables."""
    *values, server_name, server_owner, policy_dig = row
    fields = _read_fields()
    read = [_uuid(v) if f.attname in _IDS else v for f, v in zip(fields, values, strict=True)]
    action = Action.from_db(connection.alias, [field.attname for field in fields], read)
    action.server = Server.from_db(
        connection.alias, ["id", "name", "owner_id"], [action.server_id, server_name, server_owner]
    )
    action.policy = revisions.known(action.policy_id, policy_dig) if action.policy_id else None
    return action
