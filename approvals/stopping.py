"""Stopping a server: at once, by one admin alone. Starting it again is a change, which another admin confirms."""

from datetime import datetime

from django.db import transaction
from placet import canonical

from accounts import servers
from accounts.models import Server, User
from accounts.words import said

from . import access, ledger
from .errors import NotAnAdmin, NotFound


@transaction.atomic
def stop(*, name: str, by: User, at: datetime) -> Server:
    """From this moment no credential of the server is accepted, in any process. What waits is decided as usual.

    Stopping what is stopped changes nothing.
    """
    if not access.is_admin(by):
        raise NotAnAdmin()
    server = Server.objects.select_for_update().filter(name=name).first()
    if server is None:
        raise NotFound(said("There is no such server here."))
    if server.stopped_at is None:
        servers.stop(server=server, at=at)
        dig = canonical.digest("server", {"server": server.urn, "stopped": True})
        ledger.record(event="server.stopped", actor=by.urn, dig=dig, at=at)
        server.refresh_from_db(fields=["stopped_at", "generation"])
    return server
