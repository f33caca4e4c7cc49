"""What an admin does alone about somebody's access: invite them, end their sign-ins, untie what a provider calls them.
Each is a line of the ledger.
"""

from datetime import datetime

from django.db import transaction
from placet import canonical

from accounts import identities, invitations, notices, signins
from accounts.models import User
from accounts.words import said

from . import access, ledger
from .errors import NotFound


def invite(*, username: str, by: User | None, at: datetime) -> str:
    """Return the secret part of a link with which this person sets a password; `by` None is an operator."""
    with transaction.atomic():
        person = _person(username, by)
        token = invitations.issue(person=person, by=by, at=at)
        _record("person.invited", person, by, at=at)
    return token


def untie(*, username: str, by: User | None, at: datetime) -> None:
    """Forget what the provider of single sign-on calls this person; `by` None is an operator."""
    with transaction.atomic():
        person = _person(username, by)
        identities.untie(person=person, by=by, at=at)
        _record("person.untied", person, by, at=at)


def sign_out(*, username: str, by: User, at: datetime) -> int:
    """End every sign-in of this person at once; return how many there were."""
    with transaction.atomic():
        person = _person(username, by)
        ended = signins.end_all(person=person, by=by, at=at)
        if ended and person.pk != by.pk:
            notices.tell(
                person=person, code="signed_out", text=said("{by} ended your sign-ins.", by=by.username), at=at
            )
        _record("person.signed_out", person, by, at=at)
    return ended


def _person(username: str, by: User | None) -> User:
    found = User.objects.filter(username=username).first()
    if found is None or (by is not None and not access.is_admin(by)):
        raise NotFound()
    return found


def _record(event: str, person: User, by: User | None, *, at: datetime) -> None:
    actor = by.urn if by else "system:operator"
    ledger.record(event=event, actor=actor, dig=canonical.digest("person", {"person": person.urn}), at=at)
