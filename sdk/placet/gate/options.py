"""What the command line configured."""

from __future__ import annotations

import fnmatch
import getpass
from dataclasses import dataclass, field
from pathlib import Path

from placet.gate.answers import Outcome
from placet.gate.messages import MAX_MESSAGE


def os_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


@dataclass(frozen=True, slots=True)
class Options:
    """Seconds where a name ends in `_after`, `_every` or `_for`; bytes for `max_message`.

    `server` is what stands behind the gate, as configured: a command or a URL. Whatever the server calls itself is
    only a claim beside it.
    """

    server: str = ""
    #: What owners are told stands there: without arguments, which may hold secrets.
    shown: str = ""
    subject: str = field(default_factory=lambda: f"user:{os_user()}")
    #: Spelled so that the console knows a person who would approve their own ask.
    principal: str = field(default_factory=lambda: f"user:{os_user()}")
    #: Patterns of tools whose calls by the host are held; empty: none.
    hold: tuple[str, ...] = ()
    hold_result: bool = False
    inject: bool = False
    #: The console's address, when released links shall lead over its connect page; "" hands them on as they are.
    connect: str = ""
    #: Tools that the server may ask the host to run.
    tools: frozenset[str] = frozenset()
    executor: tuple[str, ...] = ()
    timeout: str | None = None
    park_after: float = 45.0
    progress_every: float = 5.0
    #: How long a decision is honoured after its ask was settled, when the host has to come back for it.
    remembered_for: float = 600.0
    patience: float = 60.0
    max_message: int = MAX_MESSAGE
    state: Path | None = None

    def reviews(self, sampled: Outcome) -> bool:
        """Whether this sampling's completion waits for a second yes: always here, or because the policy says so."""
        return self.hold_result or sampled.result_review

    def holds(self, tool: str) -> bool:
        return any(fnmatch.fnmatchcase(tool, pattern) for pattern in self.hold)
