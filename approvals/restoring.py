"""After a database came back from a backup: nothing that was over may be there again.

What was used, revoked or signed out since the backup is unknown to an older database. So approvals that could still be
used count as used, grants are revoked and sessions end. Tokens, passkeys and roles cannot be told, nor what waits again
and was decided since: whoever ran the restore looks at them.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from placet import canonical

from accounts.models import Session

from . import ledger
from .models import Action, Consumption, Grant, Question, Receipt, State

KEY = "console:restored"


@dataclass(frozen=True, slots=True)
class Ended:
    """How many of each; and how many wait, perhaps again: asks for owners, released questions for their subjects."""

    approvals: int
    grants: int
    sessions: int
    waiting: int = 0


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
    asks = Action.objects.filter(state=State.PENDING, deadline_at__gt=at).count()
    questions = Question.objects.filter(until__gt=at, action__answer=None).count()
    return Ended(len(spent), len(living), sessions, asks + questions)


def _spend(action: Action, *, by: str, at: datetime) -> None:
    """Used by nobody: the server is told that it was used under another key."""
    Consumption.objects.create(action=action, key=KEY, at=at)
    ledger.record(event="action.consumed", actor=by, action_id=action.pk, dig=action.dig, at=at)
