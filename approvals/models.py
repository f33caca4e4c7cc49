"""What: tables and the law on them.

Rows say what happened; state is derived, but for `Action.state`, which settlement alone writes.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

PEOPLE = settings.AUTH_USER_MODEL


class Kind(models.TextChoices):
    SAMPLING = "sampling"
    SAMPLING_RESULT = "sampling_result"
    ELICITATION_FORM = "elicitation_form"
    ELICITATION_URL = "elicitation_url"
    TOOL_CALL = "tool_call"


class State(models.TextChoices):
    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


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


class Policy(models.Model):
    """One immutable revision of a checkpoint's rule.

    `body` is its canonical bytes and `dig` their digest; the columns repeat them for SQL.
    """

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="policies")
    revision = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=Kind)
    pattern = models.CharField(max_length=200)
    server = models.ForeignKey("accounts.Server", null=True, blank=True, on_delete=models.PROTECT)
    need = models.PositiveSmallIntegerField()
    deadline_seconds = models.PositiveIntegerField()
    valid_seconds = models.PositiveIntegerField()
    approval_role = models.CharField(max_length=150)
    retired = models.BooleanField(default=False)
    body = models.BinaryField()
    dig = models.CharField(max_length=43)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(PEOPLE, null=True, blank=True, on_delete=models.PROTECT)

    class Meta:
        verbose_name_plural = "policies"
        ordering = ["checkpoint__name", "-revision"]
        constraints = [
            models.UniqueConstraint(fields=["checkpoint", "revision"], name="one_policy_a_revision"),
            models.CheckConstraint(condition=Q(need__gte=1), name="policy_needs_somebody"),
            models.CheckConstraint(condition=Q(deadline_seconds__range=(1, 2592000)), name="policy_ends_in_time"),
            models.CheckConstraint(condition=Q(valid_seconds__range=(1, 600)), name="policy_valid_at_most_600_s"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="policy_of_a_known_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.checkpoint.name} revision {self.revision}"


class Action(models.Model):
    """An accepted, immutable ask. `body` is exactly what was digested; `context` is all else that was said with it."""

    id = models.UUIDField(primary_key=True)
    server = models.ForeignKey("accounts.Server", on_delete=models.PROTECT)
    idempotency_key = models.CharField(max_length=200)
    submission_dig = models.CharField(max_length=43)
    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=256)
    body = models.BinaryField()
    dig = models.CharField(max_length=43)
    context = models.BinaryField()
    context_dig = models.CharField(max_length=43)
    nonce = models.CharField(max_length=128, null=True)  # noqa: DJ001 (absent is not empty: it is signed)
    subject = models.CharField(max_length=256, blank=True)
    session = models.CharField(max_length=128, blank=True)
    bundle = models.CharField(max_length=128, blank=True)
    sampling_action = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="results")
    checkpoint = models.ForeignKey(Checkpoint, null=True, on_delete=models.PROTECT, related_name="actions")
    policy = models.ForeignKey(Policy, null=True, on_delete=models.PROTECT)
    created_at = models.DateTimeField()
    deadline_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    reason = models.CharField(max_length=32, blank=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["server", "idempotency_key"], name="one_action_a_key"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="action_in_a_known_state"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="action_of_a_known_kind"),
            models.CheckConstraint(
                condition=Q(state="pending", settled_at=None) | (~Q(state="pending") & Q(settled_at__isnull=False)),
                name="settled_actions_say_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | Q(settled_at__lt=F("deadline_at"), policy__isnull=False),
                name="no_approval_after_the_deadline",
            ),
        ]
        indexes = [
            models.Index(fields=["deadline_at"], condition=Q(state="pending"), name="action_due"),
            models.Index(
                fields=["checkpoint", "deadline_at", "id"], condition=Q(state="pending"), name="action_waiting"
            ),
            models.Index(
                fields=["checkpoint", "-settled_at", "-id"], condition=~Q(state="pending"), name="action_decided"
            ),
            models.Index(fields=["server", "-id"], name="action_of_server"),
            models.Index(fields=["server", "session", "-id"], condition=~Q(session=""), name="action_of_session"),
            models.Index(
                fields=["server", "kind", "name"],
                condition=Q(reason__in=["no_checkpoint", "no_owner"]),
                name="action_gap",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Assignment(models.Model):
    """That this owner was asked, in which role, when and why.

    An action keeps its owners' names even when roles change.
    """

    action = models.ForeignKey(Action, on_delete=models.PROTECT, related_name="assignments")
    owner = models.ForeignKey(PEOPLE, on_delete=models.PROTECT, related_name="assignments")
    role = models.CharField(max_length=150)
    duty = models.CharField(max_length=12, choices=Duty, default=Duty.APPROVAL)
    why = models.CharField(max_length=20, default="owner")
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["action", "owner", "duty"], name="asked_once_a_duty")]


class Review(models.Model):
    """One reviewer's verdict. `stmt` is the canonical bytes of what the receipt repeats."""

    action = models.ForeignKey(Action, on_delete=models.PROTECT, related_name="reviews")
    reviewer = models.ForeignKey(PEOPLE, on_delete=models.PROTECT, related_name="reviews")
    role = models.CharField(max_length=150)
    verdict = models.CharField(max_length=8, choices=[("approve", "approve"), ("deny", "deny")])
    note = models.CharField(max_length=2000, blank=True)
    shown = models.CharField(max_length=43)
    stmt = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(fields=["action", "reviewer"], name="one_review_a_person")]


class Comment(models.Model):
    """Words among the owners; never sent to a server."""

    action = models.ForeignKey(Action, on_delete=models.PROTECT, related_name="comments")
    author = models.ForeignKey(PEOPLE, on_delete=models.PROTECT)
    text = models.CharField(max_length=2000)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["at", "id"]


class Receipt(models.Model):
    """The signed statement, as stored and sent: the same bytes for ever."""

    action = models.OneToOneField(Action, primary_key=True, on_delete=models.PROTECT)
    jti = models.CharField(max_length=43, unique=True)
    decision = models.CharField(max_length=10, choices=State)
    jws = models.BinaryField()
    kid = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=~Q(decision="pending"), name="receipts_are_final")]


class Consumption(models.Model):
    """The single use of an approval."""

    action = models.OneToOneField(Action, primary_key=True, on_delete=models.PROTECT)
    key = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()


class Outcome(models.Model):
    """What the server says came of it."""

    action = models.OneToOneField(Action, primary_key=True, on_delete=models.PROTECT)
    status = models.CharField(max_length=10, choices=[("succeeded", "succeeded"), ("failed", "failed")])
    note = models.CharField(max_length=2000, blank=True)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()


class Delivery(models.Model):
    """That a receipt is owed to a server's reply queue. Born with the decision, kept until it was handed over."""

    action = models.OneToOneField(Action, primary_key=True, on_delete=models.PROTECT)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["due_at"], condition=Q(delivered_at=None), name="delivery_owed")]


class Entry(models.Model):
    """One line of the append-only ledger: who did what to which action, by digest, never by payload."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    event = models.CharField(max_length=32)
    actor = models.CharField(max_length=160)
    action = models.ForeignKey(Action, null=True, on_delete=models.PROTECT, related_name="entries")
    dig = models.CharField(max_length=43, blank=True)

    class Meta:
        default_permissions = ()
        verbose_name_plural = "entries"
        ordering = ["id"]
