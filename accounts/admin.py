"""People, roles and servers, in Django's own admin. Credentials change by the same verbs as everywhere else."""

from datetime import UTC, datetime
from typing import override

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.debug import sensitive_variables
from placet import envelopes

from config.admin import Refusing

from . import servers
from .errors import BadPublicKey
from .models import Membership, Role, Server, User


@admin.register(User)
class PersonAdmin(UserAdmin):
    """People are never deleted, because their reviews stay: take `active` away instead."""

    list_display = ("username", "first_name", "last_name", "holds", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("May", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        now = Membership.objects.filter(Membership.at(datetime.now(UTC))).select_related("role")
        return super().get_queryset(request).prefetch_related(Prefetch("memberships", now))

    @admin.display(description="roles")
    def holds(self, person: User) -> str:
        return ", ".join(sorted(held.role.name for held in person.memberships.all()))

    @override
    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Whoever may change people may still not take over a superuser, by a new password for example."""
        reaches_up = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not reaches_up and super().has_change_permission(request, obj)

    @override
    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        dates = ("last_login", "date_joined")
        return dates if request.user.is_superuser else (*dates, "is_staff", "is_superuser")


@admin.register(Role)
class RoleAdmin(admin.ModelAdmin):
    """A role's name is in receipts and policies, so it is given once."""

    list_display = ("name", "held_by")
    search_fields = ("name",)
    fields = ("name", "held_by")
    readonly_fields = ("held_by",)

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[Role]:
        now = Membership.objects.filter(Membership.at(datetime.now(UTC))).select_related("person")
        return super().get_queryset(request).prefetch_related(Prefetch("memberships", now))

    @admin.display(description="held by")
    def held_by(self, role: Role) -> str:
        held = (membership.person for membership in role.memberships.all()) if role.pk else ()
        people = {person.username for person in held if person.is_active}
        return ", ".join(sorted(people)) or "nobody"

    @override
    def get_readonly_fields(self, request: HttpRequest, obj: Role | None = None) -> tuple[str, ...]:
        return ("name", "held_by") if obj else ("held_by",)


class ServerForm(forms.ModelForm):
    public_key = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        label="Ed25519 public key",
        help_text="PEM or JWK. Needed for signed requests and for the queue; a new key ends the one before it.",
    )

    class Meta:
        model = Server
        fields = ("name", "title")

    def clean_public_key(self) -> bytes | None:
        given = self.cleaned_data["public_key"].encode()
        try:
            if given:
                envelopes.read_public_key(given)
        except ValueError:
            raise forms.ValidationError(BadPublicKey.message) from None
        return given or None


@admin.register(Server)
class ServerAdmin(Refusing):
    form = ServerForm
    list_display = ("name", "title", "state", "created_at")
    search_fields = ("name", "title")
    readonly_fields = ("state", "created_at")
    fields = ("name", "title", "public_key", "state", "created_at")
    actions = ("issue_token", "stop", "start")

    @admin.display(description="state")
    def state(self, server: Server) -> str:
        return f"stopped {server.stopped_at:%Y-%m-%d %H:%M} UTC" if server.stopped_at else "may ask"

    @override
    def get_readonly_fields(self, request: HttpRequest, obj: Server | None = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "name") if obj else self.readonly_fields

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Server | None = None) -> bool:
        return False  # what it asked stays on record: stop it instead

    @override
    def save_model(self, request: HttpRequest, obj: Server, form: ServerForm, change: bool) -> None:
        at, key = datetime.now(UTC), form.cleaned_data["public_key"]
        if not change:
            made = servers.register(name=obj.name, title=obj.title, public_key=key, at=at)
            obj.pk, obj.created_at = made.pk, made.created_at
            return
        obj.save(update_fields=["title"])
        if key:
            servers.set_key(server=obj, public_key=key, at=at)

    @override
    def response_add(self, request: HttpRequest, obj: Server, post_url_continue: str | None = None) -> HttpResponse:
        return self._shown_once(request, obj)

    @admin.action(description="Issue a new token, ending those it had", permissions=["change"])
    def issue_token(self, request: HttpRequest, chosen: QuerySet[Server]) -> HttpResponse | None:
        if chosen.count() != 1:
            self.message_user(request, "Choose one server: its token is shown once.", messages.WARNING)
            return None
        return self._shown_once(request, chosen.get())

    @admin.action(description="Stop: no credential is accepted from now on", permissions=["change"])
    def stop(self, request: HttpRequest, chosen: QuerySet[Server]) -> None:
        for server in chosen:
            servers.stop(server=server, at=datetime.now(UTC))
            self.log_change(request, server, "Stopped.")
        self.message_user(request, f"Stopped: {', '.join(server.name for server in chosen)}.")

    @admin.action(description="Start again", permissions=["change"])
    def start(self, request: HttpRequest, chosen: QuerySet[Server]) -> None:
        for server in chosen:
            servers.start(server=server)
            self.log_change(request, server, "Started again.")
        self.message_user(request, f"May ask again: {', '.join(server.name for server in chosen)}.")

    @sensitive_variables("token")
    def _shown_once(self, request: HttpRequest, server: Server) -> HttpResponse:
        """The token is in this answer only: not in a message, which would wait in the session, and in no cache."""
        token = servers.rotate_token(server=server, at=datetime.now(UTC))
        self.log_change(request, server, "Issued a new token.")
        told = self.admin_site.each_context(request) | {"title": "Token", "server": server, "token": token}
        answer = TemplateResponse(request, "admin/accounts/server/token.html", told)
        answer["Cache-Control"] = "no-store"
        return answer
