"""The report: medians of the runs, with the lowest and the highest, as Markdown."""

import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from statistics import median

type Row = dict[str, float]  # measure -> figure, of one run

#: measure, unit, what it is
MEASURES = (
    ("submit c1", "/s", "asks on record, 1 caller"),
    ("submit c16", "/s", "asks on record, 16 callers"),
    ("submit c64", "/s", "asks on record, 64 callers"),
    ("submit p50 c64", "ms", "how long one of 64 callers waits"),
    ("submit p99 c64", "ms", ""),
    ("round trip c16", "/s", "submitted, decided, receipt verified by the submitter"),
    ("round trip c64", "/s", ""),
    ("wake p50, 64 waiting", "ms", "verdict handed in to the submitter's answer"),
    ("wake p99, 64 waiting", "ms", ""),
    ("wake after commit p99, 64 waiting", "ms", "verdict durable to the submitter's answer"),
    ("wake p50, 1000 waiting", "ms", "verdict handed in to the submitter's answer"),
    ("wake p99, 1000 waiting", "ms", ""),
    ("wake after commit p99, 1000 waiting", "ms", "verdict durable to the submitter's answer"),
    ("queue", "/s", "asks from the stream onto record, by the console's worker"),
    ("queue, a task each", "/s", "the same asks, a Celery task each, two processes"),
    ("limit: bare c64", "/s", "requests answered by the same server program that does nothing"),
    ("limit: grouped c16", "/s", "the same with one bare row in a group commit"),
    ("limit: grouped c64", "/s", ""),
    ("limit: commits", "/s", "single-row inserts, each committed, one connection"),
    ("limit: signatures", "/s", "Ed25519, one core"),
    ("memory: web", "MB", "resident, after all of this"),
    ("memory: worker", "MB", ""),
)
#: peer, what one of its submissions is, what of its round trips, target of our ratio to it
PEERS = (
    ("Restate", "workflows started, durable in its log", "started, resolved, outcome held", ">= 2 on PostgreSQL"),
    ("Restate tuned", "the same, served by uvicorn request by request", "", ">= 2 on PostgreSQL"),
    ("Hold My Agent", "asks on record in its SQLite", "on record, decided, signed verdict held", ">= 3 on SQLite"),
)
#: what, numerator, denominator, target
RATIOS = (
    (
        "submit c16 of what the machine allows (bare row, group commit)",
        "submit c16",
        "limit: grouped c16",
        ">= 0.35 on PostgreSQL",
    ),
    (
        "submit c64 of what the machine allows (bare row, group commit)",
        "submit c64",
        "limit: grouped c64",
        ">= 0.35 on PostgreSQL",
    ),
    ("queue to a Celery task each", "queue", "queue, a task each", ">= 8"),
)


def write(results: dict[str, list[Row]], *, command: str, load: float) -> str:
    """The whole report for store -> rows."""
    parts = [_head(command, load, results)]
    for store, rows in results.items():
        parts += [f"## {store}", _table(rows), _ratios(rows)]
    return "\n\n".join(parts) + "\n"


def _head(command: str, load: float, results: dict[str, list[Row]]) -> str:
    runs = max(len(rows) for rows in results.values())
    cpu = next((line.split(":")[1].strip() for line in _cpuinfo() if line.startswith("model name")), platform.machine())
    return (
        "# Figures\n\n"
        f"Made by `{command}` on {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores ({cpu}), Python "
        f"{platform.python_version()}, {runs} runs each; client, server, database and Valkey share the cores. "
        f"Load of the machine before the first run: {load:.1f}.\n\n"
        "Medians, in brackets the lowest and the highest run. Machines differ: what counts is a figure beside the "
        "limits measured in the same run.\n\n"
        f"{_peers(row for rows in results.values() for row in rows)}"
    )


def _peers(rows: Iterable[Row]) -> str:
    measured = {name.partition(": ")[0] for row in rows for name in row}
    found = ", ".join(peer for peer, *_ in PEERS if peer in measured)
    if not found:
        return "**No peer measured**: `sh benchmarks/peers/install.sh` installs them, then measure again."
    return (
        f"Peers, on the same work, from the same load client, in turn in the same run: {found}. They look up no "
        "owners, sign less or nothing, and are spared the deciding script that Placet shares the cores with "
        "([how](peers/README.md))."
    )


def _peer_measures() -> Iterable[tuple[str, str, str]]:
    for peer, submission, trip, _ in PEERS:
        for caller in (1, 16, 64):
            yield f"{peer}: submit c{caller}", "/s", submission if caller == 1 else ""
        for caller in (1, 16, 64):
            yield f"{peer}: begun c{caller}", "/s", "until the last of them waits for its decision" * (caller == 1)
        for caller in (16, 64):
            yield f"{peer}: round trip c{caller}", "/s", trip if caller == 16 else ""
        yield f"{peer}: wake p50, 64 waiting", "ms", "decision handed in to the submitter's answer"
        yield f"{peer}: wake p99, 64 waiting", "ms", ""
        yield f"{peer}: memory", "MB", "resident, after all of this"


def _peer_ratios() -> Iterable[tuple[str, str, str, str]]:
    for peer, _, _, target in PEERS:
        for caller in (16, 64):
            yield f"submit c{caller} vs {peer}", f"submit c{caller}", f"{peer}: submit c{caller}", target
            yield f"submit c{caller} vs {peer}, begun", f"submit c{caller}", f"{peer}: begun c{caller}", target
        for caller in (16, 64):
            yield f"round trips c{caller} vs {peer}", f"round trip c{caller}", f"{peer}: round trip c{caller}", target


def _table(rows: list[Row]) -> str:
    lines = ["| measure | median | runs | what |", "|---|---:|---|---|"]
    for name, unit, what in (*MEASURES, *_peer_measures()):
        found = [row[name] for row in rows if name in row]
        if found:
            spread = f"{_figure(min(found))} to {_figure(max(found))}"
            lines.append(f"| {name} | {_figure(median(found))} {unit} | ({spread}) | {what} |")
    return "\n".join(lines)


def _ratios(rows: list[Row]) -> str:
    lines = ["| ratio within a run | median | target |", "|---|---:|---|"]
    for what, above, below, target in (*RATIOS, *_peer_ratios()):
        found = [row[above] / row[below] for row in rows if above in row and below in row]
        if found:
            lines.append(f"| {what} | {median(found):.2f} | {target} |")
    return "\n".join(lines)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _cpuinfo() -> Iterable[str]:
    try:
        with open("/proc/cpuinfo") as file:
            return file.read().splitlines()
    except OSError:
        return ()
