"""What a person chose for themselves: how the console speaks to them, and when it leaves them alone."""

from django.db import models
from django.db.models import Q


class Preference(models.Model):
    """One row a person; who chose nothing has none, and an empty text is no choice.

    `language` and `time_zone` empty: as the browser says, on each page; `seen_…` is what it said when they signed in
    last, for what is written to them while they are not here.
    `sound` and `motion` are what an arriving ask may bring. Both ends of the quiet hours are times of the person's own
    day; they may reach over midnight.
    """

    person = models.OneToOneField(
        "accounts.User", primary_key=True, on_delete=models.CASCADE, related_name="preference"
    )
    language = models.CharField(max_length=12, blank=True, default="")
    time_zone = models.CharField(max_length=64, blank=True, default="")
    seen_zone = models.CharField(max_length=64, blank=True, default="")
    seen_language = models.CharField(max_length=12, blank=True, default="")
    sound = models.BooleanField(default=False)
    motion = models.BooleanField(default=False)
    tour_dismissed_at = models.DateTimeField(null=True)
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None) | ~Q(quiet_from=None) & ~Q(quiet_until=None),
                name="quiet_hours_have_two_ends",
            )
        ]
