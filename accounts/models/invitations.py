"""Invitations: how somebody sets their first password themselves, so that nobody else ever knew it."""

from django.db import models
from django.db.models import Q


class Invitation(models.Model):
    """A link that lets this person set a password, once. Only a keyed hash of its secret is kept.

    `used_at` None and `expires_at` to come: it is open. A newer one ends those before by moving `expires_at` to now.
    """

    id = models.CharField(primary_key=True, max_length=32)
    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="invitations")
    secret_hash = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        "accounts.User", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    @staticmethod
    def open_at(moment) -> Q:
        """Select those that can still be taken up."""
        return Q(used_at=None, expires_at__gt=moment)
