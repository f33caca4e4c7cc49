"""`python -m benchmarks [--store sqlite|postgres] [--runs N] [--seconds S]`: measure, and write `results.md`.

Every stretch is bounded in time or count, everything stays on the loopback interface, and the run ends by itself.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from . import measures, peers, report
from .load import quantile
from .stack import Stack

RESULTS = Path(__file__).parent / "results.md"
STORES = ("sqlite", "postgres")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--store", choices=STORES, action="append", help="one store only; both unless told")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one stretch of load")
    parser.add_argument("--out", type=Path, default=RESULTS)
    told = parser.parse_args()
    load, results = os.getloadavg()[0], {}
    for store in told.store or STORES:
        with Stack(store) as stack:
            results[store] = [_run(stack, told.seconds, number) for number in range(told.runs)]
    command = " ".join(["python -m benchmarks", *sys.argv[1:]])
    _, apart, inbox = (told.out.read_text() if told.out.exists() else "").partition("\n## Inbox")  # measured by itself
    told.out.write_text(report.write(results, command=command, load=load) + apart + inbox)
    print(f"written: {told.out}")


def _run(stack: Stack, seconds: float, number: int) -> report.Row:
    """Every measure once. Limits come between the measures, so that both meet the same weather."""
    row: report.Row = {}
    _limits(stack, row, seconds)
    stack.start("web")
    for concurrency in (1, 16, 64):
        tally = _measured(measures.submissions(stack, concurrency=concurrency, seconds=seconds))
        _note(row, f"submit c{concurrency}", tally.rate)
    row["submit p50 c64"], row["submit p99 c64"] = _milliseconds(tally.took)
    _decisions(stack, row, seconds)
    _queue(stack, row)
    row["memory: web"], row["memory: worker"] = stack.memory("web"), stack.memory("worker")
    for name in ("decider", "worker", "web"):
        stack.stop(name)
    peers.measure(seconds, lambda name, figure: _note(row, name, figure))
    print(f"{stack.store} run {number + 1} done", flush=True)
    return row


def _limits(stack: Stack, row: report.Row, seconds: float) -> None:
    for name, figure in stack.json("-m", "benchmarks.limits").items():
        _note(row, f"limit: {name}", figure)
    stack.start("web", app="benchmarks.bare:application")
    _note(row, "limit: bare c64", _measured(measures.bare(stack, "/bare", concurrency=64, seconds=seconds)).rate)
    for concurrency in (16, 64):
        tally = _measured(measures.bare(stack, "/grouped", concurrency=concurrency, seconds=seconds))
        _note(row, f"limit: grouped c{concurrency}", tally.rate)
    stack.stop("web")


def _decisions(stack: Stack, row: report.Row, seconds: float) -> None:
    decider = measures.Decider(stack)
    for concurrency in (16, 64):
        tally = _measured(measures.round_trips(stack, decider, concurrency=concurrency, seconds=seconds))
        _note(row, f"round trip c{concurrency}", tally.rate)
    for waiting in (64, 1000):
        times = _measured(measures.wakings(stack, decider, waiting=waiting, decisions=60))
        p50, p99 = _milliseconds(times["handed in"])
        _note(row, f"wake p50, {waiting} waiting", p50)
        _note(row, f"wake p99, {waiting} waiting", p99)
        _note(row, f"wake after commit p99, {waiting} waiting", _milliseconds(times["durable"])[1])


def _queue(stack: Stack, row: report.Row) -> None:
    stack.start("worker")
    measures.queued(stack, count=50)
    _note(row, "queue", measures.queued(stack, count=4000))
    _note(row, "queue, a task each", measures.queued_each(stack, count=400))


def _measured[Result](measure) -> Result:
    try:
        from uvloop import run
    except ImportError:
        run = asyncio.run
    return run(measure)


def _milliseconds(took: list[float]) -> tuple[float, float]:
    return quantile(took, 0.5) * 1000, quantile(took, 0.99) * 1000


def _note(row: report.Row, name: str, figure: float) -> None:
    row[name] = figure
    print(f"  {name}: {figure:,.1f}", flush=True)


if __name__ == "__main__":
    main()
