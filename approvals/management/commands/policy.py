"""`manage.py policy export|plan|apply|schema [FILE]`: the map as a file that a repository can hold."""

import json
import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from accounts.models import User
from approvals import mapfile
from approvals.errors import BadMap, NotAnAdmin
from approvals.management.telling import TellingCommand

DIFFERS = 2
STANDARD = "-"

type Told = tuple[dict[str, Any], str]


class Command(TellingCommand):
    help = "Writes the map as a file, tells how a file differs from it (exit code 2), or proposes what differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("what", choices=["export", "plan", "apply", "schema"])
        parser.add_argument("file", nargs="?", default=STANDARD, help="a path, or - for standard input or output")
        parser.add_argument("--as", dest="username", metavar="USERNAME", help="which admin proposes; apply needs it")
        parser.add_argument("--note", default="", help="why, for the admin who confirms")

    def handle(self, *, what: str, **options: Any) -> None:
        self.code = 0
        super().handle(what=what, **options)
        if self.code:
            sys.exit(self.code)

    def act(self, *, what: str, file: str, username: str | None, note: str, **options: Any) -> Told:
        at = datetime.now(UTC)
        if what == "export":
            return _written(file, mapfile.export(at=at), "map")
        if what == "schema":
            return _written(file, json.dumps(mapfile.schema(), indent=2), "schema")
        if what == "plan":
            return self._plan(_read(file), at=at)
        return self._apply(_read(file), author=_admin(username), note=note, at=at)

    def _plan(self, raw: bytes, *, at: datetime) -> Told:
        found = mapfile.plan(raw, at=at)
        self.code = DIFFERS if found else 0
        told = "\n".join(_shown(each) for each in found) or "The map is as the file says."
        return {"differences": [_said(each) for each in found]}, told

    def _apply(self, raw: bytes, *, author: User, note: str, at: datetime) -> Told:
        done = mapfile.apply(raw, author=author, note=note, at=at)
        self.code = 1 if any(each.refusal for each in done) else 0
        told = "\n".join(_became(each) for each in done) or "The map is as the file says."
        return {"changes": [_outcome(each) for each in done]}, told


def _read(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == STANDARD else Path(file).read_bytes()
    except OSError as error:
        raise BadMap(f"{file} cannot be read: {error.strerror}.") from error


def _written(file: str, text: str, name: str) -> Told:
    if file == STANDARD:
        return {name: text}, text.rstrip("\n")
    try:
        Path(file).write_text(text)
    except OSError as error:
        raise BadMap(f"{file} cannot be written: {error.strerror}.") from error
    return {"file": file}, f"{file} is written."


def _admin(username: str | None) -> User:
    person = User.objects.filter(username=username or "", is_active=True).first()
    if person is None:
        raise NotAnAdmin("Say which admin proposes it: --as USERNAME.")
    return person


def _said(difference: mapfile.Difference) -> dict[str, Any]:
    return {
        "about": difference.about, "subject": difference.subject, "how": difference.how,
        "current": difference.current, "proposed": difference.proposed,
    }  # fmt: skip


def _shown(difference: mapfile.Difference) -> str:
    head = f"{difference.about} {difference.subject}: {difference.how}"
    return "\n".join([head, *(f"  {line.sign} {line.text}".rstrip() for line in difference.lines)])


def _outcome(applied: mapfile.Applied) -> dict[str, Any]:
    change, refusal = applied.change, applied.refusal
    return _said(applied.difference) | {
        "change": change.pk if change else None, "state": change.state if change else None,
        "error": refusal.code if refusal else None, "message": refusal.message if refusal else None,
    }  # fmt: skip


def _became(applied: mapfile.Applied) -> str:
    named = f"{applied.difference.about} {applied.difference.subject}"
    if applied.refusal:
        return f"{named}: refused. {applied.refusal.message}"
    waits = {"proposed": "proposed, and waits for a second admin", "confirmed": "confirmed, and waits for its time"}
    state = applied.change.state
    return f"{named}: {waits.get(state, state)} (change {applied.change.pk})."
