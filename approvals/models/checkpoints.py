"""Where asks stop: checkpoints, who holds duties on them, and the revisions of their rules."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from accounts.words import joined, said

from ..rules import policies

PEOPLE = settings.AUTH_USER_MODEL


class Kind(models.TextChoices):
    SAMPLING = "sampling", _("Sampling")
    SAMPLING_RESULT = "sampling_result", _("Sampling Result")
    ELICITATION_FORM = "elicitation_form", _("Elicitation Form")
    ELICITATION_URL = "elicitation_url", _("Elicitation Url")
    TOOL_CALL = "tool_call", _("Tool Call")


class State(models.TextChoices):
    PENDING = "pending", _("Pending")
    APPROVED = "approved", _("Approved")
    DENIED = "denied", _("Denied")
    EXPIRED = "expired", _("Expired")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Duty(models.TextChoices):
    APPROVAL = "approval"
    LOGGING = "logging"
    EXCEPTIONS = "exceptions"


class Checkpoint(models.Model):
    """A named place where matching actions stop. Roles hold duties on it, as guardian permissions of the same names."""

    name = models.CharField(max_length=120, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        default_permissions = ()
        permissions: ClassVar = [(duty.value, f"Holds the duty of {duty.label.lower()}") for duty in Duty]

    def __str__(self) -> str:
        return self.name


class CheckpointUserObjectPermission(UserObjectPermissionBase):
    content_object = models.ForeignKey(Checkpoint, on_delete=models.CASCADE)


class CheckpointGroupObjectPermission(GroupObjectPermissionBase):
    content_object = models.ForeignKey(Checkpoint, on_delete=models.CASCADE)


class Effect(models.TextChoices):
    REVIEW = "review", _("Review")
    ALLOW = "allow", _("Allow")
    DENY = "deny", _("Deny")


class Policy(models.Model):
    """One immutable revision of a checkpoint's rule.

    `body` is its canonical bytes and `dig` their digest; the columns repeat what SQL asks for. `rule` is all of it.
    """

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="policies")
    revision = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=Kind)
    pattern = models.CharField(max_length=200)
    server = models.ForeignKey("accounts.Server", null=True, blank=True, on_delete=models.PROTECT)
    effect = models.CharField(max_length=6, choices=Effect, default=Effect.REVIEW)
    need = models.PositiveSmallIntegerField()
    deadline_seconds = models.PositiveIntegerField()
    valid_seconds = models.PositiveIntegerField()
    retired = models.BooleanField(default=False)
    body = models.BinaryField()
    dig = models.CharField(max_length=43)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(PEOPLE, null=True, blank=True, on_delete=models.PROTECT)
    confirmed_by = models.ForeignKey(PEOPLE, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "policies"
        ordering = ["checkpoint__name", "-revision"]
        constraints = [
            models.UniqueConstraint(fields=["checkpoint", "revision"], name="one_policy_a_revision"),
            models.CheckConstraint(
                condition=Q(effect="review", need__gte=1) | (~Q(effect="review") & Q(need=0)),
                name="reviews_need_somebody",
            ),
            models.CheckConstraint(condition=Q(deadline_seconds__range=(1, 2592000)), name="policy_ends_in_time"),
            models.CheckConstraint(condition=Q(valid_seconds__range=(1, 600)), name="policy_valid_at_most_600_s"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="policy_of_a_known_kind"),
            models.CheckConstraint(condition=Q(effect__in=Effect.values), name="policy_of_a_known_effect"),
        ]

    def __str__(self) -> str:
        return f"{self.checkpoint.name} revision {self.revision}"

    @cached_property
    def rule(self) -> policies.Rule:
        """What this revision says."""
        return policies.stored(bytes(self.body))

    @property
    def needed(self) -> str:
        """How many of which roles must say yes, in words."""
        needs = (said("{count} of {role}", count=need.count, role=need.role) for need in self.rule.needs)
        return joined(needs, said(" and "))

    @property
    def approval_role(self) -> str:
        """The roles whose people decide, in words."""
        return joined(dict.fromkeys(need.role for need in self.rule.needs), said(" and "))
