"""A verdict as a person hands it in, and what becomes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from placet import canonical

from accounts.models import User
from accounts.words import said

from . import secrecy, signing
from .errors import BadEdit, BadValidity, Refusal, StaleView, TextTooLong, UnknownVerdict
from .models import Receipt
from .rules import timing

TEXT_LIMIT = 2000
NOTE_BYTES = 2000  # in JSON: a denial's note travels in the receipt, and a receipt has at most 16 KiB
VERDICTS = ("approve", "deny")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A verdict as a person hands it in.

    `seen` is the digest of the view the person decided on (`settlement.shown`); None when the caller is a script that
    showed nothing and takes the stored bytes as they are. `valid_seconds` may shorten what policy allows.
    `changes`, by JSON pointer, are what a yes is given to instead of what was seen (`edits`). `signed` is the verdict's
    statement (`stated`) with their passkey's word for it. `opened` is how many large values they opened before it.
    """

    action_id: UUID
    reviewer: User
    verdict: str
    note: str = ""
    seen: str | None = None
    valid_seconds: int | None = None
    changes: Mapping[str, Any] | None = None
    signed: signing.Signed | None = None
    opened: int = 0


@dataclass(frozen=True, slots=True)
class Recorded:
    """A verdict that counts now.

    `state` is pending while the quorum waits for others; `receipt` is there once settled.
    """

    action_id: UUID
    state: str
    approvals: int
    need: int
    receipt: Receipt | None


type Answer = Recorded | Refusal


def check(given: Given) -> None:
    """Refuse what no action could take."""
    if given.verdict not in VERDICTS:
        raise UnknownVerdict()
    if len(given.note) > TEXT_LIMIT:
        raise TextTooLong(pointer="/note")
    if given.verdict == "deny" and len(canonical.canonical(given.note)) > NOTE_BYTES:
        raise TextTooLong(said("Keep the reason under 2000 bytes: it travels in the receipt."), pointer="/note")
    secrecy.require_none(given.note, at="/note", who=given.reviewer.urn)
    if given.valid_seconds is not None and not 1 <= given.valid_seconds <= timing.APPROVAL_LIFE:
        raise BadValidity()
    if given.changes is not None and given.verdict != "approve":
        raise BadEdit(said("Only a yes changes anything. Say no with a reason instead."))
    if given.changes is not None and given.seen is None:
        raise StaleView(said("Say what you saw: an edit is of the newest bytes, and of no others."))
