"""How people decide: since when they have had an ask before them."""

from django.db import models

from .actions import Action
from .checkpoints import PEOPLE


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
