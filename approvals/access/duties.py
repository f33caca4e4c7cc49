"""Which duties people hold on checkpoints: roles hold them, as guardian's permissions, never on single actions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from guardian.shortcuts import assign_perm, remove_perm

from accounts import roles as accounts_roles
from accounts.models import Role, User

from .. import rows
from ..models import Action, Assignment, Checkpoint, CheckpointGroupObjectPermission, Duty, How, State, Why
from . import revisions

MOST_BESIDE = 200
MOST_PASSED = 100  # the latest; a list names them once a checkpoint, and a statement has at most 65,535 parameters

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
"""
# Beside them, as rows with a duty of no name: what waits and they handed on, and have not got back since.
_PASSED = """
 UNION ALL
SELECT NULL, '', CAST(given.action_id AS text), NULL, NULL, NULL
  FROM approvals_handover AS given
  JOIN approvals_action AS action ON action.id = given.action_id AND action.state = %s
 WHERE given.person_id = %s AND given.how <> %s AND NOT EXISTS (
       SELECT 1 FROM approvals_handover AS since
        WHERE since.action_id = given.action_id AND since.id > given.id
          AND (since.to_id = given.person_id OR since.person_id = given.person_id AND since.how = %s))
"""


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


def duties(user: User, *, at: datetime) -> dict[int, dict[str, str]]:
    """Return checkpoint id -> {duty: role} for all this person holds; one query a page.

    Whoever stands in for somebody holds their approval duties too, where the rule in force lets people stand in.
    Being a superuser gives nothing.
    """
    text, params = accounts_roles.ask_held([user.pk], at=at, then=_DUTIES)
    (found,) = rows.fetch((text, [*params, Duty.APPROVAL]))
    return _read(found)


def desk(user: User, *, at: datetime) -> tuple[dict[int, dict[str, str]], frozenset[UUID]]:
    """Return their `duties`, and the ids of what waits and they have passed on (the latest); one query too."""
    text, params = accounts_roles.ask_held([user.pk], at=at, then=_DUTIES + _PASSED)
    told = [*params, Duty.APPROVAL, State.PENDING, user.pk, How.TOOK_OVER, How.TOOK_OVER]
    (found,) = rows.fetch((text, told))
    passed = sorted(UUID(action_id) for _, duty, action_id, *_ in found if not duty)
    return _read(row for row in found if row[1]), frozenset(passed[-MOST_PASSED:])


def _read(found: Iterable[tuple[Any, ...]]) -> dict[int, dict[str, str]]:
    held: dict[int, dict[str, str]] = defaultdict(dict)
    for checkpoint_id, duty, role, absent_id, policy_id, dig in sorted(found, key=lambda f: (f[3] is not None, f[2])):
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


def asked_beside(user: User) -> list[UUID]:
    """Return the ids of what waits and reached this person beside their duties: by escalation, or handed to them."""
    asked = Assignment.objects.filter(owner=user, why__in=(Why.ESCALATED, Why.REASSIGNED), action__state=State.PENDING)
    return list(asked.order_by("-action_id").values_list("action_id", flat=True)[:MOST_BESIDE])


def _grants() -> QuerySet[CheckpointGroupObjectPermission]:
    return CheckpointGroupObjectPermission.objects.all()
