"""Changes of a server: register it, start it again, or change its title, owner of record, key and bounds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from accounts import servers, words
from accounts.models import Server, ServerKey

from ..errors import BadChange
from ..rules import documents
from . import people, trying

if TYPE_CHECKING:
    from datetime import datetime

    from . import Confirmed

MEMBERS = tuple(documents.ServerDocument.model_fields)


def read(*, subject: str, document: dict[str, Any] | None, at: datetime) -> dict[str, Any] | None:
    if document is None:
        raise BadChange(words.said("What a server asked stays on record, so it stays too. Stop it instead."))
    said = documents.read(documents.ServerDocument, document)
    if said.server != subject:
        raise BadChange(
            words.said("The document names another server than the one it is proposed for."), pointer="/server"
        )
    return said.plain


def current(*, subject: str, at: datetime) -> dict[str, Any] | None:
    server = Server.objects.select_related("owner").filter(name=subject).first()
    return describe(server, _key(server)) if server else None


def every(*, at: datetime) -> dict[str, dict[str, Any]]:
    """Return name -> document of all that stands."""
    keys = {key.server_id: key for key in ServerKey.objects.filter(revoked_at=None)}
    return {each.name: describe(each, keys.get(each.pk)) for each in Server.objects.select_related("owner")}


def describe(server: Server, key: ServerKey | None) -> dict[str, Any]:
    """Return the document of this server, with its live key."""
    return documents.ServerDocument(
        server=server.name, title=server.title, environment=server.environment,
        owner=server.owner.username if server.owner else None, tools=server.tools, hosts=server.hosts,
        per_minute=server.per_minute, pending_most=server.pending_most,
        public_key=documents.key(bytes(key.public_key)) if key else None, stopped=server.stopped_at is not None,
    ).plain  # fmt: skip


def since(*, document: dict[str, Any] | None, at: datetime) -> dict[str, Any] | None:
    return document


def check(*, subject: str, document: dict[str, Any] | None, at: datetime, proposing: bool) -> None:
    """Its owner exists and its key is nobody else's: setting them, and taking that back, tells."""
    if proposing:
        trying.as_if(lambda: set_to(subject=subject, document=document, at=at), lambda: None)


def consequences(*, subject: str, document: dict[str, Any] | None, at: datetime) -> list[str]:
    server = Server.objects.filter(name=subject).first()
    key, wanted = _key(server) if server else None, (document or {}).get("public_key")
    if server is None:
        told = (
            []
            if wanted
            else [words.said("{server} has no credential yet: propose a token for it afterwards.", server=subject)]
        )
    else:
        changed = key is not None and documents.key(bytes(key.public_key)) != wanted
        told = [words.said("The key {server} signs with now stops working at once.", server=subject)] if changed else []
        told += (
            [words.said("{server} may ask again.", server=subject)]
            if server.stopped_at and not (document or {}).get("stopped")
            else []
        )
    check(subject=subject, document=document, at=at, proposing=True)
    return told


def put(confirmed: Confirmed) -> None:
    set_to(subject=confirmed.subject, document=confirmed.proposed, at=confirmed.at)


def set_to(*, subject: str, document: dict[str, Any] | None, at: datetime) -> None:
    """Make it so, in the caller's transaction."""
    said = documents.read(documents.ServerDocument, document)
    owner = people.named([(said.owner, "/owner")])[said.owner] if said.owner else None
    server = Server.objects.filter(name=subject).first() or servers.register(name=subject, at=at)
    servers.describe(
        server=server, title=said.title, environment=said.environment, owner=owner, tools=said.tools,
        hosts=said.hosts, per_minute=said.per_minute, pending_most=said.pending_most,
    )  # fmt: skip
    _start_or_stop(server, stopped=said.stopped, at=at)
    key = _key(server)
    if said.public_key == (documents.key(bytes(key.public_key)) if key else None):
        return
    if said.public_key is None:
        servers.end_key(server=server, at=at)
    else:
        servers.set_key(server=server, public_key=json.dumps(said.public_key).encode(), at=at)


def _start_or_stop(server: Server, *, stopped: bool, at: datetime) -> None:
    if stopped and server.stopped_at is None:
        servers.stop(server=server, at=at)
    elif server.stopped_at is not None and not stopped:
        servers.start(server=server)


def _key(server: Server) -> ServerKey | None:
    return server.keys.filter(revoked_at=None).first()
