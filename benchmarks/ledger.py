"""`python -m benchmarks.ledger [--store sqlite|postgres] [--entries N]`: how fast the ledger is numbered and proven.

A ledger of N entries (a million unless told) is written in sets, all but the last 50,000 of it with its tree as the
sequencer would have left it; those are given their leaves by the sequencer itself, which is timed. Then 500 proofs of
random leaves and 500 of random older heads are read and made: median and 99th percentile, each checked.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import batched

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from .stack import ROOT, Stack

ENTRIES, SEQUENCED, PROOFS, SET = 1_000_000, 50_000, 500, 5_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ledger")
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--entries", type=int, default=ENTRIES)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.inside:
        return _measure(told.entries)
    print(f"{told.store}, load {os.getloadavg()[0]:.1f}", flush=True)
    with Stack(told.store) as stack:
        argv = [sys.executable, "-m", "benchmarks.ledger", "--inside", "--entries", str(told.entries)]
        subprocess.run(argv, cwd=ROOT, env=stack.environment, check=True, timeout=300)
    return None


def _measure(count: int) -> None:
    import django

    django.setup()
    from placet.tlog import tree as merkle

    from approvals import sequencing
    from approvals.queries import tree

    _seed(count)
    at = datetime.now(UTC)
    started = time.perf_counter()
    done = sequencing.run(at=at, limit=SEQUENCED)
    print(f"  sequencer: {done / (time.perf_counter() - started):,.0f} entries/s ({done:,} of them)", flush=True)
    head = tree.newest()
    started = time.perf_counter()
    sequencing.run(at=at + timedelta(seconds=2))
    print(f"  a turn with nothing to do: {(time.perf_counter() - started) * 1_000:.2f} ms", flush=True)
    kept = dict(_hashes(random.Random(5).sample(range(head.size), PROOFS)))

    def included(leaf: int) -> None:
        proof = tree.inclusion(leaf=leaf, size=head.size)
        merkle.check_inclusion(leaf=leaf, size=head.size, leaf_hash=kept[leaf], root=head.root, proof=proof)

    _timed("inclusion", included, kept)
    chance = random.Random(6)
    olds = [chance.randrange(1, head.size) for _ in range(PROOFS)]
    _timed("consistency", lambda old: tree.consistency(old=old, new=head.size), olds)


def _timed(name: str, prove: Callable[[int], object], leaves) -> None:
    taken = []
    for leaf in leaves:
        started = time.perf_counter()
        prove(leaf)
        taken.append((time.perf_counter() - started) * 1_000)
    p99 = statistics.quantiles(taken, n=100)[98]
    print(f"  proof of {name}: {statistics.median(taken):.2f} ms, p99 {p99:.2f} ms", flush=True)


def _hashes(numbers: list[int]) -> Iterator[tuple[int, bytes]]:
    from approvals.models import Leaf

    for some in batched(numbers, 500):
        found = Leaf.objects.filter(pk__in=some).values_list("pk", "hash")
        yield from ((number, bytes(hashed)) for number, hashed in found)


def _seed(count: int) -> None:
    """Entries in sets, and the tree of all but the last of them."""
    from django.db import transaction
    from placet.tlog.tree import leaf_hash

    from approvals import ledger, rows, sequencing
    from approvals.models import Entry
    from approvals.queries import tree

    before = Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    sequencing.run(at=datetime.now(UTC))
    peaks, at = tree.peaks(tree.size()), datetime.now(UTC)
    for some in batched(range(count), SET):
        lines = [ledger.Line(event="action.approved", actor="user:alice", at=at, dig="d" * 43) for _ in some]
        leaves, nodes = [], []
        for number in some:
            if number >= count - SEQUENCED:
                break
            hashed = leaf_hash(b"%d" % number)
            leaves.append(sequencing.Numbered(peaks.size, before + number + 1, hashed))
            for node, found in peaks.append(hashed)[tree.STRIDE :: tree.STRIDE]:
                nodes.append(sequencing.Kept(node.level // tree.STRIDE, node.index, found))
        with transaction.atomic():
            rows.insert(lines)
            rows.insert(leaves, nodes)
    sequencing._sign(at=at + timedelta(seconds=2))


if __name__ == "__main__":
    main()
