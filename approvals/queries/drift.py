"""Whether a tool's definition is the one that was approved last: by our own records, and by what the gate remembers."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from ..models import Action, Definition, State

RECENT = 500  # asks with a definition of the same tool among which the last approved one is looked for
LISTED = 50  # the same, for each row of a list


@dataclass(frozen=True, slots=True)
class Drift:
    """The definition that came with an ask (`dig`), beside those approved last; each "" when nobody knows of one.

    `remembered` is what the server (a gate) says it saw approved, `recorded` what this console has on record.
    """

    tool: str
    dig: str
    remembered: str
    recorded: str
    at: datetime | None = None
    action_id: UUID | None = None

    @property
    def changed(self) -> bool:
        return any(before and before != self.dig for before in (self.remembered, self.recorded))

    @property
    def first(self) -> bool:
        return not self.remembered and not self.recorded


def read(action: Action) -> Drift | None:
    """Compare the definition of an action (loaded with it); one query, and none without a definition."""
    said = getattr(action, "definition", None)
    if said is None:
        return None
    dig, at, action_id = (_last(action, said) if said.tool else None) or ("", None, None)
    return Drift(said.tool, said.dig, said.approved, dig, at, action_id)


def listed(action: Action) -> Drift | None:
    """The same for a row that `beside` made ready; asks the database nothing."""
    said = getattr(action, "definition", None)
    return Drift(said.tool, said.dig, said.approved, action.recorded or "") if said else None


def beside(actions: QuerySet[Action]) -> QuerySet[Action]:
    """Rows with their definitions, and (as `recorded`) the digest of the one approved last."""
    of_tool = Definition.objects.filter(
        server=OuterRef(OuterRef("server")), tool=OuterRef(OuterRef("definition__tool"))
    ).exclude(tool="")
    others = of_tool.exclude(pk=OuterRef(OuterRef("pk"))).order_by("-action").values("pk")[:LISTED]
    approved = Definition.objects.filter(pk__in=Subquery(others), action__state=State.APPROVED)
    last = approved.order_by("-action__settled_at").values("dig")[:1]
    return actions.select_related("definition").annotate(recorded=Subquery(last))


def _last(action: Action, said: Definition) -> tuple[str, datetime, UUID] | None:
    """The definition approved last: of all others while the ask is pending, of those before it once it is decided."""
    others = Definition.objects.filter(server_id=said.server_id, tool=said.tool).exclude(pk=action.pk)
    if action.state != State.PENDING:
        others = others.filter(pk__lt=action.pk)
    recent = others.order_by("-action").values("pk")[:RECENT]
    approved = Definition.objects.filter(pk__in=recent, action__state=State.APPROVED).order_by("-action__settled_at")
    return approved.values_list("dig", "action__settled_at", "action_id").first()
