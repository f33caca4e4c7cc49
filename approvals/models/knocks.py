"""Knocks: what people are told outside of the console, and that they were."""

from django.db import models
from django.db.models import Q

from .actions import Action


class Knock(models.Model):
    """That a person is to hear of an action on one of their channels, once for each reason.

    `edit` is the number of the edit that voided their yes, 0 otherwise. `action` is None for a test. `due_at` None: it
    was sent at `sent_at`, or nobody has to hear it any more.
    """

    class Why(models.TextChoices):
        ASKED = "asked", "asked"
        ESCALATED = "escalated", "escalated"
        WARNED = "warned", "due soon"
        VOIDED = "voided", "edited since their yes"
        BEFORE_QUIET = "before_quiet", "due within their quiet hours"
        TEST = "test", "test"

    channel = models.ForeignKey("accounts.Channel", on_delete=models.CASCADE, related_name="knocks", db_index=False)
    action = models.ForeignKey(Action, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    why = models.CharField(max_length=12, choices=Why)
    edit = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["channel", "action", "why", "edit"], name="knocks_once_a_reason")
        ]
        indexes = [models.Index(fields=["channel", "due_at"], condition=~Q(due_at=None), name="knocks_owed")]
