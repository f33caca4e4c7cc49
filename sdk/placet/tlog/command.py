"""`placet audit`: the ledger, checked without a network and without trust in the console.

Exit codes: 0 it holds, 1 it does not, 2 a wrong call.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from placet.receipts import history
from placet.receipts.pins import Pin
from placet.tlog import cosigning, heads, proofs, tree
from placet.tlog.audit import Report, audit
from placet.tlog.entries import MAX_LINE

HOLDS, FAILS = 0, 1
UNSIGNED = "Who signed was not checked: give --pin with the console’s keys."


def verify(given: argparse.Namespace) -> int:
    """Check an export of the ledger against heads held outside of it; name the first bad leaf."""
    found = [_head(path) for path in given.head]
    if flaw := _unsigned(found, given):
        return _told(given, False, flaw, {"error": flaw})
    with ExitStack() as files:
        lines = files.enter_context(_lines(given.export))
        earlier = files.enter_context(_lines(given.earlier)) if given.earlier else ()
        report = audit(lines, [note.head for note in found], earlier=earlier)
    beyond = report.read - report.covered
    return _told(given, not report.flaw, _sentence(report, beyond), _as_json(report, beyond), given.pin)


def consistency(given: argparse.Namespace) -> int:
    """Check that one head's ledger grew into another's, and that nothing before was changed."""
    old, new = _head(given.old), _head(given.new)
    if flaw := _unsigned([old, new], given):
        return _told(given, False, flaw, {"error": flaw})
    try:
        proofs.grown(given.proof.read_bytes(), old=old.head, new=new.head)
    except tree.BadProof as no:
        return _told(given, False, f"Not proven: {no}", {"error": str(no)})
    said = f"The ledger of {old.head.size} entries grew into that of {new.head.size}; nothing before was changed."
    return _told(given, True, said, {"old": old.head.size, "new": new.head.size}, given.pin)


def proof(given: argparse.Namespace) -> int:
    """Check that a receipt's entry is in a signed head: what `…/receipt?proof=1` answered."""
    try:
        said, note = proofs.receipt_in(given.file.read_bytes())
        flaw = _unsigned([note], given)
    except (tree.BadProof, heads.BadHead) as no:
        return _told(given, False, f"Not proven: {no}", {"error": str(no)})
    if flaw:
        return _told(given, False, flaw, {"error": flaw})
    sentence = f"Leaf {said['leaf']} of the head of {note.head.size}: {said['event']} by {said['actor']}, {said['at']}."
    return _told(given, True, sentence, {"entry": said, "size": note.head.size}, given.pin)


def words(commands: Any) -> None:
    """Add `audit` and its three parts to the command line."""
    audits = commands.add_parser("audit", help="Check the ledger without a network.", description=__doc__)
    parts = audits.add_subparsers(required=True, metavar="PART")
    verifying = _part(parts, verify)
    verifying.add_argument("export", metavar="EXPORT", help="JSON lines of `manage.py ledger export`; - for input")
    verifying.add_argument("--head", type=Path, action="append", required=True, help="a head you kept; may be repeated")
    verifying.add_argument("--earlier", metavar="EXPORT", help="an export you kept: names the leaf where a root cannot")
    comparing = _part(parts, consistency)
    comparing.add_argument("old", type=Path, help="the head you kept")
    comparing.add_argument("new", type=Path, help="a later one")
    comparing.add_argument("--proof", type=Path, required=True, help="what /api/v1/ledger/consistency answered")
    proving = _part(parts, proof)
    proving.add_argument("file", type=Path, help="what …/receipt?proof=1 or /api/v1/ledger/proof answered")


def _part(parts: Any, run: Any) -> argparse.ArgumentParser:
    part = parts.add_parser(run.__name__, help=run.__doc__, description=run.__doc__)
    part.set_defaults(command=run)
    part.add_argument("--pin", type=Path, metavar="JWKS", help="the console's keys: whose signature counts")
    part.add_argument("--keys", type=Path, metavar="HISTORY", help="/.well-known/placet-keys.json: follow rotations")
    part.add_argument("--held", action="store_true", help="the heads were kept since before their key was revoked")
    part.add_argument("--witness", action="append", default=[], metavar="VKEY", help="whose cosignature counts")
    part.add_argument("--witnesses", type=int, metavar="N", help="how many of them each head needs; all by default")
    part.add_argument("--json", action="store_true", help="one JSON object on standard output")
    return part


def _head(path: Path) -> heads.Note:
    return heads.read(path.read_bytes())


def _unsigned(notes: Sequence[heads.Note], given: argparse.Namespace) -> str | None:
    """Why one of the heads does not count; None when all do, or nobody said whose would."""
    witnesses = [cosigning.witness(vkey) for vkey in given.witness]
    need = len(witnesses) if given.witnesses is None else given.witnesses
    if need > len(witnesses):
        raise ValueError(f"{need} witnesses are wanted, but {len(witnesses)} named: --witness VKEY")
    issuer, keys = _trusted(given)
    for note in notes:
        if issuer not in (None, note.head.origin):
            return f"Not verified: the head of {note.head.size} is of another console, {note.head.origin}."
        try:
            if keys is not None:
                heads.signed_by(note, keys, held=given.held)
            cosigning.enough(note, witnesses, need=need, now=int(time.time()))
        except heads.BadHead as no:
            return f"Not verified: the head of {note.head.size} leaves: {no}"
    return None


def _trusted(given: argparse.Namespace) -> tuple[str | None, list[dict[str, Any]] | None]:
    """The issuer and keys that were pinned, and those that they vouch for."""
    if given.pin is None:
        if given.keys:
            raise ValueError("--keys needs --pin beside it: a history alone vouches for itself")
        return None, None
    pinned = Pin.file(given.pin)
    if given.keys is None:
        return pinned.issuer, pinned.keys
    return pinned.issuer, history.follow(history.document(given.keys.read_bytes()), pinned.keys)


@contextmanager
def _lines(path: str) -> Iterator[Iterator[bytes]]:
    """The lines of a file, each cut off where no entry is so long: then it is none."""
    if path == "-":
        yield _bounded(sys.stdin.buffer)
        return
    with open(path, "rb") as file:
        yield _bounded(file)


def _bounded(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.readline(MAX_LINE + 2), b"")


def _sentence(report: Report, beyond: int) -> str:
    if report.flaw:
        return f"Not verified. {report.flaw}"
    said = f"Verified: {report.covered} entries are those that the head was signed over."
    if report.withheld:
        said += f" {report.withheld} lines were withheld from whoever exported them: their hashes fit."
    return f"{said} {beyond} later ones are in no head you gave, so nothing is said of them." if beyond else said


def _as_json(report: Report, beyond: int) -> dict[str, Any]:
    flaw = report.flaw
    first = {"first_bad": flaw.leaf, "last_possible": flaw.last, "error": flaw.why} if flaw else {}
    held = {"withheld": report.withheld} if report.withheld else {}
    return {
        "entries": report.covered,
        "not_covered": beyond,
        **held,
        "heads": [head.size for head in report.met],
        **first,
    }


def _told(given: argparse.Namespace, holds: bool, sentence: str, said: dict[str, Any], pin: Path | None = None) -> int:
    if given.json:
        print(json.dumps({"verified": holds, "signature_checked": holds and pin is not None, **said}))
    elif holds:
        print(sentence if pin else f"{sentence}\n{UNSIGNED}")
    else:
        print(sentence, file=sys.stderr)
    return HOLDS if holds else FAILS
