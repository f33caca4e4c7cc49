"""Following a released link: for its subject alone, a few times, each time a line of the ledger.

The console never opens it, asks nothing about it and shows no picture of it: it says where it leads, and steps aside.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User

from . import ledger
from .errors import ConnectOver
from .models import Action
from .queries import connecting


@transaction.atomic
def follow(*, action_id: UUID, person: User, at: datetime) -> connecting.Leading:
    """Record that the subject goes there, and return where. The locked action makes openings queue, and count."""
    Action.objects.select_for_update(of=("self",)).only("pk").filter(pk=action_id).first()
    leading = connecting.read(user=person, action_id=action_id, at=at)
    if not leading.is_open:
        raise ConnectOver()
    action = leading.action
    ledger.record(event=connecting.OPENED, actor=person.urn, action_id=action.pk, dig=action.dig, at=at)
    return leading
