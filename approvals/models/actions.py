"""What is asked: the immutable ask, who was asked about it, and what came with it that pages look for."""

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.base import ModelState

from ..sealing import SealedField
from .checkpoints import PEOPLE, Checkpoint, Duty, Kind, Policy, State


class Why(models.TextChoices):
    OWNER = "owner"
    DELEGATE = "delegate", "stands in"
    ESCALATED = "escalated"
    REASSIGNED = "reassigned"


class How(models.TextChoices):
    WRONG_PERSON = "wrong_person", "not the right person"
    REASSIGNED = "reassigned"
    TOOK_OVER = "took_over", "took over"


class Action(models.Model):
    """An accepted, immutable ask. `body` is exactly what was digested; `context` is all else that was said with it."""

    id = models.UUIDField(primary_key=True)
    server = models.ForeignKey("accounts.Server", on_delete=models.PROTECT, db_index=False)
    idempotency_key = models.CharField(max_length=200)
    submission_dig = models.CharField(max_length=43)
    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=256)
    body = SealedField(action="id")
    dig = models.CharField(max_length=43)
    context = SealedField(action="id", dig="context_dig")
    context_dig = models.CharField(max_length=43)
    nonce = models.CharField(max_length=128, null=True)  # noqa: DJ001 (absent is not empty: it is signed)
    subject = models.CharField(max_length=256, blank=True)
    session = models.CharField(max_length=128, blank=True)
    bundle = models.CharField(max_length=128, blank=True)
    sampling_action = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="results")
    checkpoint = models.ForeignKey(
        Checkpoint, null=True, on_delete=models.PROTECT, related_name="actions", db_index=False
    )
    policy = models.ForeignKey(Policy, null=True, on_delete=models.PROTECT, db_index=False)
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
            models.Index(fields=["-settled_at", "-id"], condition=~Q(state="pending"), name="action_settled"),
            models.Index(fields=["server", "-id"], name="action_of_server"),
            models.Index(fields=["server", "checkpoint"], condition=Q(state="pending"), name="action_waits_for"),
            models.Index(fields=["server", "session", "-id"], condition=~Q(session=""), name="action_of_session"),
            models.Index(
                fields=["server", "session", "bundle", "id"], condition=~Q(bundle=""), name="action_of_bundle"
            ),
            models.Index(
                fields=["server", "kind", "name"],
                condition=Q(reason__in=["no_checkpoint", "no_owner"]),
                name="action_gap",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def unsaved(cls, **columns: Any) -> Self:
        """A new ask from all its columns, past `Model.__init__`, which takes longer than the rest of admitting it."""
        made = cls.__new__(cls)
        made.__dict__.update(columns, _state=ModelState())
        return made

    @property
    def is_erased(self) -> bool:
        """Whether what was asked is gone for good; its digests are not."""
        return SealedField.is_erased(self, "body")


class Definition(models.Model):
    """The tool's definition that came with an ask, by digest: as it is, and as its submitter saw it approved last."""

    action = models.OneToOneField(Action, primary_key=True, on_delete=models.PROTECT)
    server = models.ForeignKey("accounts.Server", on_delete=models.PROTECT, related_name="+", db_index=False)
    tool = models.CharField(max_length=256, blank=True)
    dig = models.CharField(max_length=43)
    approved = models.CharField(max_length=43, blank=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["server", "tool", "-action"], name="definition_of_tool")]


class Question(models.Model):
    """An elicitation that its subject is to answer here once it is approved.

    `answerer` is the subject as names are compared (`access.spoken`), "" when it is nobody's name.
    """

    action = models.OneToOneField(Action, primary_key=True, on_delete=models.PROTECT)
    answerer = models.CharField(max_length=300, blank=True)
    until = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["answerer", "until"], name="question_for")]


class Assignment(models.Model):
    """That this owner was asked, in which role, when and why.

    An action keeps its owners' names even when roles change. `membership` is the row by which the owner holds the
    role; of a delegate, the row of the person they stand in for, who is `on_behalf_of`.
    """

    action = models.ForeignKey(Action, on_delete=models.PROTECT, related_name="assignments", db_index=False)
    owner = models.ForeignKey(PEOPLE, on_delete=models.PROTECT, related_name="assignments")
    role = models.CharField(max_length=150)
    duty = models.CharField(max_length=12, choices=Duty, default=Duty.APPROVAL)
    why = models.CharField(max_length=20, choices=Why, default=Why.OWNER)
    on_behalf_of = models.ForeignKey(PEOPLE, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    membership = models.ForeignKey(
        "accounts.Membership", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["action", "owner", "duty"], name="asked_once_a_duty")]
        indexes = [
            models.Index(
                fields=["owner", "-action"], condition=Q(why__in=["escalated", "reassigned"]), name="asked_beside"
            )
        ]


class Handover(models.Model):
    """That somebody who was asked passed the action on, or took it over. `to` is None when nobody was named."""

    action = models.ForeignKey(Action, on_delete=models.PROTECT, related_name="handovers")
    person = models.ForeignKey(PEOPLE, on_delete=models.PROTECT, related_name="+", db_index=False)
    how = models.CharField(max_length=12, choices=How)
    to = models.ForeignKey(PEOPLE, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    note = models.CharField(max_length=400, blank=True)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["at", "id"]


class Timer(models.Model):
    """What is due on an action before its deadline: a warning, or a step of its escalation, which adds `role`.

    `fired_at` is set when it happened, or when the action was found settled.
    """

    action = models.ForeignKey(Action, on_delete=models.PROTECT, related_name="timers", db_index=False)
    step = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=150, blank=True)
    due_at = models.DateTimeField()
    fired_at = models.DateTimeField(null=True)
    fired_by = models.ForeignKey(PEOPLE, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["action", "step"], name="each_step_once")]
        indexes = [models.Index(fields=["due_at"], condition=Q(fired_at=None), name="timer_due")]
