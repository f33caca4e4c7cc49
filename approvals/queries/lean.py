"""Actions as a list reads them: no body that is large, and what else a row tells without a query of its own."""

from functools import lru_cache

from django.db.models import BinaryField, Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Length

from .. import assignment
from ..models import Action, Edit, Handover, Timer
from ..sealing import BODY, CONTEXT, EDIT, ERASED, OVERHEAD, Context, opened_or_none
from . import drift

#: Bytes of a body that a list reads; a larger ask gets a general sentence and says its size.
READ = 8 * 1024
STORED = READ + OVERHEAD


def rows(actions: QuerySet[Action]) -> QuerySet[Action]:
    """Rows for a list: bodies only when small, the context only of a bundle; both as stored, `newest` opens them."""
    size = Length("body", output_field=IntegerField())
    small = Case(When(size__lte=STORED, then=F("body")), default=None, output_field=BinaryField(null=True))
    few = Q(room__lte=STORED) & ~Q(bundle="")
    said = Case(When(few, then=F("context")), default=None, output_field=BinaryField(null=True))
    lean = drift.beside(actions.select_related("server", "policy", "checkpoint")).defer("body", "context")
    sized = lean.annotate(size=size, room=Length("context", output_field=IntegerField()))
    return _edited(_handed(sized.annotate(small=small, said=said)))


@lru_cache(maxsize=1)
def everything() -> QuerySet[Action]:
    """All of them, never asked for: narrowed by whoever lists some. What it annotates is worked out once a process."""
    return rows(Action.objects.order_by())


def _edited(actions: QuerySet[Action]) -> QuerySet[Action]:
    """With the newest bytes where somebody edited them, when those are small."""
    newest = Edit.objects.filter(action=OuterRef("pk")).order_by("-number")
    room = newest.annotate(room=Length("body", output_field=IntegerField()))
    small = Case(When(room__lte=STORED, then=F("body")), default=None, output_field=BinaryField(null=True))
    return actions.annotate(
        edits_made=Subquery(newest.values("number")[:1]),
        edited=Subquery(room.annotate(small=small).values("small")[:1]),
        edited_dig=Subquery(newest.values("dig")[:1]),
        edited_size=Subquery(room.values("room")[:1]),
    )


def _handed(actions: QuerySet[Action]) -> QuerySet[Action]:
    """With who looks after it, and whether a warning was given."""
    last = Handover.objects.filter(action=OuterRef("pk")).order_by("-pk")
    warned = Timer.objects.filter(action=OuterRef("pk"), step=assignment.WARNING, fired_at__isnull=False)
    return actions.annotate(
        handed_how=Subquery(last.values("how")[:1]), handed_by=Subquery(last.values("person__username")[:1]),
        handed_to=Subquery(last.values("to__username")[:1]), warned=Exists(warned),
    )  # fmt: skip


def newest(action: Action) -> bytes | None:
    """The bytes that are decided, of a row for a list; None when they are large, erased or do not open."""
    if action.edits_made:
        return opened_or_none(action.edited, Context(EDIT, action.pk, action.edited_dig))
    return opened_or_none(action.small, Context(BODY, action.pk, action.dig))


def around(action: Action) -> bytes | None:
    """What was said with a bundle's ask; None when it is large, erased or does not open."""
    return opened_or_none(action.said, Context(CONTEXT, action.pk, action.context_dig))


def size(action: Action) -> int:
    """How many bytes are decided."""
    stored = action.edited_size if action.edits_made else action.size
    return max(stored - OVERHEAD, 0)


def is_erased(action: Action) -> bool:
    return action.size == len(ERASED)
