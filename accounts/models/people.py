"""People, the roles they hold and from when until when, and who stands in for them."""

from django.contrib.auth.models import AbstractUser, Group
from django.db import models
from django.db.models import F, Q


class User(AbstractUser):
    """A person. `username` is the public name: receipts say `user:<username>`. Staff are the console's admins."""

    @property
    def urn(self) -> str:
        return f"user:{self.username}"


class Role(Group):
    """A group that can hold a duty on a checkpoint. Who is in it is said by memberships, not by the group."""

    class Meta:
        proxy = True


class Window(models.Model):
    """From when until when something holds; `ends_at` None is until further notice.

    No start lies in the past of its row, and an end is only ever moved from one future to another (or to now): so
    what was true at an earlier moment is read from the rows as they are.
    """

    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True
        default_permissions = ()

    @staticmethod
    def at(moment) -> Q:
        """Select the rows that hold at this moment."""
        return Q(starts_at__lte=moment) & (Q(ends_at=None) | Q(ends_at__gt=moment))

    @staticmethod
    def lasting(moment) -> Q:
        """Select the rows that hold at this moment or will."""
        return Q(ends_at=None) | Q(ends_at__gt=moment)


class Membership(Window):
    """That this person holds this role."""

    role = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="memberships", db_index=False)
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships", db_index=False)

    class Meta(Window.Meta):
        abstract = False
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")), name="membership_ends_after_it_starts"
            ),
            models.UniqueConstraint(fields=["role", "person"], condition=Q(ends_at=None), name="one_open_membership"),
        ]
        indexes = [
            models.Index(fields=["role", "starts_at"], name="members_of_role"),
            models.Index(fields=["person", "starts_at"], name="roles_of_person"),
        ]


class Absence(Window):
    """That this person is out of office."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="absences", db_index=False)
    note = models.CharField(max_length=200, blank=True)

    class Meta(Window.Meta):
        abstract = False
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")), name="absence_ends_after_it_starts"
            ),
        ]
        indexes = [models.Index(fields=["person", "starts_at"], name="absences_of_person")]


class Delegation(models.Model):
    """Who stands in for the absent person in one of their roles."""

    absence = models.ForeignKey(Absence, on_delete=models.PROTECT, related_name="delegations", db_index=False)
    role = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="+")
    delegate = models.ForeignKey(User, on_delete=models.PROTECT, related_name="delegations")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["absence", "role"], name="one_delegate_a_role")]
