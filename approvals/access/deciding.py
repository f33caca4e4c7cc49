"""Who may see an action, and by which of their roles they may decide it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts import roles
from accounts.models import User
from accounts.roles import Holder

from .. import rows
from ..errors import NotAnOwner, NotFound
from ..models import Action, Duty
from ..rules import policies, quorum
from .names import is_own

_DUTIES = """
SELECT held.content_object_id, role.name, duty.codename
  FROM approvals_checkpointgroupobjectpermission AS held
  JOIN auth_permission AS duty ON duty.id = held.permission_id
  JOIN auth_group AS role ON role.id = held.group_id
 WHERE held.content_object_id IN (SELECT checkpoint_id FROM approvals_action WHERE id {any})
"""
# Roles that escalation added to the actions, and which of these people were asked about them.
_ADDED = """
SELECT action_id, role, NULL FROM approvals_timer WHERE action_id {any} AND fired_at IS NOT NULL AND role <> ''
 UNION ALL
SELECT action_id, '', owner_id FROM approvals_assignment WHERE action_id {any} AND owner_id {any}
"""


@dataclass(frozen=True, slots=True)
class Rights:
    """What some people hold, and what that means for some actions."""

    held: dict[int, list[Holder]]
    duties: dict[int, dict[str, set[str]]]
    escalated: dict[UUID, frozenset[str]]
    asked: set[tuple[UUID, int]]

    def terms(self, action: Action) -> quorum.Terms:
        """What the action needs, under the revision it was admitted under."""
        return terms(action.policy.rule, escalated=self.escalated.get(action.pk, frozenset()))

    def voices(self, user: User, action: Action) -> list[Holder]:
        """The ways in which this person may decide the action: in their roles, in the order of its needs."""
        if action.policy is None:
            return []
        alone = action.policy.rule.absence == "none"
        mine = [each for each in self.held.get(user.pk, ()) if not (alone and each.on_behalf_of_id)]
        return [each for role in self.terms(action).roles for each in mine if each.role == role]

    def may_break(self, user: User, action: Action) -> bool:
        """Whether they may break the glass here: in their own right, never for somebody who is away."""
        role = action.policy.rule.break_glass if action.policy else None
        return role is not None and any(
            each.role == role and not each.on_behalf_of_id for each in self.held.get(user.pk, ())
        )

    def may_edit(self, user: User, action: Action) -> bool:
        """Whether they hold the role that may change it before a yes, where the rule names one apart."""
        rule = action.policy.rule
        alone = rule.absence == "none"
        mine = [each for each in self.held.get(user.pk, ()) if not (alone and each.on_behalf_of_id)]
        return rule.editors is None or any(each.role == rule.editors for each in mine)

    def sees(self, user: User, action: Action) -> bool:
        """Whether they hold any duty on its checkpoint, or were asked about it, or may decide it.

        Whoever stands in for somebody sees what they may decide, and nothing that is only logged.
        """
        if (action.pk, user.pk) in self.asked or self.voices(user, action) or self.may_break(user, action):
            return True
        return self.holds(user, action)

    def holds(self, user: User, action: Action) -> bool:
        """Whether they hold any duty on its checkpoint, and so see what else was decided there."""
        named, alone = self.duties.get(action.checkpoint_id, {}), _alone(action)
        return any(
            Duty.APPROVAL in named[each.role] and not alone if each.on_behalf_of_id else True
            for each in self.held.get(user.pk, ())
            if each.role in named
        )


def ask_rights(*, users: Iterable[User], action_ids: Sequence[UUID], at: datetime) -> tuple[rows.Question, ...]:
    """Ask what these people may do with these actions; `read_rights` reads the answers."""
    people, ids = list({user.pk for user in users}), list(action_ids)
    return roles.ask_held(people, at=at), (_DUTIES, [ids]), (_ADDED, [ids, ids, people])


def read_rights(held: rows.Answer, duties: rows.Answer, added: rows.Answer, *, users: Iterable[User]) -> Rights:
    named: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for checkpoint_id, role, duty in duties:
        named[checkpoint_id][role].add(duty)
    escalated: dict[UUID, set[str]] = defaultdict(set)
    asked = set()
    for action_id, role, owner_id in added:
        if owner_id is None:
            escalated[UUID(str(action_id))].add(role)
        else:
            asked.add((UUID(str(action_id)), owner_id))
    return Rights(
        roles.read_held(held, people=users), named, {pk: frozenset(names) for pk, names in escalated.items()}, asked
    )


def rights(*, users: Sequence[User], action_ids: Sequence[UUID], at: datetime) -> Rights:
    """What these people may do with these actions, in one turn."""
    return read_rights(*rows.together(*ask_rights(users=users, action_ids=action_ids, at=at)), users=users)


def must_see(*, user: User, action: Action | None, known: Rights) -> None:
    """Refuse who may not see the action, which for them is not there."""
    if action is None or not known.sees(user, action):
        raise NotFound()


def may_decide(*, user: User, action: Action | None, known: Rights) -> list[Holder]:
    """Return the ways in which this person may decide the action; never none. Not yours means not found."""
    must_see(user=user, action=action, known=known)
    voices = known.voices(user, action)
    if not voices:
        raise NotAnOwner()
    return voices


def terms(rule: policies.Rule, *, escalated: frozenset[str] = frozenset()) -> quorum.Terms:
    """A rule's needs, as the quorum counts them."""
    return quorum.Terms(rule.needs, sequential=rule.order == "sequential", escalated=escalated)


def is_theirs(held: Holder, *, names: Sequence[str]) -> bool:
    """Whether one of these names (subject, principal) is this person, whom they stand in for, or who chose them."""
    if any(is_own(username=each, email="", names=names) for each in held.via):
        return True
    absent = bool(held.on_behalf_of) and is_own(
        username=held.on_behalf_of, email=held.on_behalf_of_email, names=names
    )  # fmt: skip
    return absent or is_own(username=held.username, email=held.email, names=names)


def is_their_server(held: Holder, *, rule: policies.Rule, server_owner_id: int | None) -> bool:
    """Whether the rule excludes them because their own server asks, or that of the person they stand in for."""
    excluded = rule.exclude_server_owner and server_owner_id is not None
    return excluded and server_owner_id in (held.user_id, held.on_behalf_of_id)


def action_seen_by(user: User, action_id: UUID, *, at: datetime) -> Action:
    """Return the action, or NotFound when there is none that this person may see."""
    action = Action.objects.select_related("policy__checkpoint").filter(pk=action_id).first()
    if action is None or not rights(users=[user], action_ids=[action_id], at=at).sees(user, action):
        raise NotFound()
    return action


def _alone(action: Action) -> bool:
    return action.policy is not None and action.policy.rule.absence == "none"
