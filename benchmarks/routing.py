"""`python -m benchmarks.routing [--store sqlite|postgres]`: how long it takes to find who is asked about an ask.

A thousand people hold three of two hundred roles each; a hundred and fifty are away and have named delegates, some of
whom are away too. The rule needs people of two roles and names a third by escalation. Measured is the whole plan of one
ask, reading included: median and 99th percentile of 500, and the questions put to the database.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from .stack import ROOT, Stack

PEOPLE, ROLES, HELD, AWAY, ASKS = 1_000, 200, 3, 150, 500


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.routing")
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.inside:
        return _measure()
    print(f"{told.store}, load {os.getloadavg()[0]:.1f}", flush=True)
    with Stack(told.store) as stack:
        argv = [sys.executable, "-m", "benchmarks.routing", "--inside"]
        subprocess.run(argv, cwd=ROOT, env=stack.environment, check=True, timeout=300)
    return None


def _measure() -> None:
    import django

    django.setup()
    now = datetime.now(UTC)
    chance = random.Random(4)
    with_many = _seed(chance, now)
    for name, ask in (
        ("one ask of a plain rule", _plain(now)),
        ("one ask of the large company", _asks(with_many, now)),
    ):
        taken, steps = _timed(ask, chance)
        p99 = statistics.quantiles(taken, n=100)[98]
        print(f"  {name}: {statistics.median(taken):.2f} ms, p99 {p99:.2f} ms, questions {sorted(steps)}", flush=True)


def _timed(ask, chance: random.Random) -> tuple[list[float], set[int]]:
    from approvals import assignment, rows

    taken, steps, turn = [], set(), rows.turn
    for _ in range(ASKS):
        item, at = ask(chance), datetime.now(UTC)
        put: list[int] = []
        rows.turn = lambda *asked, put=put: put.append(len(asked)) or turn(*asked)
        started = time.perf_counter()
        plan = assignment.plan([item], at=at)
        taken.append((time.perf_counter() - started) * 1_000)
        rows.turn = turn
        steps.add(sum(put))
        if not plan.named:
            raise RuntimeError("nobody was asked")
    return taken, steps


def _plain(now: datetime):
    from approvals.models import Policy

    policy = Policy.objects.select_related("checkpoint").get(checkpoint__name="shop/refund")
    return lambda chance: _item(policy, now)


def _asks(policies: list, now: datetime):
    return lambda chance: _item(chance.choice(policies), now)


def _item(policy, now: datetime):
    from approvals import assignment

    return assignment.Item(
        action_id=uuid4(), policy=policy, deadline_at=now + timedelta(seconds=600), subject="person-7@example.org"
    )


def _seed(chance: random.Random, now: datetime) -> list:
    """The people, their roles and absences, written in sets; returns twenty rules."""
    from accounts.models import Absence, Delegation, Membership, Role, User
    from approvals import policy
    from approvals.rules import policies

    people = User.objects.bulk_create(
        User(username=f"person-{n}", email=f"person-{n}@example.org") for n in range(PEOPLE)
    )
    roles = Role.objects.bulk_create(Role(name=f"role-{n}") for n in range(ROLES))
    held = [(person, role) for person in people for role in chance.sample(roles, HELD)]
    Membership.objects.bulk_create(Membership(person=p, role=r, starts_at=now, created_at=now) for p, r in held)
    away = Absence.objects.bulk_create(
        Absence(person=person, starts_at=now, created_at=now) for person in chance.sample(people, AWAY)
    )
    gone = {absence.person_id: absence for absence in away}
    Delegation.objects.bulk_create(
        Delegation(absence=gone[person.pk], role=role, delegate=chance.choice(people))
        for person, role in held
        if person.pk in gone
    )
    made = []
    for number in range(20):
        first, second, third = chance.sample(roles, 3)
        rule = policies.Rule(
            checkpoint=f"large/{number}", kind="tool_call", pattern=f"tool-{number}", deadline_seconds=600,
            needs=(policies.Need(role=first.name, count=2), policies.Need(role=second.name)),
            escalation=(policies.Step(after_seconds=300, role=third.name),), warn_seconds=60,
        )  # fmt: skip
        made.append(policy.publish(rule=rule, at=now))
    return made


if __name__ == "__main__":
    main()
