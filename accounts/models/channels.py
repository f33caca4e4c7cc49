"""Channels: how somebody is reached while they do not look at the console."""

from django.db import models


class Channel(models.Model):
    """One way of reaching one person: their mail address, or the incoming webhook of a chat.

    `address` is the webhook's, locked (`accounts.locking`): whoever knows it can write there. A mail goes to the
    address the person has when it is sent. `host` is what pages show. `free_at` is when the next message may go: after
    a pause, after a try that failed, or after the worker that has it now died. `ended_at` is when it was given up.
    """

    class Kind(models.TextChoices):
        MAIL = "mail", "mail"
        CHAT = "chat", "chat"

    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="channels", db_index=False)
    kind = models.CharField(max_length=4, choices=Kind)
    address = models.TextField(blank=True, default="")
    host = models.CharField(max_length=255, blank=True, default="")
    created_at = models.DateTimeField()
    free_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["person", "kind"], name="one_channel_of_a_kind")]
