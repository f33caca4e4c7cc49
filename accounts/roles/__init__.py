"""Who holds a role, from when until when; and who stands in for those who are away."""

from .holding import (
    Holder,
    ask_delegations,
    ask_held,
    ask_members,
    held_by,
    holders,
    read_held,
    read_holders,
)
from .windows import Window, give, set_members, take

__all__ = [
    "Holder", "Window", "ask_delegations", "ask_held", "ask_members", "give", "held_by", "holders",
    "read_held", "read_holders", "set_members", "take",
]  # fmt: skip
