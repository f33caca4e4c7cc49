"""The passkeys of people: WebAuthn credentials by which they sign what they say, and sign in."""

from django.db import models
from django.db.models import Q

NAME_LIMIT = 60


class Passkey(models.Model):
    """One credential of one person. Rows stay for ever: what a key signed is judged by when it counted.

    It counts from `live_from` until `revoked_at`. Somebody vouched for it: an earlier passkey of the same person
    (`introduced_by`), or the admin who confirmed it (`confirmed_by`). `public_key` is a COSE key (RFC 9052).
    """

    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="passkeys")
    credential_id = models.BinaryField(max_length=128, unique=True)
    public_key = models.BinaryField(max_length=600, unique=True)
    transports = models.JSONField(default=list)
    aaguid = models.UUIDField()
    name = models.CharField(max_length=NAME_LIMIT)
    created_at = models.DateTimeField()
    introduced_by = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="introduced")
    confirmed_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    live_from = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(live_from=None) | Q(introduced_by__isnull=False) | Q(confirmed_by__isnull=False),
                name="passkeys_count_when_vouched_for",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by=None) | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="passkeys_are_revoked_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def at(moment) -> Q:
        """Select those that count at this moment."""
        return Q(live_from__lte=moment) & (Q(revoked_at=None) | Q(revoked_at__gt=moment))

    @property
    def waits(self) -> bool:
        """Whether nobody vouched for it yet."""
        return self.live_from is None and self.revoked_at is None

    @property
    def live(self) -> bool:
        return self.live_from is not None and self.revoked_at is None
