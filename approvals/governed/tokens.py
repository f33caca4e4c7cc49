"""Changes of a server's token: a new one, which its author fetches once.

What is confirmed is that they may. The token is made when it is fetched (`changes.collect_token`): none waits here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts import words
from accounts.models import Server

from ..errors import BadChange
from ..rules import documents

if TYPE_CHECKING:
    from datetime import datetime

    from . import Confirmed

MEMBERS = ("server",)


def read(*, subject: str, document: dict[str, Any] | None, at: datetime) -> dict[str, Any] | None:
    said = documents.read(documents.TokenDocument, document)
    if said.server != subject:
        raise BadChange(
            words.said("The document names another server than the one it is proposed for."), pointer="/server"
        )
    return said.plain


def current(*, subject: str, at: datetime) -> dict[str, Any] | None:
    """Nothing stands: tokens are secrets, and each new one is a change of its own."""
    return None


def since(*, document: dict[str, Any] | None, at: datetime) -> dict[str, Any] | None:
    return document


def check(*, subject: str, document: dict[str, Any] | None, at: datetime, proposing: bool) -> None:
    if not Server.objects.filter(name=subject).exists():
        raise BadChange(words.said("No server is named {subject}.", subject=subject), pointer="/server")


def consequences(*, subject: str, document: dict[str, Any] | None, at: datetime) -> list[str]:
    check(subject=subject, document=document, at=at, proposing=True)
    return [words.said("Every token {server} has now ends when the new one is fetched.", server=subject)]


def put(confirmed: Confirmed) -> None:
    raise BadChange(words.said("A token is fetched by whoever proposed it."))
