"""What comes in, and what its sender is answered."""

from dataclasses import dataclass

from accounts.servers import Identity

from .. import submission
from ..errors import Refusal
from ..models import Action, Receipt


@dataclass(frozen=True, slots=True)
class Item:
    """One ask at the door: who sends it, under which idempotency key, and what."""

    server: Identity
    key: str
    submission: submission.Submission


@dataclass(frozen=True, slots=True)
class Admitted:
    """An ask that is on record.

    `new` is False when this key had brought the same ask before; then read its present state.
    """

    action: Action
    new: bool
    checkpoint: str | None = None
    receipt: Receipt | None = None


type Answer = Admitted | Refusal
type Known = dict[tuple[int, str], Action]
