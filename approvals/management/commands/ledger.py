"""`manage.py ledger head|export|verify`: the history as files, for whoever keeps it outside of the console."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from placet.tlog import heads
from placet.tlog.audit import Report, audit

from approvals import keys, sequencing
from approvals.errors import BadHeadFile, EmptyLedger, NotWritable, UnknownHead
from approvals.management.telling import TellingCommand
from approvals.queries import tree

STANDARD = "-"

type Told = tuple[dict[str, Any], str]


class Command(TellingCommand):
    help = "Writes the newest signed head or the whole ledger to a file, or checks the ledger against heads you kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("what", choices=["head", "export", "verify"])
        parser.add_argument("file", nargs="?", default=STANDARD, help="where to write; - for standard output")
        parser.add_argument("--size", type=int, help="head: the one of this size instead of the newest")
        parser.add_argument("--format", choices=tree.FORMS, default="jsonl", help="export: what other programs read")
        parser.add_argument("--head", action="append", default=[], metavar="FILE", help="verify: a head you kept")

    def handle(self, *, what: str, file: str, format: str, **options: Any) -> None:
        self.code = 0
        if what == "export" and file == STANDARD:
            return self._stream(format)
        super().handle(what=what, file=file, format=format, **options)
        if self.code:
            sys.exit(self.code)
        return None

    def act(self, *, what: str, file: str, format: str, size: int | None, head: list[str], **options: Any) -> Told:
        if what == "head":
            return _head(file, size)
        if what == "export":
            return _export(file, format)
        return self._verify(head)

    def _stream(self, form: str) -> None:
        """Nothing but the lines, so that they can be piped on."""
        head = sequencing.head(at=datetime.now(UTC))
        for line in tree.lines(until=head.size if head else 0, form=form, issuer=settings.PUBLIC_URL):
            self.stdout.write(line.decode(), ending="")

    def _verify(self, files: list[str]) -> Told:
        notes = [_kept(file) for file in files] or [_stored()]
        size = tree.size()
        report = audit(tree.lines(until=size), [note.head for note in notes])
        self.code = 1 if report.flaw else 0
        return _found(report, size=size, outside=bool(files))


def _head(file: str, size: int | None) -> Told:
    newest = sequencing.head(at=datetime.now(UTC))
    if newest is None:
        raise EmptyLedger
    found = tree.shown(size=size)
    if found is None:
        raise UnknownHead
    note = found.whole.decode()
    if file == STANDARD:
        return {"size": found.size, "note": note}, note.rstrip("\n")
    _write(file, [found.whole])
    return {"size": found.size, "file": file}, f"{file} has the head of {found.size} leaves. Keep it elsewhere."


def _export(file: str, form: str) -> Told:
    head = sequencing.head(at=datetime.now(UTC))
    size = head.size if head else 0
    _write(file, tree.lines(until=size, form=form, issuer=settings.PUBLIC_URL))
    return {"file": file, "entries": size}, f"{file} has {size} entries: those of the newest head."


def _write(file: str, parts: Iterable[bytes]) -> None:
    """Whole or not at all: what stood there before stays until all is written."""
    part = Path(f"{file}.part")
    try:
        with part.open("wb") as out:
            out.writelines(parts)
        os.replace(part, file)
    except OSError as error:
        raise NotWritable(f"{file} cannot be written: {error.strerror}.") from error


def _kept(file: str) -> heads.Note:
    try:
        return _believed(Path(file).read_bytes())
    except OSError as error:
        raise BadHeadFile(f"{file} cannot be read: {error.strerror}.") from error
    except heads.BadHead as error:
        raise BadHeadFile(f"{file}: {error}") from error


def _stored() -> heads.Note:
    newest = tree.newest()
    if newest is None:
        raise EmptyLedger
    try:
        return _believed(newest.note)
    except heads.BadHead as error:
        raise BadHeadFile(f"The newest head on record: {error}") from error


def _believed(raw: bytes) -> heads.Note:
    note = heads.read(raw)
    if note.head.origin != settings.PUBLIC_URL:
        raise heads.BadHead(f"It is of another console, {note.head.origin}.")
    heads.signed_by(note, keys.jwks()["keys"])
    return note


def _found(report: Report, *, size: int, outside: bool) -> Told:
    without = sequencing.unnumbered()
    flaw = report.flaw
    said: dict[str, Any] = {"verified": flaw is None, "entries": report.covered, "without_leaf": without}
    if flaw:
        bad = {"first_bad": flaw.leaf, "last_possible": flaw.last, "error": flaw.why}
        return said | bad, f"Not verified. {flaw}"
    sentence = f"Verified: {report.covered} entries are those that the head was signed over."
    if size > report.covered:
        sentence += f" {size - report.covered} later ones are in no head you gave."
    if without:
        sentence += f" {without} have no leaf yet."
    if not outside:
        sentence += " The head came from this database too: only one that was kept elsewhere finds who writes here."
    return said | {"not_covered": size - report.covered}, sentence
