"""What a person is told about their account: a sign-in nobody knew, a passkey added, a session ended."""

from django.db import models
from django.db.models import Q


class Notice(models.Model):
    """One sentence to one person, shown until read. `code` is stable, for programs and tests; `text` is for people.

    `mail_due_at` says when the next try of its mail is owed; None when none is: sent, given up, or never owed.
    """

    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="notices", db_index=False)
    code = models.CharField(max_length=40)
    text = models.CharField(max_length=500)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    mail_due_at = models.DateTimeField(null=True)
    mail_tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["person", "-id"], name="notices_of_person"),
            models.Index(fields=["person"], condition=Q(read_at=None), name="unread_notices"),
            models.Index(fields=["mail_due_at"], condition=~Q(mail_due_at=None), name="mails_owed"),
        ]
