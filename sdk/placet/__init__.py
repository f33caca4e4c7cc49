"""Placet for those who ask: receipts, clients, callbacks. No Django here, ever."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from placet.answers import Answer
    from placet.approved import Approved, AsyncApproved
    from placet.console import AsyncConsole, Console
    from placet.errors import (
        Denied,
        Expired,
        NotApproved,
        NotVerified,
        OutcomeUnknown,
        Refused,
        StillPending,
        Unanswered,
        Unreachable,
        Withdrawn,
    )  # fmt: skip
    from placet.receipts import FileSigner, Floor, MemorySpent, Pin, SqliteSpent, verify
    from placet.submissions import Action, Submission, prepare

__version__ = "0.1.0"

#: Loaded on first use (PEP 562): whoever only signs or verifies does not pay for an HTTP client.
_ROOMS = {
    "answers": ["Answer"],
    "approved": ["Approved", "AsyncApproved"],
    "console": ["AsyncConsole", "Console"],
    "errors": [
        "Denied", "Expired", "NotApproved", "NotVerified", "OutcomeUnknown", "Refused", "StillPending", "Unanswered",
        "Unreachable", "Withdrawn",
    ],
    "receipts": ["FileSigner", "Floor", "MemorySpent", "Pin", "SqliteSpent", "verify"],
    "submissions": ["Action", "Submission", "prepare"],
}  # fmt: skip
_HOME = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [  # noqa: RUF022 - by room
    "Approved", "AsyncApproved", "AsyncConsole", "Console", "Denied", "Expired", "NotApproved", "NotVerified",
    "OutcomeUnknown", "Refused", "StillPending", "Unanswered", "Unreachable", "Withdrawn", "Answer",
    "FileSigner", "Floor", "MemorySpent", "Pin", "SqliteSpent", "verify", "Action", "Submission", "prepare",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
