"""Notices by mail: the rows say what is owed, the worker hands it over. Read or not, each is mailed once.

A mail carries the notice's sentence and a link to the page where it stands: no secret, no payload, nothing to
click that changes anything. Handed over twice when the worker dies between the mail host's yes and its row.
"""

import logging
import smtplib
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from . import tongues
from .models import Notice, User

#: How long to wait after each failed try; after the last one it is given up, and stays on the page.
PATIENCE = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480))
#: So long a try may take before another worker takes it up again: a slow host comes to the last of them late.
LEASE = timedelta(minutes=10)
MOST = 20

log = logging.getLogger(__name__)


def due(*, person: User, at: datetime) -> datetime | None:
    """When a notice to this person is first owed by mail; None when there is no way."""
    return at if settings.MAILERS and person.email else None


def send_owed(*, at: datetime) -> int:
    """Hand over what is owed by now; return how many mails were taken."""
    waiting = Notice.objects.filter(mail_due_at__lte=at).select_related("person").order_by("mail_due_at")[:MOST]
    return sum(_send(notice, at=at) for notice in list(waiting))


def _send(notice: Notice, *, at: datetime) -> bool:
    mine = Notice.objects.filter(pk=notice.pk, mail_due_at=notice.mail_due_at)
    if not mine.update(mail_due_at=at + LEASE):
        return False  # another worker has it
    row = Notice.objects.filter(pk=notice.pk)
    try:
        _hand_over(notice)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        log.warning("a notice was not mailed", extra={"error": type(error).__name__})
        tries = notice.mail_tries + 1
        again = at + PATIENCE[tries - 1] if tries <= len(PATIENCE) else None
        row.update(mail_due_at=again, mail_tries=tries)
        return False
    row.update(mail_due_at=None)
    return True


def _hand_over(notice: Notice) -> None:
    from django.core.mail import EmailMessage  # only where mail is sent

    with tongues.speaking_to(notice.person):
        where = _("It stands on your page: {address}").format(address=settings.PUBLIC_URL + reverse("you"))
        subject = _("Placet: about your account {name}").format(name=notice.person.username)
    body = f"{notice.text}\n\n{where}\n"
    EmailMessage(subject=subject, body=body, from_email=settings.MAIL_FROM, to=[notice.person.email]).send()
