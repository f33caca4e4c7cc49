"""What: tables and the law on them.

Rows say what happened; state is derived, but for `Action.state`, which settlement alone writes.
"""

from .actions import Action, Assignment, Definition, Question
from .checkpoints import (
    Checkpoint,
    CheckpointGroupObjectPermission,
    CheckpointUserObjectPermission,
    Duty,
    Kind,
    Policy,
    State,
)  # fmt: skip
from .records import Answer, Comment, Consumption, Delivery, Entry, Outcome, Receipt, Review

__all__ = [
    "Action", "Answer", "Assignment", "Checkpoint", "CheckpointGroupObjectPermission", "CheckpointUserObjectPermission",
    "Comment", "Consumption", "Definition", "Delivery", "Duty", "Entry", "Kind", "Outcome", "Policy", "Question",
    "Receipt", "Review", "State",
]  # fmt: skip
