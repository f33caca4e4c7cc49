"""How the map changes: what admins propose and confirm, what owners allow beforehand, and what fell through."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .actions import Action
from .checkpoints import PEOPLE, Checkpoint, Kind


class Change(models.Model):
    """A change of the map: who proposed what, and what became of it.

    `current` is the canonical bytes of what stood when it was proposed (None: nothing did), `proposed` of what shall
    stand (None: nothing shall). It is applied once, not before `effective_at`, and only on what it was proposed on.
    """

    class About(models.TextChoices):
        CHECKPOINT = "checkpoint", _("Checkpoint")
        ROLE = "role", _("Role")
        SERVER = "server", _("Server")
        TOKEN = "token", _("server token")
        ADMIN = "admin", _("Admin")
        PASSKEY = "passkey", _("Passkey")

    class State(models.TextChoices):
        PROPOSED = "proposed"
        CONFIRMED = "confirmed"
        APPLIED = "applied"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"
        FAILED = "failed"

    about = models.CharField(max_length=12, choices=About)
    subject = models.CharField(max_length=150)
    current = models.BinaryField(null=True)
    proposed = models.BinaryField(null=True)
    dig = models.CharField(max_length=43)
    note = models.CharField(max_length=1000, blank=True)
    author = models.ForeignKey(PEOPLE, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    effective_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    alone = models.BooleanField(default=False)
    decided_by = models.ForeignKey(PEOPLE, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=1000, blank=True)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("author")) | Q(state="withdrawn") | Q(alone=True),
                name="nobody_confirms_their_own_change",
            ),
            models.CheckConstraint(
                condition=~Q(state="applied") | Q(applied_at__isnull=False), name="applied_changes_say_when"
            ),
        ]
        indexes = [
            models.Index(fields=["about", "subject", "-id"], name="changes_of_subject"),
            models.Index(fields=["effective_at"], condition=Q(state="confirmed"), name="change_due"),
            models.Index(fields=["-id"], condition=Q(state="proposed"), name="change_open"),
        ]


class Grant(models.Model):
    """A standing approval, bounded in what it covers, in number, in time and in rate. `jws` is the console's signature.

    `covers` is the canonical bytes of a schema that a covered action's parameters fit.
    """

    id = models.UUIDField(primary_key=True)
    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="grants", db_index=False)
    server = models.ForeignKey("accounts.Server", on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=256)
    covers = models.BinaryField()
    policy_dig = models.CharField(max_length=43)
    role = models.CharField(max_length=150)
    uses_most = models.PositiveIntegerField()
    per_hour = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(PEOPLE, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    like = models.ForeignKey(Action, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    jws = models.BinaryField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(PEOPLE, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(uses_most__range=(1, 1000)), name="grants_are_counted"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="grants_end"),
        ]
        indexes = [
            models.Index(fields=["server", "kind", "name"], condition=Q(revoked_at=None), name="grant_for"),
            models.Index(fields=["checkpoint", "-created_at"], name="grants_of_checkpoint"),
        ]


class GrantUse(models.Model):
    """That a grant approved this action. `number` counts from 1; two uses never share one."""

    action = models.OneToOneField(Action, primary_key=True, on_delete=models.PROTECT, related_name="grant_use")
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="uses", db_index=False)
    number = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["grant", "number"], name="each_use_counted")]


class Finding(models.Model):
    """What fell through, until an exceptions owner resolved it. The same again, while open, only counts.

    `about` tells apart what is otherwise the same: an action's name, or a dead letter's reason.
    """

    class Code(models.TextChoices):
        NO_CHECKPOINT = "no_checkpoint", _("no checkpoint stops it")
        NO_OWNER = "no_owner", _("nobody owns it")
        OUTSIDE_POLICY = "outside_policy", _("outside of policy")
        POLICY_ERROR = "policy_error", _("condition failed")
        NOT_LISTED = "not_listed", _("not on the server's list")
        SECRET = "secret", _("asked for a secret")
        OUTCOME_FAILED = "outcome_failed", _("approved, then failed")
        DEAD_LETTER = "dead_letter", _("refused on the queue")
        BREAK_GLASS = "break_glass", _("glass broken")
        UNSATISFIABLE = "unsatisfiable", _("too few people")
        NOBODY_LEFT = "nobody_left", _("everybody passed it on")
        TOO_MANY_NAMES = "too_many_names", _("too many names")
        BURST = "burst", _("yes, faster than anybody reads")
        NO_DENIALS = "no_denials", _("never a no")
        DRILL = "drill", _("drill missed")

    code = models.CharField(max_length=16, choices=Code)
    checkpoint = models.ForeignKey(Checkpoint, null=True, on_delete=models.PROTECT, related_name="findings")
    server = models.ForeignKey("accounts.Server", null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, blank=True)
    about = models.CharField(max_length=256, blank=True)
    key = models.CharField(max_length=43)
    action = models.ForeignKey(Action, null=True, on_delete=models.PROTECT, related_name="findings")
    detail = models.CharField(max_length=500, blank=True)
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(PEOPLE, null=True, on_delete=models.PROTECT, related_name="+")
    resolution = models.CharField(max_length=1000, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["-last_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=Q(resolved_at=None), name="one_open_finding_a_key"),
            models.CheckConstraint(
                condition=Q(resolved_at=None, resolved_by=None)
                | Q(resolved_at__isnull=False, resolved_by__isnull=False),
                name="resolved_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["checkpoint", "-last_at"], condition=Q(resolved_at=None), name="finding_open"),
        ]


class Sighting(models.Model):
    """That a server was seen with this kind and name: it asked, or a gate saw it in the server's list of tools."""

    server = models.ForeignKey("accounts.Server", on_delete=models.PROTECT, related_name="sightings", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=256)
    listed = models.BooleanField(default=False)
    first_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["server", "kind", "name"], name="seen_first_once")]


class Simulation(models.Model):
    """A draft policy tried on what was recorded: how far it is, and what it found. It changes nothing else."""

    draft = models.BinaryField()
    days = models.PositiveSmallIntegerField()
    author = models.ForeignKey(PEOPLE, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True)
    finished_at = models.DateTimeField(null=True)
    found = models.JSONField(null=True)
    failed = models.CharField(max_length=500, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["-id"]
