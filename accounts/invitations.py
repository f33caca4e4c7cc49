"""Invitations: an admin opens an account and hands over a link; the person sets a password that nobody else knows.

The link is good once and for three days. Whoever holds a role, or stands in for somebody, gets none from an admin: the
admin could take it up first, and would decide as that person. An operator's shell may still make one.
"""

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from . import notices, signins
from .errors import BadInvitation, NotInvited
from .models import Absence, Invitation, Membership, User
from .words import said

LIFE = timedelta(days=3)
TOKEN = re.compile(r"([a-z0-9]{16})-([A-Za-z0-9_-]{43})")


def decides(person: User, *, at: datetime) -> bool:
    """Whether they hold a role or stand in for somebody, now or later. Also who has no access now: they may again."""
    lasting = Q(ends_at=None) | Q(ends_at__gt=at)
    stands_in = Absence.objects.filter(lasting, delegations__delegate=person)
    return Membership.objects.filter(lasting, person=person).exists() or stands_in.exists()


def awaited(person: User) -> bool:
    """Whether they were invited and never came: somebody else still knows the link, or did."""
    if person.has_usable_password() or person.last_login:
        return False
    return Invitation.objects.filter(person=person, used_at=None).exists()


def issue(*, person: User, by: User | None, at: datetime) -> str:
    """Return the secret part of a new link; it is shown this once. `by` None is an operator."""
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=person.pk)
        _refuse(person, by, at=at)
        person.invitations.filter(Invitation.open_at(at)).update(expires_at=at)
        token_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
        Invitation.objects.create(
            id=token_id, person=person, secret_hash=_hash(secret), created_at=at, created_by=by, expires_at=at + LIFE
        )
    return f"{token_id}-{secret}"


def find(token: str, *, at: datetime) -> Invitation:
    """Return the open invitation of this link; BadInvitation when there is none, whatever the reason."""
    match = TOKEN.fullmatch(token)
    found = match and Invitation.objects.select_related("person", "created_by").filter(pk=match[1]).first()
    if not found or not hmac.compare_digest(bytes(found.secret_hash), _hash(match[2])):
        raise BadInvitation()
    person = found.person
    from_admin = found.created_by_id is not None
    if found.used_at or found.expires_at <= at or not person.is_active:
        raise BadInvitation()
    if from_admin and (person.is_staff or person.is_superuser or decides(person, at=at)):
        raise BadInvitation()
    return found


def take_up(*, token: str, password: str, address: str | None, at: datetime) -> User:
    """Set the password, and end the invitation: of two who try at once, one does."""
    with transaction.atomic():
        found = find(token, at=at)
        person = User.objects.select_for_update().get(pk=found.person_id)
        if not Invitation.objects.filter(Invitation.open_at(at), pk=found.pk).update(used_at=at):
            raise BadInvitation()
        person.set_password(password)
        person.save(update_fields=["password"])
        signins.end_all(person=person, by=person, at=at)
        notices.tell(
            person=person,
            code="invitation_used",
            text=said("You set your password, from {address}.", address=address),
            at=at,
        )
        if found.created_by:
            text = said(
                "{name} took up the invitation, from {address}. If they did not, close the account.",
                name=person.username, address=address,
            )  # fmt: skip
            notices.tell(person=found.created_by, code="invitation_taken", text=text, at=at)
    return person


def _refuse(person: User, by: User | None, *, at: datetime) -> None:
    if not person.is_active:
        raise NotInvited(said("This account is closed. Open it first."))
    if by is None:
        return
    if person.pk == by.pk:
        raise NotInvited(said("You are signed in already; change your password on your own page."))
    if person.is_staff or person.is_superuser:
        raise NotInvited(said("Admins are invited by an operator, from a shell."))
    if decides(person, at=at):
        raise NotInvited(said("Who holds a role or stands in is invited by an operator, from a shell."))


def _hash(secret: str) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), b"placet invitation\0" + secret.encode(), hashlib.sha256)
