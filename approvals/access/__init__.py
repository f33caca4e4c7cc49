"""Who may see and decide what.

The only room that calls guardian: roles hold duties on checkpoints, never on single actions.
"""

from .deciding import (
    Rights,
    action_seen_by,
    ask_rights,
    is_their_server,
    is_theirs,
    may_decide,
    must_see,
    read_rights,
    rights,
    terms,
)
from .duties import actions_seen_by, asked_beside, decided_by, desk, duties, is_admin, set_duties
from .locking import action_of_server, ask_locked, read_locked
from .names import is_own, spoken

__all__ = [
    "Rights", "action_of_server", "action_seen_by", "actions_seen_by", "ask_locked", "ask_rights", "asked_beside",
    "decided_by", "desk", "duties", "is_admin", "is_own", "is_their_server", "is_theirs", "may_decide", "must_see",
    "read_locked", "read_rights", "rights", "set_duties", "spoken", "terms",
]  # fmt: skip
