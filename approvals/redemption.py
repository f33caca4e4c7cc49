"""Using an approval once, and reporting what came of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from placet import canonical

from accounts import servers
from accounts.servers import Identity
from accounts.words import said

from . import access, findings, ledger, rows, secrecy, spoken
from .errors import (
    AlreadyConsumed,
    ApprovalExpired,
    BadIdempotencyKey,
    BadOutcome,
    NotAnAsk,
    NotApproved,
    NotConsumed,
    OutcomeConflict,
    TextTooLong,
)  # fmt: skip
from .models import Action, Consumption, Finding, Outcome, Receipt, State

STATUSES = ("succeeded", "failed")
NOTE_LIMIT = 2000


@dataclass(frozen=True, slots=True)
class Consumed:
    """The one use. `new` is False when this very key had used it before."""

    at: datetime
    new: bool


@transaction.atomic
def consume(*, action_id: UUID, server: Identity, key: str, at: datetime) -> Consumed:
    """Use the approval: it succeeds for one key, before the receipt expires.

    The locked action row makes callers queue.
    """
    if not (1 <= len(key) <= 200 and key.isascii() and key.isprintable()):
        raise BadIdempotencyKey()
    servers.require_current(server)
    action = access.action_of_server(server=server, action_id=action_id)
    if action.state != State.APPROVED:
        raise NotApproved(said("This action is {state}; only an approved one can be used.", state=action.state))
    used = Consumption.objects.filter(pk=action.pk).first()
    if used is not None:
        if used.key != key:
            raise AlreadyConsumed()
        return Consumed(used.at, new=False)
    if at >= Receipt.objects.values_list("expires_at", flat=True).get(pk=action.pk):
        raise ApprovalExpired()
    Consumption.objects.create(action=action, key=key, at=at)
    newest = spoken.newest_edit(action.pk)
    dig = newest.dig if newest else action.dig
    ledger.record(event="action.consumed", actor=server.urn, action_id=action.pk, dig=dig, at=at)
    return Consumed(at, new=True)


@transaction.atomic
def report(*, action_id: UUID, server: Identity, status: str, note: str = "", at: datetime) -> Outcome:
    """Report the outcome of a used approval. The same report again changes nothing; another one is refused.

    What was approved and then failed is for the exceptions owners.
    """
    if status not in STATUSES:
        raise BadOutcome(pointer="/status")
    if len(note) > NOTE_LIMIT:
        raise TextTooLong(pointer="/note")
    if "\0" in note:
        raise NotAnAsk("bad_character", said("The note may not hold U+0000: no text column can."), pointer="/note")
    servers.require_current(server)
    secrecy.require_none(note, at="/note", who=server.urn)
    action = access.action_of_server(server=server, action_id=action_id)
    if not Consumption.objects.filter(pk=action.pk).exists():
        raise NotConsumed()
    told = Outcome.objects.filter(pk=action.pk).first()
    if told is not None:
        if (told.status, told.note) != (status, note):
            raise OutcomeConflict()
        return told
    outcome = Outcome.objects.create(action=action, status=status, note=note, at=at)
    dig = canonical.digest("outcome", {"status": status, "note": note})
    ledger.record(event=f"action.{status}", actor=server.urn, action_id=action.pk, dig=dig, at=at)
    if status == "failed":
        rows.turn(findings.step([_failed(action, note)], at=at))
    return outcome


def _failed(action: Action, note: str) -> findings.Noted:
    return findings.Noted(
        code=Finding.Code.OUTCOME_FAILED, checkpoint_id=action.checkpoint_id, server_id=action.server_id,
        kind=action.kind, about=action.name, action_id=action.pk, detail=note,
    )  # fmt: skip
