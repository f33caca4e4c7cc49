"""After a database came back from a backup: nothing that was over may be there again.

What was used, revoked or signed out since the backup is unknown to an older database. So approvals that could still be
used count as used, grants are revoked and sessions end. Tokens, passkeys and roles cannot be told: whoever ran the
restore looks at them.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from placet import canonical

from accounts.models import Session

from . import ledger
from .models import Action, Consumption, Grant, Receipt, State

KEY = "console:restored"


@dataclass(frozen=True, slots=True)
class Ended:
    """How many of each."""

    approvals: int
    grants: int
    sessions: int


@transaction.atomic
def end(*, by: str, at: datetime) -> Ended:
    """End what a backup brought back. Said twice, it ends what came meanwhile."""
    open_ones = Receipt.objects.filter(decision=State.APPROVED, expires_at__gt=at, action__consumption=None)
    spent = [
        _spend(action, by=by, at=at)
        for action in Action.objects.select_for_update(of=("self",)).filter(pk__in=open_ones.values("action_id"))
    ]
    living = list(Grant.objects.select_for_update(of=("self",)).filter(revoked_at=None, expires_at__gt=at))
    for grant in living:
        Grant.objects.filter(pk=grant.pk, revoked_at=None).update(revoked_at=at)
        ledger.record(event="grant.revoked", actor=by, dig=canonical.digest_bytes(bytes(grant.jws)), at=at)
    sessions, _ = Session.objects.all().delete()
    ledger.record(event="database.restored", actor=by, at=at)
    return Ended(len(spent), len(living), sessions)


def _spend(action: Action, *, by: str, at: datetime) -> None:
    """Used by nobody: the server is told that it was used under another key."""
    Consumption.objects.create(action=action, key=KEY, at=at)
    ledger.record(event="action.consumed", actor=by, action_id=action.pk, dig=action.dig, at=at)
