"""What a person keeps for themselves: lists, as they narrowed them."""

from django.db import models
from django.db.models import Q

from .checkpoints import PEOPLE


class SavedView(models.Model):
    """A named set of facets. `query` is what stands in the list's address, as `Facets.address` writes it.

    What was removed keeps its row until the next one is removed, so that a slip can be undone.
    """

    person = models.ForeignKey(PEOPLE, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=4500, blank=True)  # all facets at their longest, each letter escaped
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["person", "name"], condition=Q(removed_at=None), name="one_view_of_a_name")
        ]
