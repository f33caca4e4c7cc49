"""`python -m benchmarks.inbox [--store sqlite|postgres] [--asks 10000 --asks 1000000]`: the inbox's first page.

Ten thousand checkpoints, two hundred roles, a thousand reviewers. One ask of a hundred waits, the others were decided
over a year; alice holds the role of fifty checkpoints, dana the record of all of them. Each size is written into a
store of its own, straight into the tables. Measured is the whole page as a signed-in browser gets it, without the
network: median and 99th percentile of 60, the questions put to the database, and the bytes with gzip.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import batched

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from .stack import ROOT, Stack

CHECKPOINTS, ROLES, PEOPLE, OPEN = 10_000, 200, 1_000, 100
BATCH, PAGES = 5_000, 60
LISTS = {"inbox": "/", "decided": "/?view=decided", "search": "/?q=A1234", "one server": "/?server=shop"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.inbox")
    parser.add_argument("--asks", type=int, action="append")
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.inside:
        return _measure(told.asks[0])
    for asks in told.asks or [10_000, 1_000_000]:
        print(f"{told.store}, {asks:,} asks, load {os.getloadavg()[0]:.1f}", flush=True)
        with Stack(told.store) as stack:
            argv = [sys.executable, "-m", "benchmarks.inbox", "--inside", "--asks", str(asks)]
            subprocess.run(argv, cwd=ROOT, env=stack.environment, check=True, timeout=3600)
    return None


def _measure(asks: int) -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext, setup_test_environment

    setup_test_environment()
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    people = _company()
    _seed(asks, people, now=datetime.now(UTC))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for person in ("alice", "dana"):
        browser = Client(headers={"accept-encoding": "gzip"})
        browser.force_login(people[person])
        for name, address in LISTS.items():
            with CaptureQueriesContext(
                connection,
            ) as asked:
                first = browser.get(address)
            taken = [_timed(browser, address) for _ in range(PAGES)]
            p50, p99 = statistics.median(taken), statistics.quantiles(taken, n=100)[98]
            print(
                f"  {person}, {name}: {p50:.1f} ms, p99 {p99:.1f} ms, {len(asked)} questions, "
                f"{len(first.content) / 1000:.1f} kB",
                flush=True,
            )


def _timed(browser, address: str) -> float:
    started = time.perf_counter()
    answer = browser.get(address)
    took = (time.perf_counter() - started) * 1_000
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answered {answer.status_code}")
    return took


def _company() -> dict:
    """A thousand people of two hundred roles, and ten thousand checkpoints which these roles decide."""
    from placet import canonical

    from accounts.models import Membership, Role, User
    from approvals import access
    from approvals.models import Checkpoint, Policy
    from approvals.rules import policies

    at = datetime.now(UTC) - timedelta(days=400)
    people = [*User.objects.all()]
    people += User.objects.bulk_create(User(username=f"person-{n}") for n in range(PEOPLE - len(people)))
    known = {person.username: person for person in people}
    known["dana"] = User.objects.create(username="dana")
    roles = [*Role.objects.bulk_create(Role(name=f"role-{n}") for n in range(ROLES))]
    all_of_it = Role.objects.create(name="everything")
    held = [(person, roles[n % ROLES]) for n, person in enumerate(people)]
    held += [(known["alice"], roles[0]), (known["dana"], all_of_it)]
    Membership.objects.bulk_create(
        Membership(person=person, role=role, starts_at=at, created_at=at) for person, role in dict.fromkeys(held)
    )
    places = Checkpoint.objects.bulk_create(Checkpoint(name=f"place/{n}", created_at=at) for n in range(CHECKPOINTS))
    rules = []
    for number, place in enumerate(places):
        rule = policies.read(
            {"checkpoint": place.name, "kind": "tool_call", "pattern": f"tool-{number}",
             "needs": [{"role": roles[number % ROLES].name}]}
        )  # fmt: skip
        body = policies.stamped(rule, rev=1, published_at=at.isoformat(), published_by=None, confirmed_by=None)
        rules.append(
            Policy(
                checkpoint=place, revision=1, kind=rule.kind, pattern=rule.pattern, effect=rule.effect, need=1,
                deadline_seconds=3600, valid_seconds=300, body=body, dig=canonical.digest_bytes(body), created_at=at,
            )
        )  # fmt: skip
    Policy.objects.bulk_create(rules, batch_size=500)
    _grant(access, places, roles, all_of_it)
    return known


def _grant(access, places: list, roles: list, all_of_it) -> None:
    """Each checkpoint to its role, and its record to whoever looks after everything."""
    from django.contrib.auth.models import Permission

    from approvals.models import CheckpointGroupObjectPermission, Duty

    access.set_duties(checkpoint=places[0], roles={"approval": [roles[0].name], "logging": [all_of_it.name]})
    duty = {p.codename: p for p in Permission.objects.filter(codename__in=[Duty.APPROVAL, Duty.LOGGING])}
    CheckpointGroupObjectPermission.objects.bulk_create(
        (
            CheckpointGroupObjectPermission(group=role, permission=duty[name], content_object=place)
            for number, place in enumerate(places) if number
            for name, role in ((Duty.APPROVAL, roles[number % ROLES]), (Duty.LOGGING, all_of_it))
        ),
        batch_size=500,
    )  # fmt: skip


def _seed(asks: int, people: dict, *, now: datetime) -> None:
    """Rows as intake and reviews leave them, without receipts."""
    from django.db import transaction

    from accounts.models import Server
    from approvals import rows
    from approvals.assignment import Named
    from approvals.models import Policy

    shop = Server.objects.get(name="shop")
    places = list(Policy.objects.filter(checkpoint__name__startswith="place/").order_by("pk"))
    owners = {
        number: [
            person for person in people.values() if person.memberships.filter(role__name=f"role-{number}").exists()
        ]
        for number in range(ROLES)
    }
    for batch in batched(_asks(asks, shop=shop, places=places, now=now), BATCH):
        named = [
            Named(action.pk, owner.pk, f"role-{number % ROLES}", action.created_at)
            for number, action in batch for owner in owners[number % ROLES]
        ]  # fmt: skip
        with transaction.atomic():
            rows.insert([action for _, action in batch], named)


def _asks(asks: int, *, shop, places: list, now: datetime) -> Iterator:
    from placet import canonical

    from approvals.models import Action
    from approvals.rules import ids

    context = canonical.preimage("context", {"signals": {"risk": "high"}, "subject": "erin@example.org"})
    step = timedelta(days=365) / asks
    for number in range(asks):
        place, waits = places[number * 7919 % len(places)], number % OPEN == 0
        spot = number * 7919 % len(places)
        at = now - timedelta(minutes=number % 50) if waits else now - timedelta(days=365) + number * step
        params = {
            "name": place.pattern,
            "arguments": {"order": f"A{number}", "amount": number % 1000, "note": "x" * 200},
        }
        body = canonical.preimage("tool_call", {"method": "tools/call", "params": params})
        state, reason = ("pending", "") if waits else [("approved", ""), ("denied", "owner_denied")][number % 2]
        yield spot, Action(
            id=ids.uuid7(at=at, place=number % 4096, noise=os.urandom(8)), server_id=shop.pk,
            idempotency_key=str(number), submission_dig="A" * 43, kind="tool_call", name=place.pattern, body=body,
            dig=canonical.digest_bytes(body), context=context, context_dig=canonical.digest_bytes(context),
            subject="erin@example.org", checkpoint_id=place.checkpoint_id, policy_id=place.pk, created_at=at,
            deadline_at=at + timedelta(hours=1), state=state, reason=reason,
            settled_at=None if waits else at + timedelta(seconds=number % 600),
        )  # fmt: skip


if __name__ == "__main__":
    main()
