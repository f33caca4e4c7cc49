"""Who may see and decide what.

The only room that calls guardian: roles hold duties on checkpoints, never on single actions.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Field, QuerySet
from guardian.shortcuts import assign_perm, remove_perm

from accounts.models import Role, Server, User
from accounts.servers import Identity

from . import rows
from .errors import NotAnOwner, NotFound
from .models import Action, Checkpoint, CheckpointGroupObjectPermission, Duty, Policy

_IDS = ("id", "sampling_action_id")
_PREFIXES = ("user:", "mailto:", "acct:")
_OWNERS = """
SELECT held.content_object_id, person.id, person.username, person.email, role.name
  FROM approvals_checkpointgroupobjectpermission AS held
  JOIN auth_permission AS duty ON duty.id = held.permission_id
  JOIN auth_group AS role ON role.id = held.group_id
  JOIN accounts_membership AS member ON member.role_id = role.id
   AND member.starts_at <= %s AND (member.ends_at IS NULL OR member.ends_at > %s)
  JOIN accounts_user AS person ON person.id = member.person_id
 WHERE held.content_object_id {any} AND duty.codename = %s AND person.is_active
 ORDER BY person.username, role.name
"""
_HELD = """
SELECT person.id, held.content_object_id, duty.codename, role.name
  FROM approvals_checkpointgroupobjectpermission AS held
  JOIN auth_permission AS duty ON duty.id = held.permission_id
  JOIN auth_group AS role ON role.id = held.group_id
  JOIN accounts_membership AS member ON member.role_id = role.id
   AND member.starts_at <= %s AND (member.ends_at IS NULL OR member.ends_at > %s)
  JOIN accounts_user AS person ON person.id = member.person_id
 WHERE person.id {any} AND person.is_active
"""
_LOCKED = """
SELECT {columns}, server.name, policy.dig
  FROM approvals_action AS action
  JOIN accounts_server AS server ON server.id = action.server_id
  LEFT JOIN approvals_policy AS policy ON policy.id = action.policy_id
 WHERE action.id {{any}}
 ORDER BY action.id {lock}
"""
_OF_ACTIONS = "AND held.content_object_id IN (SELECT checkpoint_id FROM approvals_action WHERE id {any})"


@dataclass(frozen=True, slots=True)
class Owner:
    """A person a duty names now, and the role by which it does."""

    user_id: int
    username: str
    email: str
    role: str


def set_duties(*, checkpoint: Checkpoint, roles: Mapping[str, Sequence[str]]) -> None:
    """Make exactly these roles hold the duties: duty -> names of the roles."""
    for held in _grants().filter(content_object=checkpoint).select_related("group", "permission"):
        if held.group.name not in roles.get(held.permission.codename, ()):
            remove_perm(held.permission.codename, held.group, checkpoint)
    for duty, names in roles.items():
        for name in names:
            role, _ = Role.objects.get_or_create(name=name)
            assign_perm(Duty(duty).value, role, checkpoint)


def owners(checkpoint_ids: Iterable[int], *, at: datetime, duty: str = Duty.APPROVAL) -> dict[int, list[Owner]]:
    """Return who holds the duty on each checkpoint now: active people, each once, in one query."""
    named = list(set(checkpoint_ids))
    if not named:
        return {}
    found: dict[int, dict[int, Owner]] = defaultdict(dict)
    for checkpoint_id, user_id, *rest in rows.fetch((_OWNERS, [at, at, named, duty]))[0]:
        found[checkpoint_id].setdefault(user_id, Owner(user_id, *rest))
    return {checkpoint_id: list(people.values()) for checkpoint_id, people in found.items()}


def duties(user: User, *, at: datetime) -> dict[int, dict[str, str]]:
    """Return checkpoint id -> {duty: role} for all this person holds; one query a page.

    Being a superuser gives nothing.
    """
    (found,) = rows.fetch((f"{_HELD} ORDER BY role.name", [at, at, [user.pk]]))
    return {checkpoint_id: held for (_, checkpoint_id), held in read_duties(found).items()}


def decided_by(role: str) -> QuerySet:
    """Select the ids of the checkpoints whose asks this role's people decide."""
    held = _grants().filter(group__name=role, permission__codename=Duty.APPROVAL)
    return held.values("content_object_id")


