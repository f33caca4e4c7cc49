"""How people decide: since when they have had an ask before them; and drills, which tell whether they look."""

from django.db import models
from django.db.models import Q

from .actions import Action
from .checkpoints import PEOPLE, Checkpoint


class Look(models.Model):
    """When this person first saw this view (`Review.shown`), for rules that want it looked at for a while."""

    action = models.ForeignKey(Action, on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(PEOPLE, on_delete=models.PROTECT, related_name="+", db_index=False)
    shown = models.CharField(max_length=43)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["action", "person", "shown"], name="first_looks_are_kept"),
        ]


class Practice(models.Model):
    """That the people of a role are drilled: asks that the console makes up, as a server of its own.

    The server never gets a credential (0016), so no receipt of a drill can be used by anybody.
    """

    role = models.CharField(max_length=150)
    server = models.OneToOneField("accounts.Server", on_delete=models.PROTECT, related_name="practice")
    checkpoint = models.OneToOneField(Checkpoint, on_delete=models.PROTECT, related_name="practice")
    every_days = models.PositiveSmallIntegerField()
    created_by = models.ForeignKey(PEOPLE, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    ended_by = models.ForeignKey(PEOPLE, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(every_days__range=(1, 90)), name="drills_are_not_daily_bread"),
            models.UniqueConstraint(fields=["role"], condition=Q(ended_at=None), name="one_practice_a_role"),
        ]


class Consent(models.Model):
    """That this person agreed to be drilled; without everybody's, nobody of the role is."""

    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="consents", db_index=False)
    person = models.ForeignKey(PEOPLE, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "person"], condition=Q(withdrawn_at=None), name="one_consent_a_person"
            )
        ]


class Drill(models.Model):
    """That this action is a drill, and what is wrong with it. `told_at` is when its result was noted."""

    action = models.OneToOneField(Action, primary_key=True, on_delete=models.PROTECT, related_name="drill")
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="drills")
    planted = models.CharField(max_length=20)
    at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ["-at"]
