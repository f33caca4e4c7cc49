"""`python -m benchmarks.simulation [--asks N] [--store sqlite|postgres]`: how long a draft takes on N recorded asks.

The asks are written in sets, straight into the tables: twenty tools of one server over thirty days, two owners asked
about each, two of three decided. Then two drafts are simulated as the worker does it, slice by slice: one without a
condition, and one with a schema and a condition, which has to read every body of its tool.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import batched

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from .stack import ROOT, Stack

TOOLS, DAYS, BATCH = 20, 30, 5_000
CONDITION = 'args.amount > 500 && !(has(signals.risk) && signals.risk == "low")'
SCHEMA = {"type": "object", "properties": {"amount": {"type": "integer"}}, "required": ["amount", "order"]}
DRAFTS = {
    "one tool, no condition": {"pattern": "tool-1"},
    "all tools, no condition": {"pattern": "tool-*"},
    "one tool, with a condition": {"pattern": "tool-1", "when": CONDITION, "arguments": SCHEMA},
    "all tools, with a condition": {"pattern": "tool-*", "when": CONDITION, "arguments": SCHEMA, "effect": "deny"},
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulation")
    parser.add_argument("--asks", type=int, default=100_000)
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.inside:
        return _measure(told.asks)
    print(f"{told.store}, load {os.getloadavg()[0]:.1f}", flush=True)
    with Stack(told.store) as stack:
        argv = [sys.executable, "-m", "benchmarks.simulation", "--inside", "--asks", str(told.asks)]
        subprocess.run(argv, cwd=ROOT, env=stack.environment, check=True, timeout=900)
    return None


def _measure(asks: int) -> None:
    import django

    django.setup()
    from accounts.models import User
    from approvals import simulating
    from approvals.rules import policies

    now = datetime.now(UTC)
    _seed(asks, now=now)
    admin = User.objects.create(username="admin", is_staff=True)
    for name, said in DRAFTS.items():
        needs = {} if said.get("effect") == "deny" else {"needs": [{"role": "payments-owner"}]}
        rule = policies.read({"checkpoint": "shop/tools", "kind": "tool_call", "rank": 2, **needs, **said})
        row = simulating.start(author=admin, rule=rule, days=DAYS + 1, at=now + timedelta(seconds=1))
        started = time.perf_counter()
        simulating.run(simulation_id=row.pk, clock=lambda: datetime.now(UTC))
        took = time.perf_counter() - started
        row.refresh_from_db()
        found = row.found
        print(
            f"  {name}: {took:.1f} s for {found['asks']:,} asks, {found['met']:,} met, {found['differ']:,} differ",
            flush=True,
        )


def _seed(asks: int, *, now: datetime) -> None:
    """Rows as intake and reviews leave them, without receipts."""
    from django.db import transaction

    from accounts.models import Server, User
    from approvals import policy, rows
    from approvals.assignment import Named
    from approvals.models import Policy
    from approvals.rules import policies

    shop, owners = Server.objects.get(name="shop"), list(User.objects.order_by("pk"))
    for number in range(TOOLS // 2):
        rule = policies.Rule(
            checkpoint=f"shop/{number}", kind="tool_call", pattern=f"tool-{number}", rank=1,
            needs=(policies.Need(role="payments-owner"),),
        )  # fmt: skip
        policy.publish(rule=rule, at=now - timedelta(days=DAYS + 1))
    places = {found.pattern: found for found in Policy.objects.all()}
    for batch in batched(_asks(asks, shop=shop, places=places, now=now), BATCH):
        named = [
            Named(action.pk, owner.pk, "payments-owner", action.created_at)
            for action in batch if action.policy_id for owner in owners
        ]  # fmt: skip
        with transaction.atomic():
            rows.insert(list(batch), named)


def _asks(asks: int, *, shop, places, now: datetime) -> Iterator:
    from placet import canonical

    from approvals.models import Action
    from approvals.rules import ids

    context = canonical.preimage("context", {"signals": {"risk": "high"}, "subject": "dana@example.org"})
    step = timedelta(days=DAYS) / asks
    for number in range(asks):
        at, name = now - timedelta(days=DAYS) + number * step, f"tool-{number % TOOLS}"
        params = {"name": name, "arguments": {"order": f"A{number}", "amount": number % 1000, "note": "x" * 200}}
        body = canonical.preimage("tool_call", {"method": "tools/call", "params": params})
        met, decided = places.get(name), number % 3
        state, reason = [("approved", ""), ("denied", "owner_denied"), ("pending", "")][decided]
        if met is None:
            state, reason, decided = "denied", "no_checkpoint", 1
        yield Action(
            id=ids.uuid7(at=at, place=number % 4096, noise=os.urandom(8)), server_id=shop.pk,
            idempotency_key=str(number), submission_dig="A" * 43, kind="tool_call", name=name, body=body,
            dig="A" * 43, context=context, context_dig="A" * 43, subject="dana@example.org",
            checkpoint_id=met and met.checkpoint_id, policy_id=met and met.pk, created_at=at,
            deadline_at=at + timedelta(hours=1), state=state, reason=reason,
            settled_at=None if decided == 2 else at + timedelta(seconds=number % 600),
        )  # fmt: skip


if __name__ == "__main__":
    main()
