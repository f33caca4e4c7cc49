"""`python -m benchmarks.inbox [--store sqlite|postgres] [--asks 10000 --asks 1000000]`: the inbox's first page.

Ten thousand checkpoints, two hundred roles, a thousand reviewers. One ask of a hundred waits, the others were decided
over a year; alice holds the role of fifty checkpoints, dana the record of all of them. Each size is written into a
store of its own, straight into the tables. Measured is the whole page as a signed-in browser gets it, without the
network: median, best and 99th percentile of 60, the questions put to the database, and the bytes with gzip.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from .stack import ROOT, Stack

CHECKPOINTS, ROLES, PEOPLE, OPEN = 10_000, 200, 1_000, 100
PAGES = 60
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
            subprocess.run(argv, cwd=ROOT, env=stack.environment, check=True, timeout=7200)
    return None


def _measure(asks: int) -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext, setup_test_environment

    from .filling import turns

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
            with CaptureQueriesContext(connection) as asked, turns() as also:
                first = browser.get(address)
            questions = len(asked) + len(also)  # the next page empties the record of this one
            taken = [_timed(browser, address) for _ in range(PAGES)]
            p50, p99 = statistics.median(taken), statistics.quantiles(taken, n=100)[98]
            print(
                f"  {person}, {name}: {p50:.1f} ms, best {min(taken):.1f} ms, p99 {p99:.1f} ms, {questions} questions, "
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
    """Asks as intake leaves them, without receipts; then who was asked about each, in one statement."""
    from accounts.models import Server
    from approvals.models import Action, Policy

    from .filling import fill, set_based

    places = list(Policy.objects.filter(checkpoint__name__startswith="place/").order_by("pk"))
    server = Server.objects.get(name="shop").pk
    with set_based(("approvals_action", "approvals_assignment")):
        fill(Action, _asks(asks, server=server, places=places, now=now))
        with connection_of().cursor() as cursor:
            cursor.execute(_ASKED)


def connection_of():
    from django.db import connection

    return connection


_ASKED = """
INSERT INTO approvals_assignment (action_id, owner_id, role, duty, why, at)
SELECT action.id, member.person_id, role.name, 'approval', 'owner', action.created_at
  FROM approvals_action AS action
  JOIN approvals_checkpointgroupobjectpermission AS held ON held.content_object_id = action.checkpoint_id
  JOIN auth_permission AS duty ON duty.id = held.permission_id AND duty.codename = 'approval'
  JOIN auth_group AS role ON role.id = held.group_id
  JOIN accounts_membership AS member ON member.role_id = role.id
"""


def _asks(asks: int, *, server: int, places: list, now: datetime) -> Iterator[dict]:
    """The values of each ask, payloads sealed. Two of three that wait came in sessions, as bundles."""
    from placet import canonical

    from approvals.rules import ids
    from approvals.sealing import BODY, CONTEXT, Box, Context

    context = canonical.preimage("context", {"signals": {"risk": "high"}, "subject": "erin@example.org"})
    context_dig = canonical.digest_bytes(context)
    form = canonical.preimage("tool_call", {"method": "tools/call", "params": {
        "name": "NAME", "arguments": {"order": "ORDER", "amount": 7_777_777, "note": "x" * 200},
    }})  # fmt: skip
    step = timedelta(days=365) / asks
    for number in range(asks):
        waits, spot = number % OPEN == 0, number * 7919 % len(places)
        place = places[spot]
        at = now - timedelta(minutes=number % 50) if waits else now - timedelta(days=365) + number * step
        body = form.replace(b"NAME", place.pattern.encode()).replace(b"ORDER", b"A%d" % number)
        body = body.replace(b"7777777", b"%d" % (number % 1000))
        dig, key = canonical.digest_bytes(body), ids.uuid7(at=at, place=number % 4096, noise=os.urandom(8))
        box, together = Box(key), f"s{number // 900}" if waits and number % 300 else ""
        state, reason = ("pending", "") if waits else [("approved", ""), ("denied", "owner_denied")][number % 2]
        yield {
            "id": key, "server_id": server, "idempotency_key": str(number), "submission_dig": "A" * 43,
            "kind": "tool_call", "name": place.pattern, "body": box.seal(body, Context(BODY, key, dig)), "dig": dig,
            "context": box.seal(context, Context(CONTEXT, key, context_dig)), "context_dig": context_dig,
            "nonce": None, "subject": "erin@example.org", "session": together, "bundle": together,
            "sampling_action_id": None, "checkpoint_id": place.checkpoint_id, "policy_id": place.pk, "created_at": at,
            "deadline_at": at + timedelta(hours=1), "state": state, "reason": reason,
            "settled_at": None if waits else at + timedelta(seconds=number % 600),
        }  # fmt: skip


if __name__ == "__main__":
    main()
