"""Since when somebody has had an ask before them. Only a rule that wants it looked at for a while leaves a row.

The row names the view by its digest: after an edit, or under another rule, looking begins anew. Whoever shows nothing,
as a script does, has looked at nothing; `manage.py show --as` is a way to look.
"""

from datetime import datetime, timedelta

from accounts.models import User
from accounts.words import said

from .errors import LookedTooShort
from .models import Action, Look


def look(action: Action, *, person: User, shown: str, at: datetime) -> datetime | None:
    """Note that they see it now. Returns from when their yes is taken; None when the rule wants no looking."""
    wanted = _wanted(action)
    if not wanted:
        return None
    Look.objects.bulk_create([Look(action=action, person=person, shown=shown, at=at)], ignore_conflicts=True)
    return Look.objects.get(action=action, person=person, shown=shown).at + wanted


def require(action: Action, *, person: User, shown: str, at: datetime) -> None:
    """Refuse a yes to what they first saw too short a time ago, or never."""
    wanted = _wanted(action)
    if not wanted:
        return
    first = Look.objects.filter(action=action, person=person, shown=shown).values_list("at", flat=True).first()
    if first is None:
        raise LookedTooShort(
            said(
                "The rule wants it looked at for {seconds} s before a yes. Open its page first.", seconds=wanted.seconds
            )
        )
    if at < first + wanted:
        left = int((first + wanted - at).total_seconds()) + 1
        raise LookedTooShort(
            said(
                "The rule wants it looked at for {seconds} s before a yes. {left} s are left.",
                seconds=wanted.seconds,
                left=left,
            )
        )


def _wanted(action: Action) -> timedelta:
    return timedelta(seconds=action.policy.rule.dwell_seconds if action.policy else 0)
