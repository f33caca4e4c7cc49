"""Changes of a checkpoint: the next revision of its rule, or its retirement."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.db import transaction

from accounts.words import said

from .. import policy, vetting
from ..errors import BadChange, BadPolicy, Refusal
from ..models import Change, Checkpoint, Policy
from ..rules import policies
from . import roles, servers, trying

if TYPE_CHECKING:
    from datetime import datetime

    from . import Confirmed

MEMBERS = tuple(policies.Rule.model_fields)
LONGEST_NAME = Checkpoint._meta.get_field("name").max_length


def read(*, subject: str, document: dict[str, Any] | None, at: datetime) -> dict[str, Any] | None:
    if document is None:
        return None
    rule = policies.read(document)
    if rule.checkpoint != subject:
        raise BadChange(
            said("The rule names another checkpoint than the one it is proposed for."), pointer="/checkpoint"
        )
    if "\0" in rule.pattern or "\0" in (rule.server or ""):
        raise BadChange(said("No name holds the sign U+0000."), pointer="/pattern")
    if len(subject) > LONGEST_NAME:
        raise BadChange(
            said("A checkpoint's name has at most {longest_name} characters.", longest_name=LONGEST_NAME),
            pointer="/checkpoint",
        )
    return None if rule.retired else rule.document


def current(*, subject: str, at: datetime) -> dict[str, Any] | None:
    newest = _newest(subject)
    return None if newest is None or newest.retired else newest.rule.document


def every(*, at: datetime) -> dict[str, dict[str, Any]]:
    """Return name -> document of all that stands."""
    return {each.checkpoint.name: each.rule.document for each in vetting.in_force()}


def since(*, document: dict[str, Any] | None, at: datetime) -> dict[str, Any] | None:
    return document


def check(*, subject: str, document: dict[str, Any] | None, at: datetime, proposing: bool) -> None:
    if document is not None:
        _vetted(policies.read(document), at=at, proposing=proposing)


def consequences(*, subject: str, document: dict[str, Any] | None, at: datetime) -> list[str]:
    return _vetted(policies.read(document), at=at, proposing=True) if document else []


def put(confirmed: Confirmed) -> None:
    if confirmed.proposed is None:
        rule = _newest(confirmed.subject).rule.model_copy(update={"retired": True})
    else:
        rule = policies.read(confirmed.proposed)
    policy.publish(rule=rule, by=confirmed.author, confirmed_by=confirmed.confirmed_by, at=confirmed.at)


def _vetted(rule: policies.Rule, *, at: datetime, proposing: bool) -> list[str]:
    """Vet as things stand; when proposing, else with the servers and people that wait for confirmation."""
    try:
        return vetting.vet(rule=rule, at=at)
    except BadPolicy:
        if not proposing:
            raise
    told = trying.as_if(lambda: _put_waiting(rule, at=at), lambda: vetting.vet(rule=rule, at=at))
    return [said("It can be confirmed when what is proposed for its server and its roles was confirmed."), *told]


def _put_waiting(rule: policies.Rule, *, at: datetime) -> None:
    """What is proposed for the rule's server and roles; what of it has become impossible since is left out."""
    named = {Change.About.SERVER: [rule.server], Change.About.ROLE: list(vetting.roles_of(rule))}
    open_changes = Change.objects.filter(state__in=(Change.State.PROPOSED, Change.State.CONFIRMED)).order_by("id")
    for about, room in ((Change.About.SERVER, servers), (Change.About.ROLE, roles)):
        for change in open_changes.filter(about=about, subject__in=named[about]):
            with suppress(Refusal), transaction.atomic():
                room.set_to(subject=change.subject, document=trying.document(change), at=at)


def _newest(subject: str) -> Policy | None:
    return Policy.objects.filter(checkpoint__name=subject).order_by("-revision").first()
