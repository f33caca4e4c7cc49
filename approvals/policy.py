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
from .models import Checkpoint, Policy
from .rules import matching, policies

#: How many revisions there are, and the newest. Revisions are never changed or deleted, so this tells books apart.
VERSION = "SELECT (SELECT count(*) FROM approvals_policy), id, dig FROM approvals_policy ORDER BY id DESC LIMIT 1"

type Version = list[tuple[Any, ...]]


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


def publish(*, rule: policies.Rule, at: datetime, by: User | None = None, confirmed_by: User | None = None) -> Policy:
    """Publish the rule as the next revision of its checkpoint, in force from now on; its roles hold the duties."""
    server = _server(rule)
    with transaction.atomic():
        Checkpoint.objects.get_or_create(name=rule.checkpoint, defaults={"created_at": at})
        place = Checkpoint.objects.select_for_update().get(name=rule.checkpoint)
        revision = (place.policies.aggregate(last=Max("revision"))["last"] or 0) + 1
        body = policies.stamped(
            rule, rev=revision, published_at=at.isoformat(), published_by=by.urn if by else None,
            confirmed_by=confirmed_by.urn if confirmed_by else None,
        )  # fmt: skip
        published = Policy.objects.create(
            checkpoint=place, revision=revision, kind=rule.kind, pattern=rule.pattern, server=server,
            effect=rule.effect, need=rule.need, deadline_seconds=rule.deadline_seconds,
            valid_seconds=rule.valid_seconds, retired=rule.retired, body=body, dig=canonical.digest_bytes(body),
            created_at=at, created_by=by, confirmed_by=confirmed_by,
        )  # fmt: skip
        access.set_duties(checkpoint=place, roles=rule.roles)
        ledger.record(event="policy.published", actor=by.urn if by else "console", dig=published.dig, at=at)
    return published


def _server(rule: policies.Rule) -> Server | None:
    if rule.server is None:
        return None
    found = Server.objects.filter(name=rule.server).first()
    if found is None:
        raise BadPolicy(f"No server is named {rule.server}.", pointer="/server")
    return found


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
