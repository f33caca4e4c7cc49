"""Sign-ins as facts, and the sessions they opened. Ending a sign-in deletes its session: the server forgets it."""

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SignIn(models.Model):
    """That this person signed in, from where and how. Kept when it is over, so that an unknown place is noticed.

    `browser` is in words, never the whole header. `seen_at` is at most five minutes behind. `ended_at` is when somebody
    ended it: by signing out, from another sign-in, or as an admin; None for one that goes on or simply ran out.
    """

    class How(models.TextChoices):
        PASSWORD = "password", _("password")
        SECOND = "second", _("password and second factor")
        PASSKEY = "passkey", _("passkey")
        PROVIDER = "provider", _("single sign-on")
        PROVIDER_SECOND = "provider2", _("single sign-on and second factor")

    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="sign_ins", db_index=False)
    at = models.DateTimeField()
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=80)
    how = models.CharField(max_length=9, choices=How)
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(ended_by=None) | ~Q(ended_at=None), name="who_ended_it_ended_it")
        ]
        indexes = [models.Index(fields=["person", "-id"], name="sign_ins_of_person")]


class Session(AbstractBaseSession):
    """A session by its cookie's key. It names its person and sign-in, so that others of them can be found and ended."""

    person = models.ForeignKey("accounts.User", null=True, on_delete=models.CASCADE, related_name="+")
    sign_in = models.ForeignKey(SignIn, null=True, on_delete=models.CASCADE, related_name="sessions")

    class Meta:
        default_permissions = ()

    @classmethod
    def get_session_store_class(cls):
        from accounts.sessions import SessionStore

        return SessionStore
