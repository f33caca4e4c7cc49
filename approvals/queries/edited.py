"""What owners made of asks before approving them, and how that differs from what was asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors.sealed import Erased, Unreadable
from ..models import Action, Edit
from ..rules.rendering.values import EVERYTHING, Row, Sheet
from .inbox import value_of


@dataclass(frozen=True, slots=True)
class Edited:
    """The newest edit of an ask, and each value that differs from what was asked (`was`)."""

    edit: Edit
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Made:
    """The edits of a few actions."""

    found: Sequence[Edit]

    def edits(self, action: Action) -> list[Edit]:
        """Those of this action, the oldest first."""
        return [edit for edit in self.found if edit.action_id == action.pk]

    def of(self, action: Action) -> bytes:
        """The bytes that are decided, and may run."""
        mine = self.edits(action)
        return bytes(mine[-1].body if mine else action.body)

    def before(self, action: Action | None) -> bytes | None:
        """The bytes of an earlier ask to compare with; None when there is none, or none that can be read."""
        try:
            return self.of(action) if action else None
        except (Erased, Unreadable):
            return None

    def compared(self, action: Action) -> Edited | None:
        mine = self.edits(action)
        if not mine:
            return None
        rows = differences(action.kind, before=value_of(action.body), after=value_of(mine[-1].body))
        return Edited(mine[-1], rows)


def read(*actions: Action | None) -> Made:
    """Read the edits of these actions, in one query."""
    ids = [action.pk for action in actions if action]
    return Made(list(Edit.objects.filter(action_id__in=ids).select_related("editor").order_by("number")))


def between(kind: str, *, before: bytes, after: bytes) -> list[Row]:
    """The same of stored bytes."""
    return differences(kind, before=value_of(before), after=value_of(after))


def differences(kind: str, *, before: Any, after: Any) -> list[Row]:
    """Each value that differs, as it is shown: what it is now, and beside it what it was. Nothing is cut."""
    under = ("params", "arguments") if kind == "tool_call" else ("params",)
    sheet = Sheet(after, frozenset({EVERYTHING}), before)
    return [row for row in sheet.rows(*under, compare=True).rows if row.changed]
