"""Which checkpoint stops an ask: publishing revisions, and the book of all current ones."""

from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

from django.db import transaction
from django.db.models import Max
from placet import canonical

from accounts.models import Server, User

from . import access, ledger, rows
from .errors import BadPolicy
from .models import Checkpoint, Duty, Kind, Policy
from .rules import matching, timing

#: How many revisions there are, and the newest. Revisions are never changed or deleted, so this tells books apart.
VERSION = "SELECT (SELECT count(*) FROM approvals_policy), id, dig FROM approvals_policy ORDER BY id DESC LIMIT 1"

type Version = list[tuple[Any, ...]]

MOST_NEEDED = 7  # a receipt repeats every review, and has at most 16 KiB
MOST_NAME_BYTES = 150  # for the same reason


@dataclass(frozen=True, slots=True)
class Book:
    """All current revisions, arranged so that an ask meets few of them: plain names by name, patterns by kind."""

    version: Version
    policies: dict[int, Policy] = field(default_factory=dict)
    plain: dict[tuple[str, str], list[matching.Rule]] = field(default_factory=dict)
    patterns: dict[str, list[matching.Rule]] = field(default_factory=dict)

    def match(self, *, kind: str, name: str, server_id: int) -> Policy | None:
        rules = [*self.plain.get((kind, name), ()), *self.patterns.get(kind, ())]
        rule = matching.best(rules, kind=kind, name=name, server_id=server_id)
        return self.policies[rule.policy_id] if rule else None


_book: Book | None = None
_lock = Lock()


def book(*, version: Version | None = None) -> Book:
    """Return the current book, from memory when no revision was published since it was made (one small query).

    `version` is the answer to VERSION, when the caller has asked for it in this transaction already.
    """
    global _book
    version = rows.fetch((VERSION, []))[0] if version is None else version
    known = _book
    if known is None or known.version != version:
        with _lock:
            known = _book = _read(version)
    return known


def publish(
    *, checkpoint: str, kind: str, pattern: str, need: int, deadline_seconds: int, roles: dict[str, str], at: datetime,
    valid_seconds: int = 300, server: Server | None = None, by: User | None = None, retired: bool = False,
) -> Policy:  # fmt: skip
    """Publish the next revision of the checkpoint's rule, and give its duties to these roles (duty -> role)."""
    _check_names(checkpoint=checkpoint, roles=roles)
    _check(kind=kind, pattern=pattern, need=need, deadline_seconds=deadline_seconds, valid_seconds=valid_seconds)
    with transaction.atomic():
        Checkpoint.objects.get_or_create(name=checkpoint, defaults={"created_at": at})
        place = Checkpoint.objects.select_for_update().get(name=checkpoint)
        revision = (place.policies.aggregate(last=Max("revision"))["last"] or 0) + 1
        rule = {
            "checkpoint": checkpoint, "rev": revision, "kind": kind, "pattern": pattern, "need": need,
            "deadline_seconds": deadline_seconds, "valid_seconds": valid_seconds, "roles": roles, "retired": retired,
            "server": server.urn if server else None, "published_at": at.isoformat(),
            "published_by": by.urn if by else None,
        }  # fmt: skip
        body = canonical.preimage("policy", rule)
        published = Policy.objects.create(
            checkpoint=place, revision=revision, kind=kind, pattern=pattern, server=server, need=need,
            deadline_seconds=deadline_seconds, valid_seconds=valid_seconds, approval_role=roles[Duty.APPROVAL],
            retired=retired, body=body, dig=canonical.digest_bytes(body), created_at=at, created_by=by,
        )  # fmt: skip
        access.set_duties(checkpoint=place, roles=roles)
        ledger.record(event="policy.published", actor=by.urn if by else "console", dig=published.dig, at=at)
    return published


def _check_names(*, checkpoint: str, roles: dict[str, str]) -> None:
    if not roles.get(Duty.APPROVAL) or any(duty not in Duty.values or not role for duty, role in roles.items()):
        raise BadPolicy("Name a role for the approval duty; logging and exceptions may follow.")
    if not checkpoint or any(len(name.encode()) > MOST_NAME_BYTES for name in (checkpoint, *roles.values())):
        raise BadPolicy(f"Names of checkpoints and roles have 1 to {MOST_NAME_BYTES} bytes.")


def _check(*, kind: str, pattern: str, need: int, deadline_seconds: int, valid_seconds: int) -> None:
    if kind not in Kind.values:
        raise BadPolicy("This kind of action is not known.")
    if not matching.is_pattern(pattern):
        raise BadPolicy("A name pattern has 1 to 200 characters and at most four stars.")
    if not 1 <= need <= MOST_NEEDED:
        raise BadPolicy(f"A policy needs 1 to {MOST_NEEDED} approvals.")
    if not 1 <= deadline_seconds <= timing.LONGEST.total_seconds():
        raise BadPolicy("A deadline is at least a second and at most 30 days away.")
    if not 1 <= valid_seconds <= timing.APPROVAL_LIFE:
        raise BadPolicy("An approval is valid for 1 to 600 seconds.")


def _read(version: Version) -> Book:
    newest: dict[int, Policy] = {}
    for policy in Policy.objects.select_related("checkpoint").order_by("checkpoint_id", "revision"):
        newest[policy.checkpoint_id] = policy
    made = Book(version=version, policies={p.pk: p for p in newest.values() if not p.retired})
    for policy in made.policies.values():
        rule = matching.Rule(policy.pk, policy.kind, policy.pattern, policy.server_id)
        if "*" in policy.pattern:
            made.patterns.setdefault(policy.kind, []).append(rule)
        else:
            made.plain.setdefault((policy.kind, policy.pattern), []).append(rule)
    return made
