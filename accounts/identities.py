"""What a provider calls somebody, from when it was tied to their account until somebody unties it.

Untied, the next identity that the provider names by the person's claim is tied in its place. So it is like an
invitation: whoever holds a role, stands in or is an admin is untied by an operator, not by one admin alone.
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from . import invitations, notices, signins
from .errors import NotUntied
from .models import User
from .words import said


def is_tied(person: User) -> bool:
    """Whether an identity of the provider is tied to them."""
    if not settings.OIDC_ISSUER:
        return False
    from allauth.socialaccount.models import SocialAccount  # its tables are there only then

    return SocialAccount.objects.filter(user=person).exists()


def untie(*, person: User, by: User | None, at: datetime) -> None:
    """Forget what the provider calls them, end their sign-ins and tell them. `by` None is an operator."""
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=person.pk)
        powerful = person.is_staff or person.is_superuser or invitations.decides(person, at=at)
        if by is not None and (powerful or by.pk == person.pk):
            raise NotUntied(said("Who holds a role, stands in or is an admin is untied by an operator, from a shell."))
        if not is_tied(person):
            raise NotUntied()
        from allauth.socialaccount.models import SocialAccount

        SocialAccount.objects.filter(user=person).delete()
        signins.end_all(person=person, by=by, at=at)
        text = said(
            "Your account was untied from the sign-in of {name}: another identity may take its place.", name=_name()
        )
        notices.tell(person=person, code="identity_untied", text=text, at=at)


def tell_tied(person: User, *, at: datetime) -> None:
    """Tell them that an identity was tied to their account, for ever."""
    text = said(
        "Your account was tied to your sign-in of {name}. If that was not you, tell an admin at once.", name=_name()
    )
    notices.tell(person=person, code="identity_tied", text=text, at=at)


def is_same_address(one: str, other: str) -> bool:
    """Capitals are one letter with small ones in ASCII alone: databases fold others too, such as a dotless i to I, and
    whoever owns a domain that folds to ours would own our addresses.
    """
    return one == other or (one.isascii() and other.isascii() and one.lower() == other.lower())


def _name() -> str:
    return settings.OIDC_NAME
