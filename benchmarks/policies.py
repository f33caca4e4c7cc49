"""`python -m benchmarks.policies [--rules 10000]`: how long it takes to find the rule that decides, and to read all.

It runs on a store of its own that is thrown away, or on the empty one that DATABASE_URL names. Rules are plain names,
patterns with the star in front, behind and between, some for one server, every tenth with a condition and a schema.
Times are this thread's own, so that a busy machine does not count; what waits for the store is little.
"""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime

from .load import quantile

ASKS = 5000
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
PATTERNS = ("tool_{0}", "area{0}_*", "*_of_{0}", "get_*_{0}", "*x{0}x*")
NAMES = ("tool_{0}", "area{0}_read", "list_of_{0}", "get_all_{0}", "do_x{0}x_now")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.policies")
    parser.add_argument("--rules", type=int, default=10_000)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(PLACET_VAR=folder, DJANGO_SETTINGS_MODULE="config.settings")
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", interactive=False, verbosity=0)
        _measure(told.rules)


def _measure(count: int) -> None:
    from approvals import policy

    servers = _published(count)
    _told("read the whole book", _took(policy.book), "ms")
    _told("publish one more, and see that it ties with none", _took(_publish_one), "ms")
    _told("read what was published since", _took(policy.book), "ms")
    _told("ask whether it is current", _took(policy.book), "ms")
    book, asks = policy.book(), _asks(count, servers)
    for round_ in ("first", "again"):
        times = sorted(_took(lambda ask=ask: book.find(**ask)) for ask in asks)
        for share in (0.5, 0.99, 1.0):
            _told(f"find one of {count:,}, {round_}, p{share * 100:.0f}", quantile(times, share), "µs")
    found = [book.find(**ask) for ask in asks]
    decided = {way: sum(each.decision == way for each in found) for way in ("review", "allow", "deny")}
    print(f"{'decided':50} {decided}")


def _published(count: int) -> list:
    """Rows as publishing makes them, many at a time."""
    from placet import canonical

    from accounts import servers
    from approvals import policy
    from approvals.models import Checkpoint, Policy
    from approvals.rules import policies

    known = [servers.register(name=f"server-{number}", at=AT) for number in range(10)]
    Checkpoint.objects.bulk_create(Checkpoint(name=f"place/{n}", created_at=AT) for n in range(count))
    places = dict(Checkpoint.objects.values_list("name", "id"))
    rows = []
    for number in range(count):
        rule = _rule(number, known)
        body = policies.stamped(rule, rev=1, published_at=AT.isoformat(), published_by=None, confirmed_by=None)
        owner = next((server for server in known if server.name == rule.server), None)
        rows.append(
            Policy(
                checkpoint_id=places[rule.checkpoint], revision=1, kind=rule.kind, pattern=rule.pattern, server=owner,
                effect=rule.effect, need=rule.need, deadline_seconds=60, valid_seconds=60, body=body,
                dig=canonical.digest_bytes(body), created_at=AT,
            )
        )  # fmt: skip
    Policy.objects.bulk_create(rows, batch_size=500)
    return [policy.Asker.of(server) for server in known]


def _rule(number: int, known: list):
    from approvals.rules import policies

    conditional = number % 10 == 0
    return policies.read(
        {
            "checkpoint": f"place/{number}", "kind": "tool_call", "pattern": PATTERNS[number % 5].format(number),
            "server": known[number % len(known)].name if number % 3 == 0 else None, "deadline_seconds": 60,
            "valid_seconds": 60, "needs": [{"role": "owners", "count": 1}],
            "when": "has(args.amount) && args.amount > 100 && environment != 'test'" if conditional else "",
            "arguments": {"properties": {"amount": {"type": "integer"}}} if conditional else None,
        }
    )  # fmt: skip


def _publish_one() -> None:
    from approvals import policy
    from approvals.rules import policies

    rule = {"checkpoint": "one more", "kind": "tool_call", "pattern": "one_more", "needs": [{"role": "owners"}]}
    policy.publish(rule=policies.read(rule), at=AT)


def _asks(count: int, servers: list) -> list[dict]:
    from approvals.rules import conditions

    picked = random.Random(7)
    asks = []
    for _ in range(ASKS):
        number = picked.randrange(count)
        name, server = NAMES[number % 5].format(number), servers[number % len(servers)]
        params = {"name": name, "arguments": {"order": "A1", "amount": picked.randrange(200)}}
        facts = conditions.facts(
            kind="tool_call", name=name, server=server.name, environment="production", params=params, signals={},
            subject="dana", principal="", at=AT,
        )  # fmt: skip
        asks.append({"kind": "tool_call", "name": name, "server": server, "facts": lambda facts=facts: facts})
    return asks


def _took(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


def _told(what: str, seconds: float, unit: str) -> None:
    print(f"{what:50} {seconds * {'ms': 1e3, 'µs': 1e6}[unit]:10,.1f} {unit}", flush=True)


if __name__ == "__main__":
    main()
