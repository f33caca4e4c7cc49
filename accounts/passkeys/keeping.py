"""Which passkeys a person has: added, vouched for, named, revoked; and their shadows, by which allauth signs in.

A shadow is allauth's own row of a credential. It is there exactly while the passkey counts: both change in one
transaction, and who is locked out of the one is locked out of the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from placet import canonical, jws

from ..errors import BadPasskeyName, PasskeyOver, PasskeyTaken, TooManyPasskeys, UnknownPasskey
from ..models import Passkey, User
from ..models.passkeys import NAME_LIMIT
from ..words import said
from . import ceremonies
from .relying import relying_party

MOST = 10  # of one person, that are not revoked


def of(person: User) -> list[Passkey]:
    """All of theirs, those that were revoked too."""
    return list(Passkey.objects.filter(person=person).select_related("introduced_by", "confirmed_by", "revoked_by"))


def live_of(person: User) -> list[Passkey]:
    """Those of theirs that count now."""
    return list(Passkey.objects.filter(person=person, live_from__isnull=False, revoked_at=None))


def people_with(*, at: datetime) -> set[int]:
    """Ids of everybody who has a passkey that counts at this moment."""
    return set(Passkey.objects.filter(Passkey.at(at)).values_list("person_id", flat=True))


def named(credential: str, *, among: Iterable[Passkey]) -> Passkey:
    """The one of this credential id; UnknownPasskey when none of these is."""
    for passkey in among:
        if jws.encode(bytes(passkey.credential_id)).decode() == credential:
            return passkey
    raise UnknownPasskey()


def digest(passkey: Passkey) -> str:
    """The digest by which the ledger names a passkey: whose it is, and its key."""
    told = {
        "person": passkey.person.urn,
        "id": jws.encode(bytes(passkey.credential_id)).decode(),
        "key": canonical.digest_bytes(bytes(passkey.public_key)),
    }
    return canonical.digest("passkey", told)


def add(*, person: User, credential: ceremonies.Credential, name: str, at: datetime) -> Passkey:
    """Keep a new passkey. It counts for nothing until somebody vouches for it."""
    called = _called(name)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=person.pk)  # one after the other, or nobody could count them
        if Passkey.objects.filter(person=person, revoked_at=None).count() >= MOST:
            raise TooManyPasskeys()
        try:
            with transaction.atomic():
                return Passkey.objects.create(
                    person=person, credential_id=credential.id, public_key=credential.public_key, name=called,
                    transports=list(credential.transports), aaguid=credential.aaguid, created_at=at,
                )  # fmt: skip
        except IntegrityError as error:
            raise PasskeyTaken() from error


def introduce(*, passkey_id: int, by: Passkey, at: datetime) -> Passkey:
    """Let it count from now on, because another one of the same person vouched for it."""
    with transaction.atomic():
        passkey, old = _locked(passkey_id), _locked(by.pk)
        if not (old.live and old.person_id == passkey.person_id):
            raise UnknownPasskey()
        return _begin(passkey, at=at, introduced_by=old)


def confirm(*, passkey_id: int, by: User, at: datetime) -> Passkey:
    """Let it count from now on, because this admin vouched for it."""
    with transaction.atomic():
        return _begin(_locked(passkey_id), at=at, confirmed_by=by)


def revoke(*, passkey_id: int, by: User, at: datetime) -> Passkey:
    """It counts no more from now on, and signs nobody in. Whoever is deciding with it is waited for."""
    from allauth.mfa.models import Authenticator

    with transaction.atomic():
        passkey = _locked(passkey_id)
        if passkey.revoked_at is not None:
            raise PasskeyOver(said("This passkey was revoked already."))
        passkey.revoked_at, passkey.revoked_by = at, by
        passkey.save(update_fields=["revoked_at", "revoked_by"])
        Authenticator.objects.filter(user_id=passkey.person_id, data__passkey=passkey.pk).delete()
    return passkey


def drop(*, passkey_id: int, by: User, at: datetime) -> bool:
    """Revoke it if it still waits; False when it does not."""
    with transaction.atomic():
        if not _locked(passkey_id).waits:
            return False
        revoke(passkey_id=passkey_id, by=by, at=at)
    return True


def rename(*, passkey_id: int, person: User, name: str) -> Passkey:
    """Call one's own passkey something else."""
    called = _called(name)
    with transaction.atomic():
        passkey = _locked(passkey_id)
        if passkey.person_id != person.pk:
            raise UnknownPasskey()
        if passkey.revoked_at is not None:
            raise PasskeyOver()
        if passkey.waits:
            raise BadPasskeyName(said("An admin is asked about it by this name. Rename it when it counts."))
        passkey.name = called
        passkey.save(update_fields=["name"])
    return passkey


def _begin(passkey: Passkey, *, at: datetime, **vouching: Any) -> Passkey:
    if passkey.revoked_at is not None:
        raise PasskeyOver()
    if passkey.live_from is not None:
        raise PasskeyTaken(said("This passkey counts already."))
    for member, who in vouching.items():
        setattr(passkey, member, who)
    passkey.live_from = at
    passkey.save(update_fields=["live_from", *vouching])
    _cast_shadow(passkey)
    return passkey


def _cast_shadow(passkey: Passkey) -> None:
    """Make allauth's row, as if its own page had registered the credential."""
    from allauth.mfa.models import Authenticator

    Authenticator.objects.create(
        user_id=passkey.person_id, type=Authenticator.Type.WEBAUTHN,
        data={"name": passkey.name, "passkey": passkey.pk, "credential": _registration(passkey)},
    )  # fmt: skip


def _registration(passkey: Passkey) -> dict[str, Any]:
    from fido2 import cbor
    from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

    made = AttestedCredentialData.create(
        passkey.aaguid.bytes, bytes(passkey.credential_id), cbor.decode(bytes(passkey.public_key))
    )
    party = relying_party()
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT
    data = AuthenticatorData.create(ceremonies.hashed(party.id), flags, 0, made)
    named_ = jws.encode(bytes(passkey.credential_id)).decode()
    client = canonical.canonical({"type": "webauthn.create", "challenge": "", "origin": party.origin})
    return {
        "id": named_, "rawId": named_, "type": "public-key",
        "response": {
            "clientDataJSON": jws.encode(client).decode(),
            "attestationObject": jws.encode(bytes(AttestationObject.create("none", data, {}))).decode(),
        },
        "clientExtensionResults": {"credProps": {"rk": True}},
    }  # fmt: skip


def _locked(passkey_id: int) -> Passkey:
    found = Passkey.objects.select_for_update(of=("self",)).select_related("person").filter(pk=passkey_id).first()
    if found is None:
        raise UnknownPasskey(said("There is no such passkey."))
    return found


def _called(name: str) -> str:
    called = name.strip()
    if not 1 <= len(called) <= NAME_LIMIT or not called.isprintable():
        raise BadPasskeyName(pointer="/name")
    return called
