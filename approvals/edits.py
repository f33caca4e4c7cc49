"""Changing an ask before approving it: who may, at which places, and whether what comes of it is still this rule's.

The edit is of the newest bytes, and voids what was said of them; its editor says yes to the new ones with it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.utils.functional import cached_property
from placet import canonical

from accounts.models import Server, User
from accounts.words import said

from . import access, policy, secrecy, spoken
from .errors import BadEdit, EditLeavesRule, NotAnAsk, NotAnEditor, NotEditable, NothingEdited, TooLarge
from .models import Action, Edit
from .policy import Asker, Found
from .rules import conditions, editing, shapes
from .submission import MAX_BYTES

MOST = 10  # edits of one ask; more than that is a conversation, and belongs among the comments


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table of edits, on its way there (see `rows.Light`)."""

    table: ClassVar = Edit
    action_id: UUID
    number: int
    editor_id: int
    body: bytes
    dig: str
    at: datetime


@dataclass(frozen=True)
class Sheet:
    """The newest bytes of an action, and what of them its rule lets somebody change."""

    action: Action
    body: bytes

    @cached_property
    def effective(self) -> dict[str, Any]:
        return json.loads(self.body)["value"]

    @property
    def places(self) -> list[editing.Place]:
        rule = self.action.policy.rule
        return editing.places(editing.root(self.action.kind, self.effective), rule.edit, rule.arguments)

    def edited(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The effective object with these changes, by pointer."""
        rule = self.action.policy.rule
        root = editing.root(self.action.kind, self.effective)
        made = editing.changed(root, changes, listed=rule.edit, schema=rule.arguments)
        if canonical.canonical(made) == canonical.canonical(root):
            raise NothingEdited()
        return editing.with_root(self.action.kind, self.effective, made)


def sheet(action: Action) -> Sheet:
    """Read the newest bytes of an action; whose body may not have been read."""
    newest = spoken.newest_edit(action.pk)
    return Sheet(action, newest.body if newest else action.body)


def require_right(person: User, action: Action, known: access.Rights) -> None:
    """Refuse who may not change it, apart from whether their yes would count."""
    if not action.policy.rule.edit:
        raise NotEditable(said("Nothing of this may be changed before a yes."))
    if not known.may_edit(person, action):
        raise NotAnEditor()


def checked(action: Action, changes: Mapping[str, Any]) -> bytes:
    """Return the canonical bytes of the edited object, as they would run; a refusal says why they would not."""
    made = sheet(action).edited(changes)
    _require_shape(action, made)
    secrecy.require_none_asked(action.kind, made, who=f"edit:{action.pk}")
    body = canonical.preimage(action.kind, made)
    if len(body) > MAX_BYTES:
        raise TooLarge()
    _require_same_rule(action, made)
    return body


def row(*, action: Action, number: int, editor: User, changes: Mapping[str, Any], at: datetime) -> Row:
    """The row of an edit of the action, which the caller has locked."""
    if number > MOST:
        raise BadEdit(said("This was changed {most} times. Decide it as it is now.", most=MOST))
    body = checked(action, changes)
    return Row(action.pk, number, editor.pk, body, canonical.digest_bytes(body), at)


def _require_shape(action: Action, made: dict[str, Any]) -> None:
    """It is an ask of this kind still, and names the same tool or host."""
    try:
        part = shapes.mcp({"kind": action.kind, "mcp": made})
        named = shapes.name_of(action.kind, part)
    except NotAnAsk as error:
        raise BadEdit(error.message, pointer=(error.pointer or "").removeprefix("/mcp")) from error
    if named != action.name:
        raise EditLeavesRule(said("An edit never changes what is called, nor the host somebody is sent to."))


def _require_same_rule(action: Action, made: dict[str, Any]) -> None:
    """The rules now in force stop it where they stopped the ask. It is held against them as it would have come then."""
    server = Server.objects.get(pk=action.server_id)
    asker = Asker.of(server)
    found = policy.book().find(
        kind=action.kind, name=action.name, server=asker, facts=lambda: _facts(action, asker, made)
    )
    if found.policy is None or found.policy.pk != action.policy_id or found.decision != "review":
        raise EditLeavesRule(_why(action, found))


def _facts(action: Action, asker: Asker, made: dict[str, Any]) -> dict[str, Any]:
    context = json.loads(bytes(action.context))["value"]
    return conditions.facts(
        kind=action.kind, name=action.name, server=asker.name, environment=asker.environment, params=made["params"],
        signals=context.get("signals", {}), subject=action.subject,
        principal=context.get("origin", {}).get("principal", ""), at=action.created_at,
    )  # fmt: skip


def _why(action: Action, found: Found) -> str:
    if found.reason == "policy_error":
        return said("Changed so, a condition could not be evaluated, and what cannot be evaluated is denied.")
    if found.reason == "not_listed":
        return said("Its server may not ask for this any more, so it can only be decided as it is.")
    if found.policy is None or found.reason == "outside_policy":
        return said("Changed so, it is outside of every rule, and would be denied.")
    place = found.policy.checkpoint.name
    if found.decision == "deny":
        return said("Changed so, {place} denies it.", place=place)
    if found.policy.checkpoint_id == action.checkpoint_id:
        return said(
            "The rule of {place} was changed since this was asked, so it can only be decided as it is.", place=place
        )
    return said("Changed so, it would stop at {place}, where others decide.", place=place)
