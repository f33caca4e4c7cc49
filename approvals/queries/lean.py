"""Actions as a list reads them: no body that is large, and what else a row tells without a query of its own."""

from django.db.models import BinaryField, Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Length

from .. import assignment
from ..models import Action, Edit, Handover, Timer
from . import drift

READ = 8 * 1024  # bytes of a body that a list reads; a larger ask gets a general sentence and says its size


def rows(actions: QuerySet[Action]) -> QuerySet[Action]:
    """Rows for a list: bodies only when small, the context only of a bundle."""
    size = Length("body", output_field=IntegerField())
    small = Case(When(size__lte=READ, then=F("body")), default=None, output_field=BinaryField(null=True))
    few = Q(room__lte=READ) & ~Q(bundle="")
    said = Case(When(few, then=F("context")), default=None, output_field=BinaryField(null=True))
    lean = drift.beside(actions.select_related("server", "policy", "checkpoint")).defer("body", "context")
    sized = lean.annotate(size=size, room=Length("context", output_field=IntegerField()))
    return _edited(_handed(sized.annotate(small=small, said=said)))


def _edited(actions: QuerySet[Action]) -> QuerySet[Action]:
    """With the newest bytes where somebody edited them, when those are small."""
    newest = Edit.objects.filter(action=OuterRef("pk")).order_by("-number")
    room = newest.annotate(room=Length("body", output_field=IntegerField()))
    small = Case(When(room__lte=READ, then=F("body")), default=None, output_field=BinaryField(null=True))
    return actions.annotate(
        edits_made=Subquery(newest.values("number")[:1]),
        edited=Subquery(room.annotate(small=small).values("small")[:1]),
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
