"""What was used before. A verifier remembers every approval it acted on, so that none is acted on twice."""

from __future__ import annotations

import os
import sqlite3
import threading
from typing import Protocol


class Spent(Protocol):
    """A memory that only grows."""

    def spend(self, *, jti: str, action: str) -> bool:
        """Remember the receipt and the action, durably, before returning. True once, False ever after."""


class MemorySpent:
    """Lives as long as the process: enough when every approval is also consumed online, and for tests."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._lock = threading.Lock()

    def spend(self, *, jti: str, action: str) -> bool:
        names = {f"jti:{jti}", f"action:{action}"}
        with self._lock:
            if names & self._seen:
                return False
            self._seen |= names
            return True


class SqliteSpent:
    """A file shared by every process on one machine. Rows are about 100 bytes and are never deleted."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = os.fspath(path)
        with self._connect() as connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS spent ("
                " jti TEXT PRIMARY KEY, action TEXT NOT NULL UNIQUE, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)"
            )
        connection.close()

    def spend(self, *, jti: str, action: str) -> bool:
        connection = self._connect()
        try:
            connection.execute("INSERT INTO spent (jti, action) VALUES (?, ?)", (jti, action))
            connection.commit()
        except sqlite3.IntegrityError:
            return False
        finally:
            connection.close()
        return True

    def _connect(self) -> sqlite3.Connection:
        """A connection of its own per use: uses are rare, and one that no thread or fork shares cannot be misused."""
        connection = sqlite3.connect(self._path, timeout=10)
        connection.execute("PRAGMA synchronous = FULL")
        return connection
