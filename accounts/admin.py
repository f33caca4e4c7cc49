"""People, in Django's own admin; roles and servers are looked at there.

Making somebody an admin takes two admins, and so does giving a role; so no form here does, and nobody who is one or
holds one is taken over by a form either.
"""

from datetime import UTC, datetime
from typing import override

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.admin import ReadOnly, linked, named

from . import invitations, times
from .models import Membership, Role, Server, User

named(Role, pgettext_lazy("administration", "role"), pgettext_lazy("administration", "roles"))
named(
    Server, pgettext_lazy("administration", "server"), pgettext_lazy("administration", "servers"),
    title=pgettext_lazy("administration", "title"), environment=pgettext_lazy("administration", "environment"),
    owner=pgettext_lazy("administration", "owner"), tools=pgettext_lazy("administration", "tools"),
    hosts=pgettext_lazy("administration", "hosts"), per_minute=pgettext_lazy("administration", "per minute"),
    pending_most=pgettext_lazy("administration", "pending most"),
    created_at=pgettext_lazy("administration", "created at"),
)  # fmt: skip

NAMES = ("first_name", "last_name", "email")
RIGHTS = ("is_staff", "is_superuser")
DATES = ("last_login", "date_joined")

# Groups are roles, which change with a second admin; mail addresses are said with the person; how somebody proves who
# they are is theirs, and so is what a provider calls them.
admin.site.unregister([Group, EmailAddress, Authenticator])
if apps.is_installed("allauth.socialaccount"):
    from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken

    admin.site.unregister([SocialAccount, SocialApp, SocialToken])


class NewPersonForm(ModelForm):
    """A username is what a second admin reads before a role is given to it, and Cyrillic has an `а` too.

    No password: the person sets their own, by an invitation.
    """

    class Meta:
        model = User
        fields = ("username", *NAMES)

    def clean_username(self) -> str:
        name = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=name).exists():
            raise ValidationError(_("Somebody has this name already."))
        if not name.isascii():
            raise ValidationError(
                _("Use a to z, digits and @ . + - _ only: other letters can look like somebody else.")
            )
        return name

    @override
    def save(self, commit: bool = True) -> User:
        self.instance.set_unusable_password()
        return super().save(commit)


@admin.register(User)
class PersonAdmin(UserAdmin):
    """People are never deleted, because their reviews stay: take `active` away instead, which ends access and all
    their roles at once. Whoever is let in again holds nothing; and no admin is let in again by one alone.

    Of another admin that is all that can be changed here, and of oneself one's name. Who holds a role, or stands in
    for somebody, keeps the mail address: one person who could set it would decide as another, or for
    themselves. Nobody sets another's password. Usernames are in receipts, so they are given once.
    """

    add_form = NewPersonForm
    list_display = ("username", "first_name", "last_name", "holds", "is_active", "is_staff", "page")
    list_filter = ("is_active", "is_staff")
    fieldsets = (
        (None, {"fields": ("username", "page")}),
        (_("Person"), {"fields": NAMES}),
        (pgettext_lazy("rights of a person", "May"), {"fields": ("is_active", *RIGHTS)}),
        (_("Dates"), {"fields": DATES}),
    )
    add_fieldsets = ((None, {"fields": ("username", *NAMES)}),)

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        now = Membership.objects.filter(Membership.at(datetime.now(UTC))).select_related("role")
        return super().get_queryset(request).prefetch_related(Prefetch("memberships", now))

    @admin.display(description=_("roles"))
    def holds(self, person: User) -> str:
        return ", ".join(sorted(held.role.name for held in person.memberships.all()))

    @admin.display(description=_("in the console"))
    def page(self, person: User) -> str:
        return linked("person", person.username, words=_("Roles, absences, admin"))

    @override
    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Whoever may change people may still not reach up to a superuser."""
        reaches_up = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not reaches_up and super().has_change_permission(request, obj)

    @override
    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        if obj is None:
            return (*DATES, *RIGHTS)
        always = ("username", "page", *DATES, *RIGHTS)
        if obj.pk == request.user.pk:
            return (*always, "email", "is_active")
        if _is_admin(obj):
            return (*always, *NAMES, *(() if obj.is_active else ("is_active",)))
        return (*always, "email") if _decides(obj) else always

    @override
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Nobody does: people change their own, and set the first one by an invitation."""
        raise PermissionDenied

    @override
    def response_add(self, request: HttpRequest, obj: User, post_url_continue: str | None = None) -> HttpResponse:
        """To their page, where an invitation is made."""
        return HttpResponseRedirect(reverse("person", args=[obj.username]))


def _is_admin(person: User) -> bool:
    return person.is_staff or person.is_superuser


def _decides(person: User) -> bool:
    return invitations.decides(person, at=datetime.now(UTC))


@admin.register(Role)
class RoleAdmin(ReadOnly):
    """Who holds a role is changed on its page: a second admin confirms it."""

    list_display = ("name", "held_by", "page")
    search_fields = ("name",)
    fields = ("name", "held_by", "page")

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[Role]:
        now = Membership.objects.filter(Membership.at(datetime.now(UTC))).select_related("person")
        return super().get_queryset(request).prefetch_related(Prefetch("memberships", now))

    @admin.display(description=_("held by"))
    def held_by(self, role: Role) -> str:
        people = {membership.person.username for membership in role.memberships.all() if membership.person.is_active}
        return ", ".join(sorted(people)) or str(_("nobody"))

    @admin.display(description=_("in the console"))
    def page(self, role: Role) -> str:
        return linked("role", role.name, words=_("Who holds it, and changes of that"))


@admin.register(Server)
class ServerAdmin(ReadOnly):
    """Servers are registered, changed, given tokens and stopped on their pages."""

    list_display = ("name", "title", "environment", "owner", "state", "created_at", "page")
    list_select_related = ("owner",)
    search_fields = ("name", "title")
    fields = ("name", "title", "environment", "owner", "tools", "hosts", "per_minute", "pending_most", "state",
              "created_at", "page")  # fmt: skip

    @admin.display(description=_("state"))
    def state(self, server: Server) -> str:
        return _("stopped %(at)s") % {"at": times.minute(server.stopped_at)} if server.stopped_at else _("may ask")

    @admin.display(description=_("in the console"))
    def page(self, server: Server) -> str:
        return linked("server", server.name, words=_("Change, token, stop"))
