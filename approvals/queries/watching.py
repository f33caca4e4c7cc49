"""What a rule watches in an ask, beside what was approved at its checkpoint before; and names for ids.

Two queries where the rule watches anything, none where it does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import IntegerField
from django.db.models.functions import Length

from ..models import Action, Edit, State
from ..rules import watched
from ..rules.watched import Watched
from ..sealing import BODY, EDIT, Context, opened_or_none
from . import lean
from .history import COUNTED, REMEMBERED
from .inbox import value_of

COMPARED = 200  # approved asks that a watched value is looked for in


@dataclass(frozen=True, slots=True)
class Watching:
    """Watched values, compared with asks approved since `since`; `claimed` are names that the server sent along."""

    values: list[Watched] = field(default_factory=list)
    since: datetime | None = None
    claimed: Mapping[str, str] = field(default_factory=dict)

    @property
    def known(self) -> dict[str, str]:
        """Names that the rule has for ids, by pointer."""
        return {item.at: item.name for each in self.values for item in each.items if item.name}

    @property
    def first(self) -> dict[str, str]:
        """The word for each value that was never approved here before, by pointer."""
        return {item.at: each.word for each in self.values for item in each.first}


def read(action: Action, body: Any, context: Mapping[str, Any]) -> Watching:
    """Look at an ask whose body was read."""
    claims = context.get("claims")
    claimed = watched.names(claims.get("names") if isinstance(claims, Mapping) else None, action.kind)
    watches = action.policy.rule.watch if action.policy else ()
    if not watches:
        return Watching(claimed=claimed)
    earlier, since = _earlier(action)
    return Watching(watched.look(watches, kind=action.kind, body=body, earlier=earlier), since, claimed)


def _earlier(action: Action) -> tuple[list[Any], datetime | None]:
    """What was approved here in the 90 days before, the latest of it; and since when that is.

    Looked for among the latest that ended, as where nearly all expires the rest would be searched for in all.
    """
    asked = action.created_at
    ended = Action.objects.filter(
        checkpoint=action.checkpoint, settled_at__lt=asked, settled_at__gte=asked - REMEMBERED
    )
    recent = ended.exclude(state=State.PENDING).order_by("-settled_at", "-id").values("pk")[:COUNTED]
    alike = Action.objects.filter(pk__in=recent, kind=action.kind, state=State.APPROVED)
    small = alike.annotate(size=Length("body", output_field=IntegerField())).filter(size__lte=lean.STORED)
    found = list(small.order_by("-settled_at", "-id").values_list("pk", "dig", "body", "settled_at")[:COMPARED])
    edits = _edited([pk for pk, *_ in found])
    stored = [edits[pk] if pk in edits else opened_or_none(body, Context(BODY, pk, dig)) for pk, dig, body, _ in found]
    return [value_of(each) for each in stored if each], found[-1][3] if found else None


def _edited(ids: list[UUID]) -> dict[UUID, bytes | None]:
    """The newest bytes of those that somebody edited."""
    found = Edit.objects.filter(action_id__in=ids).order_by("number").values_list("action_id", "dig", "body")
    newest = {action_id: (dig, body) for action_id, dig, body in found}
    return {pk: opened_or_none(body, Context(EDIT, pk, dig)) for pk, (dig, body) in newest.items()}