def ask_duties(*, users: Iterable[User], action_ids: Sequence[UUID], at: datetime) -> rows.Question:
    """Ask which duties these people hold on the checkpoints of these actions; `read_duties` reads the answer."""
    people = list({user.pk for user in users})
    return f"{_HELD} {_OF_ACTIONS} ORDER BY role.name", [at, at, people, list(action_ids)]


def read_duties(found: rows.Answer) -> dict[tuple[int, int], dict[str, str]]:
    """Return (person id, checkpoint id) -> {duty: role}; who has a duty by two roles has it by the first."""
    held: dict[tuple[int, int], dict[str, str]] = defaultdict(dict)
    for user_id, checkpoint_id, duty, role in found:
        held[user_id, checkpoint_id].setdefault(duty, role)
    return held


def actions_seen_by(held: dict[int, dict[str, str]]) -> QuerySet[Action]:
    """Return the actions of the checkpoints on which somebody with these `duties` holds any."""
    return Action.objects.filter(checkpoint_id__in=held)


def ask_locked(action_ids: Sequence[UUID]) -> rows.Question:
    """Lock these actions until the transaction ends, and ask for them; `read_locked` reads the answer.

    Without the lock two simultaneous approvals of a two-approval action each count one, and it waits for ever. All who
    lock many do so in the order of ids, so nobody waits in a circle.
    """
    return _locking(connection.vendor), [list(action_ids)]


def read_locked(found: rows.Answer) -> dict[UUID, Action]:
    """Return the actions by id, with their policies and servers (of which the name alone is read until asked for)."""
    return {action.pk: action for action in map(_action, found)}


def role_of(*, user: User, action: Action | None, held: dict[tuple[int, int], dict[str, str]]) -> str:
    """Return the role by which this person may decide the action. Not yours means not found."""
    mine = held.get((user.pk, action.checkpoint_id)) if action else None
    if mine is None:
        raise NotFound()
    if Duty.APPROVAL not in mine:
        raise NotAnOwner()
    return mine[Duty.APPROVAL]


def action_seen_by(user: User, action_id: UUID, *, at: datetime) -> Action:
    """Return the action, or NotFound when there is none that this person may see."""
    action = actions_seen_by(duties(user, at=at)).filter(pk=action_id).first()
    if action is None:
        raise NotFound()
    return action


def action_of_server(*, server: Identity, action_id: UUID) -> Action:
    """Return the server's own action, locked; another server's is not found."""
    (found,) = rows.fetch(ask_locked([action_id]))
    action = read_locked(found).get(action_id)
    if action is None or action.server_id != server.id:
        raise NotFound()
    return action


def is_admin(user: User) -> bool:
    """Whether this person may change the map: active staff. Being a superuser alone gives nothing."""
    return user.is_active and user.is_staff


def is_own(*, username: str, email: str, names: Iterable[str]) -> bool:
    """Whether one of these names (subject, principal; as `dana`, `user:dana` or a mail address) is this person."""
    mine = {spoken(name) for name in (username, email) if name}
    return any(spoken(name) in mine for name in names if name)


@lru_cache(maxsize=8192)
def spoken(name: str) -> str:
    """A name as one says it. Servers spell people as they like: `user:Dana`, full-width letters, spaces, hidden signs.

    Two people who differ in nothing else count as one here: then another owner decides.
    """
    shown = "".join(c for c in unicodedata.normalize("NFKC", name) if unicodedata.category(c) not in ("Cc", "Cf"))
    said = unicodedata.normalize("NFKC", shown.casefold()).strip()
    while said.startswith(_PREFIXES):
        said = said.partition(":")[2].strip()
    return said


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
    *values, server_name, policy_dig = row
    fields = _read_fields()
    read = [_uuid(v) if f.attname in _IDS else v for f, v in zip(fields, values, strict=True)]
    action = Action.from_db(connection.alias, [field.attname for field in fields], read)
    action.server = Server.from_db(connection.alias, ["id", "name"], [action.server_id, server_name])
    action.policy = _policy(action.policy_id, policy_dig) if action.policy_id else None
    return action


@lru_cache(maxsize=4096)
def _policy(policy_id: int, dig: str) -> Policy:
    """A revision never changes, so it is read once. The digest is part of the name: ids may come again, in tests."""
    return Policy.objects.select_related("checkpoint").get(pk=policy_id, dig=dig)


def _grants() -> QuerySet[CheckpointGroupObjectPermission]:
    return CheckpointGroupObjectPermission.objects.all()
