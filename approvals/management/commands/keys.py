"""`manage.py keys status|prepare|rotate|revoke|history`: which key signs, and what became of the others."""

import getpass
import os
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from placet.receipts.history import Key

from approvals import custody, keys
from approvals.errors import KeyUnusable, UnknownKey
from approvals.management.telling import TellingCommand

type Told = tuple[dict[str, Any], str]


class Command(TellingCommand):
    help = "Shows signing keys, publishes the next one, uses it a day later, and revokes what leaked."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("what", choices=["status", "prepare", "rotate", "revoke", "history"])
        parser.add_argument(
            "kid", nargs="?", default="",
            help="revoke: the key's name, as `keys status` shows it; after `--` where it begins with a dash",
        )  # fmt: skip
        parser.add_argument("--reason", default="", help="revoke, rotate --now: why; it stands in the public history")
        parser.add_argument("--now", action="store_true", help="rotate: an emergency; verifiers may not have the key")

    def act(self, *, what: str, kid: str, reason: str, now: bool, **options: Any) -> Told:
        at, by = datetime.now(UTC), f"operator:{login()}"
        try:
            keys.check()
            custody.enter(at=at)
            if what == "prepare":
                return _prepared(custody.prepare(by=by, at=at))
            if what == "rotate":
                told = custody.rotate(by=by, at=at, now=now, reason=reason)
                return _told(told.key), f"{told.key.kid} signs from now on; the one before it is retired."
            if what == "revoke":
                return _revoked(custody.revoke(kid=_whole(kid), reason=reason, by=by, at=at))
        except keys.Unusable as error:
            raise KeyUnusable(f"{str(error)[0].upper()}{str(error)[1:]}.") from error
        return _history() if what == "history" else _status()


def _prepared(told: custody.Told) -> Told:
    due = told.key.published + int(custody.NOTICE.total_seconds())
    return _told(told.key) | {"usable": due}, (
        f"{told.key.kid} is published, and may be used from {_time(due)}: `manage.py keys rotate`."
    )


def _revoked(told: custody.Told) -> Told:
    return _told(told.key) | {"current": told.history.current}, (
        f"{told.key.kid} is revoked; {told.history.current} signs. Whoever pinned keys has to fetch them again now: "
        "nothing else tells them."
    )


def _status() -> Told:
    history = keys.state().history
    shown = [key for key in history.keys.values() if key.state in ("current", "next")]
    over = [key for key in history.keys.values() if key not in shown]
    lines = [_line(key) for key in [*reversed(shown), *over]]
    return {"current": history.current, "keys": [_told(key) for key in history.keys.values()]}, "\n".join(lines)


def _history() -> Told:
    return keys.published(), "\n".join(_line(key) for key in keys.state().history.keys.values())


def _line(key: Key) -> str:
    times = {"published": key.published, "used": key.used, "retired": key.retired, "revoked": key.revoked}
    said = ", ".join(f"{word} {_time(when)}" for word, when in times.items() if when is not None)
    return f"{key.state:<8} {key.kid}  {said}{f': {key.reason}' if key.reason else ''}"


def _told(key: Key) -> dict[str, Any]:
    return {
        "kid": key.kid, "state": key.state, "published": key.published, "used": key.used, "retired": key.retired,
        "revoked": key.revoked, "reason": key.reason,
    }  # fmt: skip


def _whole(kid: str) -> str:
    """The name, or its first letters when they are one key's alone."""
    known = [each for each in keys.state().history.keys if kid and each.startswith(kid)]
    if len(known) != 1:
        raise UnknownKey
    return known[0]


def _time(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())
