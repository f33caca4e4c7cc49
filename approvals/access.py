"""Who may see and decide what.

The only room that calls guardian: roles hold duties on checkpoints, never on single actions.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from guardian.shortcuts import assign_perm, remove_perm

from accounts.models import Role, Server, User
from accounts.servers import Identity

from . import rows
from .errors import NotAnOwner, NotFound
from .models import Action, Checkpoint, CheckpointGroupObjectPermission, Duty, Policy

_PREFIXES = ("user:", "mailto:", "acct:")
_OWNERS = """
SELECT held.content_object_id, person.id, person.username, person.email, role.name
  FROM approvals_checkpointgroupobjectpermission AS held
  JOIN auth_permission AS duty ON duty.id = held.permission_id
  JOIN auth_group AS role ON role.id = held.group_id
  JOIN accounts_user_groups AS member ON member.group_id = role.id
  JOIN accounts_user AS person ON person.id = member.user_id
 WHERE held.content_object_id {any} AND duty.codename = %s AND person.is_active
 ORDER BY person.username, role.name
"""
_ACTION = """
SELECT action.*, server.name AS server_name, policy.dig AS policy_dig
  FROM approvals_action AS action
  JOIN accounts_server AS server ON server.id = action.server_id
  LEFT JOIN approvals_policy AS policy ON policy.id = action.policy_id
 WHERE action.id = %s
"""
_DUTIES = """
SELECT held.content_object_id, duty.codename, role.name
  FROM approvals_checkpointgroupobjectpermission AS held
  JOIN auth_permission AS duty ON duty.id = held.permission_id
  JOIN auth_group AS role ON role.id = held.group_id
  JOIN accounts_user_groups AS member ON member.group_id = role.id
  JOIN accounts_user AS person ON person.id = member.user_id
 WHERE person.id = %s AND person.is_active
 ORDER BY role.name
"""


@dataclass(frozen=True, slots=True)
class Owner:
    """A person a duty names now, and the role by which it does."""

    user_id: int
    username: str
    email: str
    role: str


def set_duties(*, checkpoint: Checkpoint, roles: dict[str, str]) -> None:
    """Make exactly these roles hold the duties: duty -> name of the role."""
    for held in _grants().filter(content_object=checkpoint).select_related("group", "permission"):
        if roles.get(held.permission.codename) != held.group.name:
            remove_perm(held.permission.codename, held.group, checkpoint)
    for duty, name in roles.items():
        role, _ = Role.objects.get_or_create(name=name)
        assign_perm(Duty(duty).value, role, checkpoint)


def owners(checkpoint_ids: Iterable[int], *, duty: str = Duty.APPROVAL) -> dict[int, list[Owner]]:
    """Return who holds the duty on each checkpoint now: active people, each once, in one query."""
    named = list(set(checkpoint_ids))
    if not named:
        return {}
    found: dict[int, dict[int, Owner]] = defaultdict(dict)
    for checkpoint_id, user_id, *rest in rows.fetch((_OWNERS, [named, duty]))[0]:
        found[checkpoint_id].setdefault(user_id, Owner(user_id, *rest))
    return {checkpoint_id: list(people.values()) for checkpoint_id, people in found.items()}


def duties(user: User) -> dict[int, dict[str, str]]:
    """Return checkpoint id -> {duty: role} for all this person holds; one query a page.

    Being a superuser gives nothing.
    """
    held: dict[int, dict[str, str]] = defaultdict(dict)
    for checkpoint_id, duty, role in rows.fetch((_DUTIES, [user.pk]))[0]:
        held[checkpoint_id].setdefault(duty, role)
    return dict(held)


def actions_seen_by(user: User, *, held: dict[int, dict[str, str]] | None = None) -> QuerySet[Action]:
    """Return the actions of the checkpoints on which this person holds any duty."""
    return Action.objects.filter(checkpoint_id__in=duties(user) if held is None else held)


def action_for_review(*, user: User, action_id: UUID) -> tuple[Action, str]:
    """Return the locked action and the role by which this person may decide it. Not yours means not found.

    The row stays locked until the verb's transaction ends: without it two simultaneous approvals of a two-approval
    action each count one, and it waits for ever.
    """
    action = _locked(action_id)
    held = duties(user).get(action.checkpoint_id) if action else None
    if action is None or held is None:
        raise NotFound()
    if Duty.APPROVAL not in held:
        raise NotAnOwner()
    return action, held[Duty.APPROVAL]


def action_seen_by(user: User, action_id: UUID) -> Action:
    """Return the action, or NotFound when there is none that this person may see."""
    action = actions_seen_by(user).filter(pk=action_id).first()
    if action is None:
        raise NotFound()
    return action


def action_of_server(*, server: Identity, action_id: UUID) -> Action:
    """Return the server's own action, locked; another server's is not found."""
    action = _locked(action_id)
    if action is None or action.server_id != server.id:
        raise NotFound()
    return action


def is_own(*, username: str, email: str, names: Iterable[str]) -> bool:
    """Whether one of these names (subject, principal; as `dana`, `user:dana` or a mail address) is this person."""
    mine = {_spoken(name) for name in (username, email) if name}
    return any(_spoken(name) in mine for name in names if name)


def _spoken(name: str) -> str:
    """A name as one says it. Servers spell people as they like: `user:Dana`, full-width letters, spaces, hidden signs.

    Two people who differ in nothing else count as one here: then another owner decides.
    """
    shown = "".join(c for c in unicodedata.normalize("NFKC", name) if unicodedata.category(c) not in ("Cc", "Cf"))
    said = unicodedata.normalize("NFKC", shown.casefold()).strip()
    while said.startswith(_PREFIXES):
        said = said.partition(":")[2].strip()
    return said


def _locked(action_id: UUID) -> Action | None:
    """The action, locked, with its policy and its server (of which the name alone is read before somebody asks).

    A statement of constant text: the ORM takes a millisecond to build a query over four tables.
    """
    lock = " FOR UPDATE OF action" if connection.features.has_select_for_update else ""
    found = list(Action.objects.raw(_ACTION + lock, [Action._meta.pk.get_db_prep_value(action_id, connection)]))
    if not found:
        return None
    action = found[0]
    action.server = Server.from_db(connection.alias, ["id", "name"], [action.server_id, action.server_name])
    action.policy = _policy(action.policy_id, action.policy_dig) if action.policy_id else None
    return action


@lru_cache(maxsize=4096)
def _policy(policy_id: int, dig: str) -> Policy:
    """A revision never changes, so it is read once. The digest is part of the name: ids may come again, in tests."""
    return Policy.objects.select_related("checkpoint").get(pk=policy_id, dig=dig)


def _grants() -> QuerySet[CheckpointGroupObjectPermission]:
    return CheckpointGroupObjectPermission.objects.all()
