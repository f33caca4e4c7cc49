"""Taking an ask back: the server does not want it any more."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts import servers
from accounts.servers import Identity

from . import access, settlement, spoken
from .errors import AlreadySettled
from .models import Action, State


@transaction.atomic
def withdraw(*, action_id: UUID, server: Identity, at: datetime) -> Action:
    """Withdraw the server's own pending action. Again is the same; AlreadySettled when it was decided before."""
    servers.require_current(server)
    action = access.action_of_server(server=server, action_id=action_id)
    if action.state == State.WITHDRAWN:
        return action
    if action.state != State.PENDING:
        raise AlreadySettled(state=action.state, at=action.settled_at)
    case = settlement.Case(
        action=action, server_urn=server.urn, policy=action.policy, decision=State.WITHDRAWN, reason="withdrawn",
        actor=server.urn, reviews=settlement.statements_of(spoken.current(action.reviews.all())),
    )  # fmt: skip
    settlement.settle(case, at=at)
    return action
