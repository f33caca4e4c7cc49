"""People, in Django's own admin; roles and servers are looked at there.

Making somebody an admin takes two admins, and so does giving a role; so no form here does, and nobody who is one or
holds one is taken over by a form either.
"""

from datetime import UTC, datetime
from typing import override

from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse

from config.admin import ReadOnly, linked

from .models import Absence, Membership, Role, Server, User

NAMES = ("first_name", "last_name", "email")
RIGHTS = ("is_staff", "is_superuser")
DATES = ("last_login", "date_joined")

# Groups are roles, which change with a second admin; mail addresses are said with the person.
admin.site.unregister([Group, EmailAddress])


class NewPersonForm(AdminUserCreationForm):
    """A username is what a second admin reads before a role is given to it, and Cyrillic has an `а` too."""

    @override
    def clean_username(self) -> str:
        name = super().clean_username()
        if name and not name.isascii():
            raise ValidationError("Use a to z, digits and @ . + - _ only: other letters can look like somebody else.")
        return name


@admin.register(User)
class PersonAdmin(UserAdmin):
    """People are never deleted, because their reviews stay: take `active` away instead, which ends access and all
    their roles at once. Whoever is let in again holds nothing; and no admin is let in again by one alone.

    Of another admin that is all that can be changed here, and of oneself one's name. Who holds a role, or stands in
    for somebody, keeps password and mail address: one person who could set them would decide as another, or for
    themselves. Usernames are in receipts, so they are given once.
    """

    add_form = NewPersonForm
    list_display = ("username", "first_name", "last_name", "holds", "is_active", "is_staff", "page")
    list_filter = ("is_active", "is_staff")
    fieldsets = (
        (None, {"fields": ("username", "password", "page")}),
        ("Person", {"fields": NAMES}),
        ("May", {"fields": ("is_active", *RIGHTS)}),
        ("Dates", {"fields": DATES}),
    )

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        now = Membership.objects.filter(Membership.at(datetime.now(UTC))).select_related("role")
        return super().get_queryset(request).prefetch_related(Prefetch("memberships", now))

    @admin.display(description="roles")
    def holds(self, person: User) -> str:
        return ", ".join(sorted(held.role.name for held in person.memberships.all()))

    @admin.display(description="in the console")
    def page(self, person: User) -> str:
        return linked("person", person.username, words="Roles, absences, admin")

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
    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> list:
        """Where no password can be set, nothing is said of it."""
        told = super().get_fieldsets(request, obj)
        if obj is None or not self._keeps_password(request, obj):
            return told
        return [(None, {"fields": ("username", "page")}), *told[1:]]

    @override
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Admins change their own, on the page that asks for the old one; or the operator does, from a shell."""
        person = self.get_object(request, id)
        if person is not None and self._keeps_password(request, person):
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def _keeps_password(self, request: HttpRequest, person: User) -> bool:
        return person.pk == request.user.pk or _is_admin(person) or _decides(person)


def _is_admin(person: User) -> bool:
    return person.is_staff or person.is_superuser


def _decides(person: User) -> bool:
    """Whether they hold a role or stand in for somebody, now or later. Also who has no access now: they may again."""
    lasting = Q(ends_at=None) | Q(ends_at__gt=datetime.now(UTC))
    stands_in = Absence.objects.filter(lasting, delegations__delegate=person)
    return Membership.objects.filter(lasting, person=person).exists() or stands_in.exists()


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

    @admin.display(description="held by")
    def held_by(self, role: Role) -> str:
        people = {membership.person.username for membership in role.memberships.all() if membership.person.is_active}
        return ", ".join(sorted(people)) or "nobody"

    @admin.display(description="in the console")
    def page(self, role: Role) -> str:
        return linked("role", role.name, words="Who holds it, and changes of that")


@admin.register(Server)
class ServerAdmin(ReadOnly):
    """Servers are registered, changed, given tokens and stopped on their pages."""

    list_display = ("name", "title", "environment", "owner", "state", "created_at", "page")
    list_select_related = ("owner",)
    search_fields = ("name", "title")
    fields = ("name", "title", "environment", "owner", "tools", "hosts", "per_minute", "pending_most", "state",
              "created_at", "page")  # fmt: skip

    @admin.display(description="state")
    def state(self, server: Server) -> str:
        return f"stopped {server.stopped_at:%Y-%m-%d %H:%M} UTC" if server.stopped_at else "may ask"

    @admin.display(description="in the console")
    def page(self, server: Server) -> str:
        return linked("server", server.name, words="Change, token, stop")
