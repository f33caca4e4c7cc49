"""Changes of who may sign: a person's passkey begins to count, because an admin vouches for it.

Its person proposes it by registering it; so this is the one kind that is proposed by somebody who is no admin. Whatever
comes of it, the passkey is not left waiting: refused or withdrawn, it is revoked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from placet import canonical, jws

from accounts import notices, passkeys, words
from accounts.models import Passkey

from .. import ledger
from ..errors import BadChange
from ..rules import documents

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User

    from . import Confirmed

MEMBERS = ("person", "name", "passkey", "key")


def document(passkey: Passkey) -> dict[str, Any]:
    """What is vouched for: whose it is, its credential id, and the digest of its public key."""
    return {
        "person": passkey.person.username,
        "name": passkey.name,
        "passkey": jws.encode(bytes(passkey.credential_id)).decode(),
        "key": canonical.digest_bytes(bytes(passkey.public_key)),
    }


def read(*, subject: str, document: dict[str, Any] | None, at: datetime) -> dict[str, Any] | None:
    said = documents.read(documents.PasskeyDocument, document)
    if said.person != subject:
        raise BadChange(
            words.said("The document names another person than the one it is proposed for."), pointer="/person"
        )
    return said.plain


def current(*, subject: str, at: datetime) -> dict[str, Any] | None:
    """Nothing stands: each new passkey is a change of its own."""
    return None


def since(*, document: dict[str, Any] | None, at: datetime) -> dict[str, Any] | None:
    return document


def check(*, subject: str, document: dict[str, Any] | None, at: datetime, proposing: bool) -> None:
    passkey = _found(document)
    if passkey is None or passkey.person.username != subject:
        raise BadChange(words.said("There is no such passkey."), pointer="/passkey")
    if canonical.digest_bytes(bytes(passkey.public_key)) != document["key"]:
        raise BadChange(words.said("This passkey has another key."), pointer="/key")
    if not passkey.person.is_active:
        raise BadChange(words.said("{subject} has no active account.", subject=subject), pointer="/person")
    if passkey.revoked_at is not None:
        raise BadChange(words.said("This passkey was revoked."), pointer="/passkey")
    if passkey.live_from is not None:
        raise BadChange(words.said("This passkey counts already."), pointer="/passkey")


def consequences(*, subject: str, document: dict[str, Any] | None, at: datetime) -> list[str]:
    check(subject=subject, document=document, at=at, proposing=True)
    return [
        words.said("{person} could sign their yes with it, and sign in with it.", person=subject),
        words.said(
            "Ask {person} themselves, not by a message from this account, whether they registered it.", person=subject
        ),
    ]


def put(confirmed: Confirmed) -> None:
    by = confirmed.confirmed_by or confirmed.author
    passkey = passkeys.confirm(passkey_id=_found(confirmed.proposed).pk, by=by, at=confirmed.at)
    ledger.record(event="passkey.confirmed", actor=by.urn, dig=passkeys.digest(passkey), at=confirmed.at)
    name, alone = passkey.name, by.pk == passkey.person_id
    text = (
        words.said("Your passkey “{name}” counts now. You confirmed it alone: there is no second admin.", name=name)
        if alone
        else words.said("Your passkey “{name}” counts now. {by} confirmed it.", name=name, by=by.username)
    )
    notices.tell(person=passkey.person, code="passkey_counts", text=text, at=confirmed.at)


def drop(document: dict[str, Any] | None, *, by: User, at: datetime) -> None:
    """It will not be: what nobody vouches for is revoked."""
    passkey = _found(document)
    if passkey is not None and passkeys.drop(passkey_id=passkey.pk, by=by, at=at):
        ledger.record(event="passkey.revoked", actor=by.urn, dig=passkeys.digest(passkey), at=at)
        name, own = passkey.name, by.pk == passkey.person_id
        text = (
            words.said("You took back your passkey “{name}” before it counted.", name=name)
            if own
            else words.said(
                "{by}, an admin, refused your passkey “{name}” before it counted.", by=by.username, name=name
            )
        )
        notices.tell(person=passkey.person, code="passkey_gone", text=text, at=at)


def _found(document: dict[str, Any] | None) -> Passkey | None:
    try:
        name = jws.decode((document or {}).get("passkey", "").encode())
    except ValueError:  # another spelling of it is another name
        return None
    return Passkey.objects.select_related("person").filter(credential_id=name).first()
