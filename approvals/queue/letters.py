"""Dead letters become findings: one a server and reason, however many letters."""

from collections.abc import Sequence
from datetime import datetime

from .. import findings
from ..models import Finding
from . import DeadLetter


def note(letters: Sequence[DeadLetter], *, at: datetime) -> None:
    """Note them before they are buried: counted twice is better than not at all."""
    apart = {"asks_for_secret", "holds_secret"}  # intake has noted these, by their rule
    found = [
        findings.Noted(code=Finding.Code.DEAD_LETTER, server_id=letter.server, about=letter.code, detail=letter.reason)
        for letter in letters
        if letter.code not in apart
    ]
    findings.record(found, at=at)
