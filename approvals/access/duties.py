"""Which duties people hold on checkpoints: roles hold them, as guardian's permissions, never on single actions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from guardian.shortcuts import assign_perm, remove_perm

from accounts import roles as accounts_roles
from accounts.models import Role, User

from .. import rows
from ..models import Action, Checkpoint, CheckpointGroupObjectPermission, Duty
from . import revisions

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
# What somebody holds, own roles first; where they stand in for others, also which revision is in force: its rule may
# say that nobody stands in.
_DUTIES = """
SELECT duty_of.content_object_id, duty.codename, held.role, held.absent_id, policy.id, policy.dig
  FROM held
  JOIN approvals_checkpointgroupobjectpermission AS duty_of ON duty_of.group_id = held.role_id
  JOIN auth_permission AS duty ON duty.id = duty_of.permission_id
  LEFT JOIN approvals_policy AS policy ON policy.id = (
       SELECT max(newest.id) FROM approvals_policy AS newest
        WHERE held.absent_id IS NOT NULL AND newest.checkpoint_id = duty_of.content_object_id)
 WHERE held.absent_id IS NULL OR duty.codename = %s
 ORDER BY CASE WHEN held.absent_id IS NULL THEN 0 ELSE 1 END, held.role
"""


@dataclass(frozen=True, slots=True)
class Owner:
    """A person a duty names now, and the role by which it does."""

    user_id: int
    username: str
    email: str
    role: str


def is_admin(user: User) -> bool:
    """Whether this person may change the map: active staff. Being a superuser alone gives nothing."""
    return user.is_active and user.is_staff


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

    Whoever stands in for somebody holds their approval duties too, where the rule in force lets people stand in.
    Being a superuser gives nothing.
    """
    text, params = accounts_roles.ask_held([user.pk], at=at, then=_DUTIES)
    (found,) = rows.fetch((text, [*params, Duty.APPROVAL]))
    held: dict[int, dict[str, str]] = defaultdict(dict)
    for checkpoint_id, duty, role, absent_id, policy_id, dig in found:
        if absent_id is None or (policy_id and revisions.known(policy_id, dig).rule.absence != "none"):
            held[checkpoint_id].setdefault(duty, role)
    return dict(held)


def decided_by(role: str) -> QuerySet:
    """Select the ids of the checkpoints whose asks this role's people decide."""
    held = _grants().filter(group__name=role, permission__codename=Duty.APPROVAL)
    return held.values("content_object_id")


def actions_seen_by(held: Mapping[int, Mapping[str, str]]) -> QuerySet[Action]:
    """Return the actions of the checkpoints on which somebody with these `duties` holds any."""
    return Action.objects.filter(checkpoint_id__in=held)


def _grants() -> QuerySet[CheckpointGroupObjectPermission]:
    return CheckpointGroupObjectPermission.objects.all()
