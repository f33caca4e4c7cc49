"""Admitting asks, many at a time: both doors feed one set-based verb, one transaction a batch.

A refusal for each that deserves one.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts import servers
from accounts.servers import Identity

from . import access, assignment, ledger, nudge, particulars, policy, rows, settlement, submission
from .errors import BadIdempotencyKey, IdempotencyConflict, NotAnAsk, Refusal
from .models import Action, Kind, Policy, Receipt, State
from .rules import ids, timing

KEY_LIMIT = 200
TRIES = 3


@dataclass(frozen=True, slots=True)
class Item:
    """One ask at the door: who sends it, under which idempotency key, and what."""

    server: Identity
    key: str
    submission: submission.Submission


@dataclass(frozen=True, slots=True)
class Admitted:
    """An ask that is on record.

    `new` is False when this key had brought the same ask before; then read its present state.
    """

    action: Action
    new: bool
    checkpoint: str | None = None
    receipt: Receipt | None = None


type Answer = Admitted | Refusal
type Known = dict[tuple[int, str], Action]


def submit_many(*, items: Sequence[Item], at: datetime) -> list[Answer]:
    """Admit the items in one transaction; the answers stand in the items' order. What this returns is durable.

    That all keys are new is taken for granted; where one is not, or two processes bring one at the same instant, the
    unique constraint says so, and the batch is tried again after a look at what these keys brought before.
    """
    known: Known | None = {}
    for _ in range(TRIES - 1):
        try:
            return _admit(items, known=known, at=at)
        except IntegrityError:
            known = None
    return _admit(items, known=None, at=at)


@transaction.atomic
def _admit(items: Sequence[Item], *, known: Known | None, at: datetime) -> list[Answer]:
    batch = _Batch(items, known=_known(items) if known is None else known, at=at)
    answers = [batch.answer(item) for item in items]
    batch.write()
    return answers if not batch.receipts else [batch.with_receipt(answer) for answer in answers]


class _Batch:
    """What one transaction knows and is about to write."""

    def __init__(self, items: Sequence[Item], *, known: Known, at: datetime) -> None:
        self.at = at
        who = list({item.server.id for item in items})
        generations, version = rows.fetch((servers.LIVING, [who]), (policy.VERSION, []))
        self.generations = dict(generations)
        self.known = dict(known)
        self.book = policy.book(version=version)
        self.sampling = _approved_sampling(items)
        self.new: list[tuple[Action, Item, Policy | None]] = []
        self.receipts: dict[UUID, Receipt] = {}

    def answer(self, item: Item) -> Answer:
        if self.generations.get(item.server.id) != item.server.generation:
            return servers.outdated()
        if not (1 <= len(item.key) <= KEY_LIMIT and item.key.isascii() and item.key.isprintable()):
            return BadIdempotencyKey()
        known = self.known.get((item.server.id, item.key))
        if known is not None:
            same = known.submission_dig == item.submission.whole_dig
            return Admitted(known, new=False) if same else IdempotencyConflict()
        named = item.submission.sampling_action
        if named is not None and (item.server.id, named) not in self.sampling:
            return NotAnAsk(
                "bad_sampling_action", "It must be an approved sampling action of yours.", pointer="/sampling_action"
            )
        return self._admit_new(item)

    def _admit_new(self, item: Item) -> Admitted:
        ask = item.submission
        found = next(iter(self.book.by_name(kind=ask.kind, name=ask.name, server_id=item.server.id)), None)
        action = _action(item, found, place=len(self.new), at=self.at)
        self.known[item.server.id, item.key] = action
        self.new.append((action, item, found))
        return Admitted(action, new=True, checkpoint=found.checkpoint.name if found else None)

    def write(self) -> None:
        """Insert all that is new: actions, named owners, ledger lines; settle at once what nobody may decide."""
        owners = access.owners({p.checkpoint_id for _, _, p in self.new if p}, at=self.at) if self.new else {}
        named, hopeless, lines = [], [], []
        for action, item, found in self.new:
            people = assignment.eligible(
                owners.get(found.checkpoint_id, ()) if found else (),
                subject=action.subject, principal=item.submission.principal,
            )  # fmt: skip
            named += assignment.name(action_id=action.pk, owners=people, at=self.at)
            if not people:
                hopeless.append(_hopeless(action, item, found))
            lines.append(
                ledger.Line(
                    event="action.submitted", actor=item.server.urn, action_id=action.pk, dig=action.dig, at=self.at
                )
            )
        told = particulars.of((action, item.submission, found) for action, item, found in self.new)
        rows.insert([action for action, _, _ in self.new], named, lines, *told)
        if hopeless:
            born = settlement.settle_many(hopeless, at=self.at)
            self.receipts = {receipt.action_id: receipt for receipt in born}
        asked = [(a.pk, a.checkpoint_id) for a, _, _ in self.new if a.pk not in self.receipts]
        nudge.after_commit(event="asked", actions=asked)

    def with_receipt(self, answer: Answer) -> Answer:
        if isinstance(answer, Admitted) and answer.new and answer.action.pk in self.receipts:
            return Admitted(answer.action, True, answer.checkpoint, self.receipts[answer.action.pk])
        return answer


def _known(items: Sequence[Item]) -> Known:
    """Return what these keys brought before. Filtered by server and key apart, then paired: one index, any batch."""
    found = Action.objects.filter(
        server_id__in={i.server.id for i in items}, idempotency_key__in={i.key for i in items}
    ).defer("body", "context")
    return {(row.server_id, row.idempotency_key): row for row in found}


def _approved_sampling(items: Sequence[Item]) -> set[tuple[int, UUID]]:
    named = {i.submission.sampling_action for i in items} - {None}
    if not named:
        return set()
    found = Action.objects.filter(pk__in=named, kind=Kind.SAMPLING, state=State.APPROVED)
    return set(found.values_list("server_id", "pk"))


def _action(item: Item, found: Policy | None, *, place: int, at: datetime) -> Action:
    ask = item.submission
    seconds = found.deadline_seconds if found else timing.DENIAL_LIFE
    return Action(
        id=ids.uuid7(at=at, place=place, noise=os.urandom(8)), server_id=item.server.id, idempotency_key=item.key,
        submission_dig=ask.whole_dig, kind=ask.kind, name=ask.name, body=ask.body, dig=ask.dig,
        context=ask.context, context_dig=ask.context_dig, nonce=ask.nonce, subject=ask.subject,
        session=ask.session, bundle=ask.bundle, sampling_action_id=ask.sampling_action,
        checkpoint_id=found.checkpoint_id if found else None, policy=found, created_at=at, state=State.PENDING,
        deadline_at=timing.deadline(at=at, policy_seconds=seconds, timeout=ask.timeout),
    )  # fmt: skip


def _hopeless(action: Action, item: Item, found: Policy | None) -> settlement.Case:
    """Nothing matched, or nobody owns it: fail closed, signed, and visible to admins as a gap."""
    reason = "no_owner" if found else "no_checkpoint"
    return settlement.Case(
        action=action, server_urn=item.server.urn, policy=found, decision=State.DENIED, reason=reason, actor="console"
    )
