"""Passkeys of people, from registration to revocation: who vouches for a new one, and what is on record of it.

A passkey that counts already vouches for another of the same person at once. Without one, an admin does: registering
proposes a change that another admin confirms.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts import notices, passkeys
from accounts.errors import BadCeremony, CeremonyOver, NoPasskeysHere
from accounts.models import Passkey, User
from accounts.words import said

from . import access, changes, ledger, vetting
from .errors import ChangeOver, NotFound
from .governed import passkeys as documents
from .models import Change

PATIENCE = timedelta(minutes=5)
NEW, COUNTS, GONE = "passkey_new", "passkey_counts", "passkey_gone"  # what notices are about


@dataclass(frozen=True, slots=True)
class Ceremony:
    """One registration that was begun: its challenge, good once and not for long."""

    challenge: str
    until: float

    @classmethod
    def begin(cls, *, at: datetime) -> Ceremony:
        if not passkeys.relying_party().id:
            raise NoPasskeysHere()
        return cls(secrets.token_urlsafe(32), (at + PATIENCE).timestamp())

    @classmethod
    def of(cls, kept: Any, *, at: datetime) -> Ceremony:
        """Read what a session kept of it."""
        if not isinstance(kept, dict) or at.timestamp() > kept.get("until", 0):
            raise CeremonyOver()
        return cls(kept["challenge"], kept["until"])


def options(*, person: User, ceremony: Ceremony) -> dict[str, Any]:
    """What the browser needs: how to make a credential, and with which others to introduce it."""
    known = [each for each in passkeys.of(person) if each.revoked_at is None]
    live = [each for each in known if each.live]
    return {
        "creation": passkeys.asked(person, challenge=ceremony.challenge, known=known),
        "introduction": passkeys.assertion_options(live) if live else None,
        "issuer": settings.PUBLIC_URL, "sub": person.urn,
    }  # fmt: skip


def register(
    *, person: User, ceremony: Ceremony, credential: Mapping[str, Any], name: str,
    introduced: Mapping[str, Any] | None = None, alone: bool = True, at: datetime,
) -> Passkey:  # fmt: skip
    """Keep a new passkey of this person. `introduced` is what an old one of theirs signed for it; `alone` that none was
    to, so that one who broke off the introduction leaves nothing behind for an admin.

    Introduced, it counts at once; else an admin has to confirm it. The only admin confirms their own by registering.
    """
    if not introduced and not alone:
        raise BadCeremony(said("None of your passkeys introduced it. Begin again, or let an admin confirm it."))
    made = passkeys.registered(dict(credential), challenge=ceremony.challenge)
    with transaction.atomic():
        old = _voucher(person, ceremony, made, introduced) if introduced else None
        passkey = passkeys.add(person=person, credential=made, name=name, at=at)
        ledger.record(event="passkey.registered", actor=person.urn, dig=passkeys.digest(passkey), at=at)
        if old is not None:
            passkeys.introduce(passkey_id=passkey.pk, by=old, at=at)
            ledger.record(event="passkey.introduced", actor=person.urn, dig=passkeys.digest(passkey), at=at)
            text = said("A new passkey, “{name}”, counts for you. Another of yours introduced it.", name=passkey.name)
            _tell(passkey, COUNTS, text, at)
        else:
            _propose(passkey, person=person, at=at)
    passkey.refresh_from_db()
    return passkey


def revoke(*, passkey_id: int, by: User, at: datetime) -> Passkey:
    """End it at once: by its person, or by any admin. What waited for its confirmation is over too."""
    with transaction.atomic():
        passkey = Passkey.objects.select_related("person").filter(pk=passkey_id).first()
        if passkey is None or (passkey.person_id != by.pk and not access.is_admin(by)):
            raise NotFound(said("There is no such passkey here."))
        if passkey.waits and _ended(passkey, by=by, at=at):
            passkey.refresh_from_db()
            return passkey
        passkey = passkeys.revoke(passkey_id=passkey_id, by=by, at=at)
        ledger.record(event="passkey.revoked", actor=by.urn, dig=passkeys.digest(passkey), at=at)
        text = said("You revoked your passkey “{name}”. It signs nothing any more.", name=passkey.name)
        if by.pk != passkey.person_id:
            text = said(
                "{by}, an admin, revoked your passkey “{name}”. It signs nothing any more.",
                by=by.username, name=passkey.name,
            )  # fmt: skip
        _tell(passkey, GONE, text, at)
        vetting.recheck(at=at)
    return passkey


def rename(*, passkey_id: int, person: User, name: str, at: datetime) -> Passkey:
    """Call one's own passkey something else."""
    return passkeys.rename(passkey_id=passkey_id, person=person, name=name)


def _ended(passkey: Passkey, *, by: User, at: datetime) -> bool:
    """End what waits for an admin, and with it the passkey; False when somebody decided it meanwhile."""
    person, document = passkey.person, documents.document(passkey)
    change = changes.waiting(about=Change.About.PASSKEY, subject=person.username, proposed=document)
    if change is None:
        return False
    try:
        if change.author_id == by.pk:
            changes.withdraw(change_id=change.pk, by=by, at=at)
        else:
            changes.refuse(change_id=change.pk, by=by, note="The passkey was revoked.", at=at)
    except ChangeOver:
        return False
    return True


def _voucher(
    person: User, ceremony: Ceremony, made: passkeys.Credential, introduced: Mapping[str, Any]
) -> Passkey:  # fmt: skip
    """The old passkey of theirs that signed for the new one."""
    stated = passkeys.introduction(
        issuer=settings.PUBLIC_URL, sub=person.urn, challenge=ceremony.challenge, attestation=made.attestation
    )
    old = passkeys.named(str(introduced.get("id", "")), among=passkeys.live_of(person))
    passkeys.signed(dict(introduced), challenge=passkeys.challenge_of(stated), passkey=old)
    return old


def _propose(passkey: Passkey, *, person: User, at: datetime) -> None:
    change = changes.propose(
        author=person, about=Change.About.PASSKEY, subject=person.username, proposed=documents.document(passkey),
        note="Registered on their own page; none of their passkeys introduced it.", at=at,
    )  # fmt: skip
    if change.state == Change.State.PROPOSED:
        text = said(
            "A passkey, “{name}”, was registered for you. It waits for an admin to confirm it.", name=passkey.name
        )
        _tell(passkey, NEW, text, at)


def _tell(passkey: Passkey, code: str, text: str, at: datetime) -> None:
    notices.tell(person=passkey.person, code=code, text=text, at=at)
