"""A person's channels: opening and closing them, and handing a message over."""

import smtplib
from datetime import datetime

from django.conf import settings
from django.db import transaction

from . import locking, outside
from .errors import NoMail
from .models import Channel, User
from .outside import Unsent
from .words import said

Kind = Channel.Kind


def of(person: User) -> dict[str, Channel]:
    """This person's channels by their kind."""
    return {each.kind: each for each in Channel.objects.filter(person=person)}


def open_mail(*, person: User, at: datetime) -> Channel:
    """Reach them by mail; NoMail when this console sends none, or knows no address of theirs."""
    if not settings.MAILERS or not person.email:
        raise NoMail()
    return _open(person, Kind.MAIL, at=at)


def open_chat(*, person: User, address: str, at: datetime) -> Channel:
    """Reach them by a chat's incoming webhook; BadAddress says what is wrong with it."""
    parts = outside.checked(address.strip())
    return _open(person, Kind.CHAT, at=at, address=locking.lock(parts.geturl()), host=parts.hostname or "")


def close(*, person: User, kind: str) -> bool:
    """Reach them so no more; whether they were."""
    return Channel.objects.filter(person=person, kind=kind).delete()[0] > 0


@transaction.atomic
def _open(person: User, kind: str, *, at: datetime, **said: str) -> Channel:
    """In place of an earlier one of its kind: what was owed on that is owed no more."""
    User.objects.select_for_update().get(pk=person.pk)  # two of one kind are opened one by one
    close(person=person, kind=kind)
    return Channel.objects.create(person=person, kind=kind, created_at=at, free_at=at, **said)


def hand_over(channel: Channel, *, subject: str, text: str) -> None:
    """Send it now; Unsent when nobody took it."""
    if channel.kind == Kind.CHAT:
        outside.post_json(locking.unlock(channel.address), {"text": _plain(text)})
        return
    from django.core.mail import EmailMessage  # only where mail is sent

    if not settings.MAILERS or not channel.person.email:
        raise Unsent(said("there is no address, or no mail host"))
    try:
        EmailMessage(subject=subject, body=text, from_email=settings.MAIL_FROM, to=[channel.person.email]).send()
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise Unsent(type(error).__name__) from error


def _plain(text: str) -> str:
    """As chats read it: these three signs begin markup there."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
