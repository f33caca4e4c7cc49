"""`placet pack verify`: a proof pack, checked without a network. Exit codes: 0 it holds, 1 something does not."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from placet import packs
from placet.receipts import Directory, Pin


def verify(given: argparse.Namespace) -> int:
    """Check every member of a proof pack against the keys and the directory that you pinned."""
    raw = sys.stdin.buffer.read(packs.MAX_BYTES + 1) if given.file == "-" else Path(given.file).read_bytes()
    pin = Pin(json.loads(given.pin.read_bytes()), issuer=given.issuer)
    report = packs.verify(raw, pin=pin, directory=Directory.of(given.directory))
    print(json.dumps(_as_json(report)) if given.json else _as_text(report))
    return 0 if report.holds else 1


def words(commands: Any) -> None:
    """Add `pack verify` to the command line."""
    pack = commands.add_parser("pack", help="Check a proof pack without a network.", description=__doc__)
    parts = pack.add_subparsers(required=True, metavar="PART")
    verifying = parts.add_parser("verify", help=verify.__doc__, description=verify.__doc__)
    verifying.set_defaults(command=verify)
    verifying.add_argument("file", metavar="FILE", help="the pack, as downloaded; - for standard input")
    verifying.add_argument("--pin", type=Path, required=True, metavar="JWKS", help="the keys whose signature counts")
    verifying.add_argument("--issuer", help="the console's name, when the pin does not say it")
    verifying.add_argument(
        "--directory", default=os.environ.get("PLACET_DIRECTORY"), metavar="FILE",
        help="people, roles and passkeys that you pinned (PLACET_DIRECTORY): proves the reviews too",
    )  # fmt: skip
    verifying.add_argument("--json", action="store_true", help="one JSON object on standard output")


def _as_json(report: packs.Report) -> dict[str, Any]:
    parts = [{"part": part.name, "result": part.result, "detail": part.detail} for part in report.parts]
    found = report.examined
    return {
        "holds": report.holds, "parts": parts, "decision": found.decision if found else None,
        "proven": found.proven if found and report.holds else [], "not_proven": found.unproven if found else [],
    }  # fmt: skip


def _as_text(report: packs.Report) -> str:
    lines = [f"{part.name:<10} {part.result:<9} {part.detail}".rstrip() for part in report.parts]
    if not report.holds or not report.examined:
        return "\n".join([*lines, "", "This pack does not hold: do not rely on any of it."])
    found = report.examined
    lines += ["", "Proven:", *(f"  - {line}" for line in found.proven)]
    return "\n".join([*lines, "Not proven:", *(f"  - {line}" for line in found.unproven)])
