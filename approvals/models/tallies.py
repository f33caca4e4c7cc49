"""What a day came to at a checkpoint, counted once, so that pages about months read no actions."""

from django.db import models

from .checkpoints import Checkpoint


class Tally(models.Model):
    """So many of one thing, on one day of UTC, at one checkpoint. Derived: it can be counted anew from what happened.

    `what` says of what: `asked`, `ended` (`name` is state and reason, as in `denied/owner_denied`), `took` (approved or
    denied by people: `name` is the size of the ask, `number` the seconds, of two figures), `said` (`number` is who),
    `edited`, and `unheard` (expired, and nobody had said anything to it).
    """

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="tallies", db_index=False)
    day = models.DateField()
    what = models.CharField(max_length=8)
    name = models.CharField(max_length=48, blank=True)
    number = models.BigIntegerField(default=0)
    count = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()
        verbose_name_plural = "tallies"
        constraints = [
            models.UniqueConstraint(fields=["checkpoint", "what", "day", "name", "number"], name="one_tally_of_each"),
        ]
        indexes = [models.Index(fields=["day"], name="tally_of_day")]


class TalliedDay(models.Model):
    """That a day is counted, with all that happened before `until`; counted anew until it is over."""

    day = models.DateField(primary_key=True)
    until = models.DateTimeField()

    class Meta:
        default_permissions = ()
