"""Publishing revisions: the next one of a checkpoint, in force at once and for ever on record."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max
from placet import canonical

from accounts.models import Server, User
from accounts.words import said

from .. import access, ledger
from ..errors import BadPolicy
from ..models import Checkpoint, Effect, Policy
from ..rules import conditions, matching, policies
from .books import book


def check(*, rule: policies.Rule, at: datetime) -> None:
    """Refuse a rule that could not work: its condition or schema is none, or nobody could tell when it is the best.

    BadPolicy names the other checkpoint: equally exact rules that could meet the same ask need different ranks.
    """
    judge = conditions.judge(rule)
    server = _server(rule)
    if rule.retired or rule.effect == Effect.DENY:
        return
    exactness = matching.exactness(
        rule.pattern, server=server is not None, conditional=judge != conditions.Judge(None, None), rank=rule.rank
    )
    for entry in book().rivals(kind=rule.kind, server_id=server.pk if server else None):
        mine = entry.place == rule.checkpoint or entry.effect == Effect.DENY
        if mine or len(entry.pattern.replace("*", "")) != exactness.letters:
            continue
        if matching.overlap(rule.pattern, entry.pattern) and entry.exactness == exactness:
            raise BadPolicy(
                said(
                    "The rule of {place} ({pattern}) is as exact as this one and could fit the same ask. "
                    "Give one of them a higher rank.",
                    place=entry.place,
                    pattern=entry.pattern,
                ),
                pointer="/rank",
            )


_LOCK = 0x706F6C696379  # "policy"


def publish(*, rule: policies.Rule, at: datetime, by: User | None = None, confirmed_by: User | None = None) -> Policy:
    """Publish the rule as the next revision of its checkpoint, in force from now on; its roles hold the duties."""
    with transaction.atomic():
        _one_at_a_time()
        check(rule=rule, at=at)
        server = _server(rule)
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


def _one_at_a_time() -> None:
    """Wait until nobody else publishes: two who look at one book could tie, and ids would not tell books apart.

    Nobody else waits for it, and it takes no right to change policies. SQLite has one writer at a time anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _server(rule: policies.Rule) -> Server | None:
    if rule.server is None:
        return None
    found = Server.objects.filter(name=rule.server).first()
    if found is None:
        raise BadPolicy(said("No server is named {server}.", server=rule.server), pointer="/server")
    return found
