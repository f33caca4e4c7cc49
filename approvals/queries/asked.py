"""What one person has to do with the actions of a list, as conditions on its rows."""

import json
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Exists, OuterRef, QuerySet
from django.db.models.expressions import RawSQL

from accounts.models import User

from ..models import Action, Assignment, Edit, Review, Why
from .facets import Desk

BESIDE = 200  # asks that reached somebody beside their duties among which those that wait for them are looked for


def by_name(user: User) -> QuerySet[Assignment]:
    """That they were asked about it by name."""
    return Assignment.objects.filter(action=OuterRef("pk"), owner=user)


def beside(user: User) -> QuerySet[Action]:
    """The latest actions about which this person was asked though their roles may hold no duty there."""
    asked = Assignment.objects.filter(owner=user, why__in=(Why.ESCALATED, Why.REASSIGNED))
    return Action.objects.filter(pk__in=asked.order_by("-action_id").values("action_id")[:BESIDE])


def said(user: User) -> QuerySet[Review]:
    """That they have said yes or no to it, as it is now: what was said before an edit counts no more."""
    said = Review.objects.filter(action=OuterRef("pk"), reviewer=user)
    return said.exclude(Exists(later_edit()))


def later_edit() -> QuerySet[Edit]:
    """Of a review: that other bytes were put in the place of those it is about."""
    return Edit.objects.filter(action=OuterRef("action"), number__gt=OuterRef("edit"))


_NAMED = """
EXISTS (SELECT 1 FROM approvals_assignment AS named WHERE named.action_id = {id} AND named.owner_id = %s{why})
"""
_SAID = """
EXISTS (SELECT 1 FROM approvals_review AS said WHERE said.action_id = {id} AND said.reviewer_id = %s
           AND NOT EXISTS (SELECT 1 FROM approvals_edit AS since
                            WHERE since.action_id = said.action_id AND since.number > said.edit))
"""
_BESIDE = f" AND named.why IN ('{Why.ESCALATED.value}', '{Why.REASSIGNED.value}')"
_ELSEWHERE = f"(NOT {_NAMED.format(id='one.id', why='')} OR {_SAID.format(id='one.id')} OR one.id {{any}})"


def told(user: User) -> dict[str, RawSQL]:
    """`named`, `said_so` and `reached` (see above) as columns of a list; as text, for every page asks it."""
    own = '"approvals_action"."id"'
    texts = {
        "named": _NAMED.format(id=own, why=""), "said_so": _SAID.format(id=own),
        "reached": _NAMED.format(id=own, why=_BESIDE),
    }  # fmt: skip
    return {name: RawSQL(text, [user.pk], output_field=BooleanField()) for name, text in texts.items()}  # noqa: S611


def elsewhere(desk: Desk) -> tuple[str, list[Any]]:
    """That it does not wait for them: not asked by name, said what they say, or passed on. A condition on `one.id`."""
    passed = sorted(desk.passed)
    if connection.vendor == "sqlite":
        where, told = "IN (SELECT value FROM json_each(%s))", json.dumps([each.hex for each in passed])
    else:
        where, told = "= ANY(%s::uuid[])", passed
    return _ELSEWHERE.replace("{any}", where), [desk.user.pk, desk.user.pk, told]
