"""What one transaction knows of a batch of asks, decides of each, and writes of all."""

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts import servers
from accounts.words import said

from .. import (
    assignment,
    findings,
    granting,
    ledger,
    nudge,
    particulars,
    policy,
    rows,
    secrecy,
    settlement,
    sightings,
)  # fmt: skip
from ..errors import BadIdempotencyKey, IdempotencyConflict, NotAnAsk, TooMany
from ..models import Action, Finding, Kind, Policy, Receipt, State
from ..policy import Asker, Found
from ..rules import conditions, ids, timing
from .bounds import Bounds
from .items import Admitted, Answer, Item, Known
from .refused import Refused, noted

KEY_LIMIT = 200
NOBODY = Found(None, "deny", "no_checkpoint")


#: Roles that the last batch of this process came to. The next one mostly comes to the same: their holders are read
#: along in its first turn with the database, and a turn is saved. A wrong guess costs the turn it would have saved.
_lately: frozenset[str] = frozenset()
MANY = 50  # roles; more are not read along on a guess


class Unsure(Exception):
    """Whether this key brought the same ask before decides, and nobody has looked yet."""


class Batch:
    """What one transaction knows and is about to write. `sure` says that `known` is all that its keys ever brought."""

    def __init__(self, items: Sequence[Item], *, known: Known, sure: bool, at: datetime, grants: bool) -> None:
        self.at, self.items, self.known, self.sure = at, items, dict(known), sure
        who = sorted({item.server.id for item in items})
        triples = {(item.server.id, item.submission.kind, item.submission.name) for item in items}
        asked = [granting.ask(triples, at=at)] if grants and items else []
        names = _lately
        holders = assignment.ask_holders(names, at=at) if names else ()
        askers, version, *rest = rows.together((policy.ASKERS, [who]), (policy.VERSION, []), *holders, *asked)
        self.everybody = assignment.holders_found(names, rest[:2]) if names else None
        living = rest[len(holders) :]
        self.askers = policy.read_askers(askers)
        self.grants = granting.read(living[0]) if living else granting.Grants.none()
        self.book = policy.book(version=version)
        self._alike: dict[tuple[int, str, str], Found] = {}
        self.found = [self._find(item) for item in items]
        self.bounds = Bounds(self._bounded(), at=at)
        self.sampling = _approved_sampling(items)
        self.new: list[tuple[Action, Item, Found]] = []
        self.refused: list[Refused] = []
        self.cases: list[settlement.Case] = []
        self.receipts: dict[UUID, Receipt] = {}

    def answers(self) -> list[Answer]:
        return [self._answer(item, found) for item, found in zip(self.items, self.found, strict=True)]

    def _find(self, item: Item) -> Found:
        asker, ask = self.askers.get(item.server.id), item.submission
        if asker is None:
            return NOBODY
        known = self._alike.get((asker.id, ask.kind, ask.name))
        if known is not None:
            return known
        facts = _Facts(item, asker, self.at)
        found = self.book.find(kind=ask.kind, name=ask.name, server=asker, facts=facts)
        if not facts.wanted:  # nothing else about it mattered, so the next by this name is found alike
            self._alike[asker.id, ask.kind, ask.name] = found
        return found

    def _bounded(self) -> list[tuple[Asker, Policy | None]]:
        pairs = zip(self.items, self.found, strict=True)
        return [(self.askers[i.server.id], found.policy) for i, found in pairs if i.server.id in self.askers]

    def _answer(self, item: Item, found: Found) -> Answer:
        asker = self.askers.get(item.server.id)
        if asker is None or asker.generation != item.server.generation:
            return servers.outdated()
        if not (1 <= len(item.key) <= KEY_LIMIT and item.key.isascii() and item.key.isprintable()):
            return BadIdempotencyKey()
        known = self.known.get((item.server.id, item.key))
        if known is not None:
            same = known.submission_dig == item.submission.whole_dig
            return Admitted(known, new=False) if same else IdempotencyConflict()
        secret = secrecy.refusal(item.submission)
        if secret is not None:
            self.refused.append((item, found, secret))
            return secret
        named = item.submission.sampling_action
        if named is not None and (item.server.id, named) not in self.sampling:
            return NotAnAsk(
                "bad_sampling_action",
                said("It must be an approved sampling action of yours."),
                pointer="/sampling_action",
            )
        return self._admit_new(item, found, asker)

    def _admit_new(self, item: Item, found: Found, asker: Asker) -> Admitted | TooMany:
        grant = self._grant(item, found, asker)
        waits = found.decision == "review" and grant is None
        refused = self.bounds.refusal(asker, found.policy, waits=waits)
        if refused is not None:
            if not self.sure:
                raise Unsure
            return refused
        action = _action(item, found.policy, place=len(self.new), at=self.at)
        self.known[item.server.id, item.key] = action
        self.new.append((action, item, found))
        if not waits:
            self.cases.append(self._settled(action, item, found, grant))
        return Admitted(action, new=True, checkpoint=found.policy.checkpoint.name if found.policy else None)

    def _grant(self, item: Item, found: Found, asker: Asker) -> granting.Living | None:
        """The grant that covers an ask which people would decide otherwise."""
        ask = item.submission
        alike = self.grants.like((item.server.id, ask.kind, ask.name)) if found.decision == "review" else []
        if not alike:
            return None
        said: dict[str, Any] = {
            "params": _value(ask.body)["params"], "policy": found.policy, "names": (ask.subject, ask.principal),
            "server_owner_id": asker.owner_id,
        }  # fmt: skip
        return next((grant for grant in alike if grant.allows(**said)), None)

    def _settled(
        self, action: Action, item: Item, found: Found, grant: granting.Living | None
    ) -> settlement.Case:  # fmt: skip
        """The case of an ask that no people decide: the rule does, or a grant."""
        case = settlement.Case(
            action=action, server_urn=item.server.urn, policy=found.policy, decision=State.DENIED, reason=found.reason,
            actor="console",
        )  # fmt: skip
        if grant is not None:
            used = self.grants.use(grant, action_id=action.pk, at=self.at)
            return replace(case, decision=State.APPROVED, reason="grant", basis="grant", grant=used)
        return replace(case, decision=State.APPROVED, basis="policy") if found.decision == "allow" else case

    def write(self) -> None:
        """Insert all that is new: actions, who is asked, ledger lines; settle at once what no people decide."""
        if not self.new:
            findings.record(noted(self.refused, at=self.at), at=self.at)
            return
        plan = self._plan()
        lines = [
            ledger.Line(
                event="action.submitted", actor=item.server.urn, action_id=action.pk, dig=action.dig, at=self.at
            )
            for action, item, _ in self.new
        ]
        told = particulars.of((action, item.submission, found.policy) for action, item, found in self.new)
        seen = {(action.server_id, action.kind, action.name) for action, _, _ in self.new}
        rows.turn(
            [action for action, _, _ in self.new], plan.named, plan.timers, lines, *told, self.grants.uses,
            findings.step(self._fell_through(), at=self.at), sightings.step(seen, at=self.at) or (),
        )  # fmt: skip
        if self.cases:
            born = settlement.settle_many(self.cases, at=self.at)
            self.receipts = {receipt.action_id: receipt for receipt in born}
        asked = [(a.pk, a.checkpoint_id) for a, _, _ in self.new if a.pk not in self.receipts]
        nudge.after_commit(event="asked", actions=asked)

    def _plan(self) -> assignment.Plan:
        """Who is asked about what waits. What nobody could complete is denied: fail closed, signed, and a finding."""
        settled = {case.action.pk for case in self.cases}
        waiting = {action.pk: (action, item, found) for action, item, found in self.new if action.pk not in settled}
        items = [self._planned(*each) for each in waiting.values()]
        plan = assignment.plan(items, at=self.at, read=self.everybody)
        _remember(assignment.all_roles(items))
        for action, item, found in waiting.values():
            if action.pk in plan.hopeless:
                self.cases.append(self._settled(action, item, Found(found.policy, "deny", "no_owner"), None))
        return plan

    def _planned(self, action: Action, item: Item, found: Found) -> assignment.Item:
        ask = item.submission
        return assignment.Item(
            action_id=action.pk, policy=found.policy, deadline_at=action.deadline_at, subject=ask.subject,
            principal=ask.principal, server_owner_id=self.askers[item.server.id].owner_id,
        )  # fmt: skip

    def _fell_through(self) -> list[findings.Noted]:
        """What a person has to look at: all that is denied but by a rule that says so, or is refused for a secret."""
        details = {action.pk: found.detail for action, _, found in self.new if found.detail}
        return [
            findings.Noted(
                code=case.reason, checkpoint_id=case.action.checkpoint_id, server_id=case.action.server_id,
                kind=case.action.kind, about=case.action.name, action_id=case.action.pk,
                detail=details.get(case.action.pk, ""),
            )
            for case in self.cases
            if case.reason in Finding.Code
        ] + noted(self.refused, at=self.at)  # fmt: skip

    def with_receipt(self, answer: Answer) -> Answer:
        if isinstance(answer, Admitted) and answer.new and answer.action.pk in self.receipts:
            return replace(answer, receipt=self.receipts[answer.action.pk])
        return answer


