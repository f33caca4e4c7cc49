"""What survives a restart of the gate: asks that wait, decisions that were made, calls that were parked, definitions.

One SQLite file, for every gate process of one user; without a file it lives as long as the process. A process holds a
lock file beside it for as long as it lives, so that the next one can tell whose asks were left behind.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from placet.gate.answers import Outcome
from placet.submissions import Action, Submission, identifier, restored

_TABLES = """
CREATE TABLE IF NOT EXISTS definition (server TEXT, tool TEXT, dig TEXT NOT NULL, PRIMARY KEY (server, tool));
CREATE TABLE IF NOT EXISTS sending (key TEXT PRIMARY KEY, life TEXT NOT NULL, submission TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS ask (
    action TEXT PRIMARY KEY, life TEXT NOT NULL, call TEXT, same TEXT NOT NULL, kept TEXT NOT NULL, outcome TEXT);
CREATE TABLE IF NOT EXISTS parked (call TEXT PRIMARY KEY, answer BLOB NOT NULL, at REAL NOT NULL);
"""
#: Seconds after which a parked call that nobody asked for again is forgotten.
FORGOTTEN_AFTER = 7 * 24 * 3600


class Memory:
    """`path` None keeps everything in this process."""

    def __init__(self, path: Path | None = None) -> None:
        self.lasting = path is not None
        self._life = identifier()
        self._lock: IO[bytes] | None = None
        self._lives: Path | None = None
        if path:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lives = path.with_name(f"{path.name}.lives")
            self._lives.mkdir(exist_ok=True, mode=0o700)
            self._lock = _locked(self._lives / self._life)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._rows = sqlite3.connect(path or ":memory:", timeout=10, isolation_level=None, check_same_thread=False)
        if path:
            self._rows.execute("PRAGMA journal_mode = WAL")
        self._rows.executescript(_TABLES)
        self._rows.execute("DELETE FROM parked WHERE at < ?", [time.time() - FORGOTTEN_AFTER])

    # Definitions

    def approved_definition(self, server: str, tool: str) -> str | None:
        """The digest that the tool's definition had at its last approval."""
        row = self._one("SELECT dig FROM definition WHERE server = ? AND tool = ?", server, tool)
        return row[0] if row else None

    def approve_definition(self, server: str, tool: str, dig: str) -> None:
        self._do("INSERT OR REPLACE INTO definition VALUES (?, ?, ?)", server, tool, dig)

    # Asks and their decisions

    def sending(self, submission: Submission) -> None:
        """Written before it is sent: a process that is killed before the console's answer leaves its name behind."""
        self._do("INSERT OR REPLACE INTO sending VALUES (?, ?, ?)", submission.key, self._life, submission.body)

    def sent(self, key: str) -> None:
        """The console's answer is here, or there will be nothing to take back."""
        self._do("DELETE FROM sending WHERE key = ?", key)

    def asked(self, action: Action, *, same: str) -> None:
        """An ask is on record at the console. `same` is equal for byte-identical asks of one principal."""
        with self._together():
            self._do(
                "INSERT OR REPLACE INTO ask VALUES (?, ?, NULL, ?, ?, NULL)",
                action.id, self._life, same, action.to_json(),
            )  # fmt: skip
            self.sent(action.submission.key)

    def decided(self, action: str, outcome: Outcome) -> None:
        """Written before anything runs on it."""
        self._do("UPDATE ask SET outcome = ? WHERE action = ?", json.dumps(asdict(outcome)), action)

    def forget(self, action: str) -> None:
        """It is over: what it allowed was done, or never will be."""
        self._do("DELETE FROM ask WHERE action = ?", action)

    def abandoned(self) -> list[str]:
        """Undecided asks of processes that died, except those of parked calls, whose hosts were told to come back."""
        left = self._left("SELECT life, action, outcome FROM ask WHERE call IS NULL")
        for action in [action for action, outcome in left if outcome]:
            self.forget(action)
        return [action for action, outcome in left if not outcome]

    def unanswered(self) -> list[Submission]:
        """What processes that died had sent, or were about to send, without hearing of it."""
        left = self._left("SELECT life, key, submission FROM sending")
        return [restored(json.loads(body), key=key) for key, body in left]

    def _left(self, question: str) -> list[tuple[str, Any]]:
        """The two values beside `life` in rows of processes that are gone."""
        rows = self._rows.execute(question).fetchall()
        living = {life for life in {row[0] for row in rows} if life == self._life or self._lives_on(life)}
        return [(one, other) for life, one, other in rows if life not in living]

    # Parked calls

    def park(self, call: str, *, answer: bytes, actions: list[str]) -> None:
        """Keep a call whose host was told to ask again, and tie its asks to it."""
        with self._together():
            self._do("INSERT OR REPLACE INTO parked VALUES (?, ?, ?)", call, answer, time.time())
            self._rows.executemany("UPDATE ask SET call = ? WHERE action = ?", [(call, action) for action in actions])

    def keeps(self, call: str) -> bool:
        """Whether this call is written down to last beyond the process."""
        return self.lasting and self._one("SELECT 1 FROM parked WHERE call = ?", call) is not None

    def parked_anything(self) -> bool:
        return self._one("SELECT 1 FROM parked LIMIT 1") is not None

    def unpark(self, call: str) -> tuple[bytes, dict[str, tuple[Action, Outcome | None]]] | None:
        """Take a parked call up again: the server's answer to it, and its asks by what makes them the same."""
        row = self._one("SELECT answer FROM parked WHERE call = ?", call)
        if row is None:
            return None
        kept = self._rows.execute("SELECT same, kept, outcome FROM ask WHERE call = ?", [call]).fetchall()
        asks = {same: (Action.from_json(text), _outcome(outcome)) for same, text, outcome in kept}
        with self._together():
            self._do("DELETE FROM parked WHERE call = ?", call)
            self._do("UPDATE ask SET call = NULL, life = ? WHERE call = ?", self._life, call)
        return row[0], asks

    def drop(self, call: str) -> None:
        """A parked call that its host took up within this process."""
        with self._together():
            self._do("DELETE FROM parked WHERE call = ?", call)
            self._do("UPDATE ask SET call = NULL WHERE call = ?", call)

    def close(self) -> None:
        self._rows.close()
        if self._lock and self._lives:
            (self._lives / self._life).unlink(missing_ok=True)
            self._lock.close()

    def _lives_on(self, life: str) -> bool:
        """Whether the process still holds its lock. One that is gone leaves a file that anybody may lock."""
        path = self._lives / life if self._lives else None
        if path is None or not path.exists():
            return False
        try:
            _locked(path).close()
        except BlockingIOError:
            return True
        path.unlink(missing_ok=True)
        return False

    @contextlib.contextmanager
    def _together(self) -> Iterator[None]:
        self._rows.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._rows.execute("ROLLBACK")
            raise
        self._rows.execute("COMMIT")

    def _one(self, statement: str, *values: object) -> tuple | None:
        return self._rows.execute(statement, values).fetchone()

    def _do(self, statement: str, *values: object) -> None:
        self._rows.execute(statement, values)


def _locked(path: Path) -> IO[bytes]:
    file = path.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise
    return file


def _outcome(text: str | None) -> Outcome | None:
    return Outcome(**json.loads(text)) if text else None
