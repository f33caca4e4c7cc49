"""What: tables and the law on them.

Rows say what happened; state is derived, but for `Action.state`, which settlement alone writes.
"""

from .actions import Action, Assignment, Definition, Handover, How, Question, Timer, Why
from .checkpoints import (
    Checkpoint,
    CheckpointGroupObjectPermission,
    CheckpointUserObjectPermission,
    Duty,
    Effect,
    Kind,
    Policy,
    State,
)  # fmt: skip
from .governance import Change, Finding, Grant, GrantUse, Sighting, Simulation
from .keys import Cosignature, KeyChange
from .knocks import Knock
from .looks import Consent, Drill, Look, Practice
from .records import Answer, Comment, Consumption, Delivery, Edit, Entry, Erasure, Outcome, Receipt, Review
from .shelf import SavedView
from .tallies import TalliedDay, Tally
from .tree import Leaf, Node, TreeHead

__all__ = [
    "Action", "Answer", "Assignment", "Change", "Checkpoint", "CheckpointGroupObjectPermission",
    "CheckpointUserObjectPermission", "Comment", "Consent", "Consumption", "Cosignature", "Definition", "Delivery",
    "Drill", "Duty", "Edit", "Effect", "Entry", "Erasure", "Finding", "Grant", "GrantUse", "Handover", "How",
    "KeyChange", "Kind", "Knock", "Leaf", "Look", "Node", "Outcome", "Policy", "Practice", "Question", "Receipt",
    "Review", "SavedView", "Sighting", "Simulation", "State", "TalliedDay", "Tally", "Timer", "TreeHead", "Why",
]  # fmt: skip