def _remember(names: frozenset[str]) -> None:
    global _lately
    if names:
        _lately = names if len(names) <= MANY else frozenset()


class _Facts:
    """The ask as conditions see it, read again from the very bytes that are digested; and whether any did see it."""

    def __init__(self, item: Item, asker: Asker, at: datetime) -> None:
        self._item, self._asker, self._at = item, asker, at
        self.wanted = False

    def __call__(self) -> dict[str, Any]:
        self.wanted = True
        ask, asker = self._item.submission, self._asker
        return conditions.facts(
            kind=ask.kind, name=ask.name, server=asker.name, environment=asker.environment,
            params=_value(ask.body)["params"], signals=_value(ask.context).get("signals", {}), subject=ask.subject,
            principal=ask.principal, at=self._at,
        )  # fmt: skip


def _value(preimage: bytes) -> dict[str, Any]:
    return json.loads(preimage)["value"]


def _approved_sampling(items: Sequence[Item]) -> set[tuple[int, UUID]]:
    named = {i.submission.sampling_action for i in items} - {None}
    if not named:
        return set()
    found = Action.objects.filter(pk__in=named, kind=Kind.SAMPLING, state=State.APPROVED)
    return set(found.values_list("server_id", "pk"))


def _action(item: Item, found: Policy | None, *, place: int, at: datetime) -> Action:
    ask = item.submission
    seconds = found.deadline_seconds if found else timing.DENIAL_LIFE
    return Action.unsaved(
        id=ids.uuid7(at=at, place=place, noise=os.urandom(8)), server_id=item.server.id, idempotency_key=item.key,
        submission_dig=ask.whole_dig, kind=ask.kind, name=ask.name, body=ask.body, dig=ask.dig,
        context=ask.context, context_dig=ask.context_dig, nonce=ask.nonce, subject=ask.subject,
        session=ask.session, bundle=ask.bundle, sampling_action_id=ask.sampling_action,
        checkpoint_id=found.checkpoint_id if found else None, policy_id=found.pk if found else None, created_at=at,
        deadline_at=timing.deadline(at=at, policy_seconds=seconds, timeout=ask.timeout), state=State.PENDING,
        reason="", settled_at=None,
    )  # fmt: skip
