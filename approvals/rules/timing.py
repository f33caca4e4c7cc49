"""Durations and deadlines, in whole seconds."""

import re
from datetime import datetime, timedelta

DURATION = re.compile(r"([1-9][0-9]{0,7})(s|m|h)")
UNIT = {"s": 1, "m": 60, "h": 3600}
LONGEST = timedelta(days=30)
APPROVAL_LIFE = 600  # seconds; no receipt of an online server lives longer
DENIAL_LIFE = 600


def duration(text: str) -> timedelta | None:
    """Read `10m`; None when it is no duration, or too long a one."""
    match = DURATION.fullmatch(text)
    found = timedelta(seconds=int(match[1]) * UNIT[match[2]]) if match else None
    return found if found and found <= LONGEST else None


def deadline(*, at: datetime, policy_seconds: int, timeout: timedelta | None) -> datetime:
    """The sooner of what policy and server allow, cut to a whole second: receipts count in seconds.

    So no part of one is left over.
    """
    allowed = timedelta(seconds=policy_seconds)
    return (at + min(allowed, timeout or allowed)).replace(microsecond=0)


def approval_expiry(*, at: datetime, valid_seconds: int, deadline_at: datetime) -> datetime:
    """When an approval given now ends: never after the deadline, never after 600 s."""
    wanted = at.replace(microsecond=0) + timedelta(seconds=min(valid_seconds, APPROVAL_LIFE))
    return min(wanted, deadline_at)
