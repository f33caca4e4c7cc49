"""Dead letters become findings: one a server and reason, however many letters."""

from collections.abc import Sequence
from datetime import datetime

from .. import findings
from ..models import Finding
from . import DeadLetter


def note(letters: Sequence[DeadLetter], *, at: datetime) -> None:
    """Note them before they are buried: counted twice is better than not at all."""
    found = [
        findings.Noted(code=Finding.Code.DEAD_LETTER, server_id=letter.server, about=letter.code, detail=letter.reason)
        for letter in letters
    ]
    findings.record(found, at=at)
