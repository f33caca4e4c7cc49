"""Where actions stand, as their servers read it: many at once, because a thousand parked polls share one read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from accounts import servers
from accounts.servers import Identity

from .errors import NotFound, Refusal, Unauthenticated
from .models import Action, Receipt, Review, State

_COLUMNS = (
    "id", "server_id", "kind", "state", "dig", "created_at", "deadline_at", "checkpoint__name", "reason", "settled_at",
    "receipt__expires_at", "receipt__jws", "consumption__at", "outcome__status", "outcome__note",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """One action as its server may see it. `note` is what the owner who denied it wrote to the server."""

    id: UUID
    server_id: int
    kind: str
    state: str
    dig: str
    created_at: datetime
    deadline_at: datetime
    checkpoint: str | None
    reason: str = ""
    settled_at: datetime | None = None
    expires_at: datetime | None = None
    receipt: bytes | None = None
    consumed_at: datetime | None = None
    outcome: str | None = None
    outcome_note: str | None = None
    note: str = ""


def of_new(action: Action, *, checkpoint: str | None, receipt: Receipt | None) -> Standing:
    """The standing of an action that was admitted this moment, without asking the database again."""
    return Standing(
        action.pk, action.server_id, action.kind, action.state, action.dig, action.created_at, action.deadline_at,
        checkpoint, action.reason, action.settled_at, receipt and receipt.expires_at, receipt and bytes(receipt.jws),
    )  # fmt: skip


def read(*, action_id: UUID) -> Standing:
    """The standing of one action whoever its server is, for operators; NotFound when there is none."""
    found = _read(Action.objects.filter(pk=action_id))
    if not found:
        raise NotFound()
    return found[0]


def read_many(*, wanted: Sequence[tuple[Identity, UUID]]) -> list[Standing | Refusal]:
    """Return the standing of each wanted action, in order; NotFound when it is another server's or nobody's."""
    living = servers.current(server for server, _ in wanted)
    found = {row.id: row for row in _read(Action.objects.filter(pk__in={action_id for _, action_id in wanted}))}
    return [_answer(found.get(action_id), server=server, living=living) for server, action_id in wanted]


def page(
    *, server: Identity, session: str = "", state: str = "", before: UUID | None = None, limit: int
) -> tuple[list[Standing], UUID | None]:
    """Return the server's own actions, newest first, and where the next page starts (None at the end)."""
    servers.require_current(server)
    rows = Action.objects.filter(server_id=server.id)
    if session:
        rows = rows.filter(session=session)
    if state:
        rows = rows.filter(state=state)
    if before:
        rows = rows.filter(pk__lt=before)
    found = _read(rows.order_by("-pk")[: limit + 1])
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def _answer(row: Standing | None, *, server: Identity, living: set[Identity]) -> Standing | Refusal:
    if server not in living:
        return Unauthenticated("stopped_server", "This server was stopped or its credentials were replaced.")
    return row if row is not None and row.server_id == server.id else NotFound()


def _read(rows: QuerySet[Action]) -> list[Standing]:
    found = list(rows.values_list(*_COLUMNS))
    notes = _notes([row[0] for row in found if row[3] == State.DENIED])
    return [Standing(*row[:11], _bytes(row[11]), *row[12:], notes.get(row[0], "")) for row in found]


def _notes(denied: list[UUID]) -> dict[UUID, str]:
    """One deny denies, so there is at most one note an action."""
    if not denied:
        return {}
    return dict(Review.objects.filter(action_id__in=denied, verdict="deny").values_list("action_id", "note"))


def _bytes(value: bytes | memoryview | None) -> bytes | None:
    return None if value is None else bytes(value)
