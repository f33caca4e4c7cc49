"""Asks refused for a secret: what is noted of them, and how often a server may have something noted.

The rule is what tells findings apart, so a server has few of them, however it words its forms. A server that goes on
is refused all the same, without a line each time.
"""

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from threading import Lock

from .. import findings, secrecy
from ..errors import SecretFound
from ..models import Finding
from ..policy import Found
from .items import Item

MOST, WITHIN = 30, timedelta(minutes=1)

type Refused = tuple[Item, Found, SecretFound]


class Patience:
    """How often each server was noted lately. A process has one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._lately: dict[int, deque[datetime]] = {}

    def takes(self, server_id: int, *, at: datetime) -> bool:
        with self._lock:
            lately = self._lately.setdefault(server_id, deque(maxlen=MOST))
            if len(lately) == MOST and timedelta(0) <= at - lately[0] < WITHIN:
                return False
            lately.append(at)
            return True

    def forget(self) -> None:
        self._lately.clear()


patience = Patience()


def noted(refused: Iterable[Refused], *, at: datetime) -> list[findings.Noted]:
    """One finding a server, kind and rule, at the checkpoint that would have stopped the ask."""
    told = []
    for item, found, refusal in refused:
        if patience.takes(item.server.id, at=at):
            secrecy.told(refusal, who=item.server.urn)
            told.append(_noted(item, found, refusal))
    return told


def _noted(item: Item, found: Found, refusal: SecretFound) -> findings.Noted:
    place = found.policy.checkpoint_id if found.policy else None
    where = f"{refusal.pointer}, character {refusal.offset}" if refusal.offset >= 0 else refusal.pointer or ""
    return findings.Noted(
        code=Finding.Code.SECRET, checkpoint_id=place, server_id=item.server.id, kind=item.submission.kind,
        about=refusal.rule, detail=f"at {where}",
    )  # fmt: skip
