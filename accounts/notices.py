"""What people are told about their accounts: on their page until they have read it, and by mail where that is set."""

from datetime import datetime

from . import mail, tongues
from .models import Notice, User
from .words import told

#: So many are listed; older ones stay in the table.
SHOWN = 50


def tell(*, person: User, code: str, text: str, at: datetime) -> Notice:
    """Tell this person, in their language; the row belongs to the caller's transaction. No secret and no payload goes
    into `text`.
    """
    due = mail.due(person=person, at=at)
    with tongues.speaking_to(person):
        words = told(text)
    return Notice.objects.create(person=person, code=code, text=words[:500], created_at=at, mail_due_at=due)


def latest(*, person: User) -> list[Notice]:
    """The newest notices of this person, unread or read."""
    return list(Notice.objects.filter(person=person).order_by("-id")[:SHOWN])


def read(*, person: User, upto: int, at: datetime) -> int:
    """Mark what this person was shown as read, up to the notice of this id; return how many were unread."""
    return Notice.objects.filter(person=person, pk__lte=upto, read_at=None).update(read_at=at)
