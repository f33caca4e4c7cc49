"""Checkpoints and their policies, looked at in Django's own admin; and what is done to people there, on record."""

from datetime import UTC, datetime
from typing import Any, override

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from placet import canonical

from accounts import roles, signins
from accounts.admin import PersonAdmin
from accounts.models import Role, User
from config.admin import ReadOnly, linked, named

from . import ledger, vetting
from .models import Checkpoint, CheckpointGroupObjectPermission, Policy

RULE = ("revision", "kind", "pattern", "server", "effect", "need", "approval_role", "retired", "created_at",
        "created_by", "confirmed_by")  # fmt: skip

named(
    Checkpoint, pgettext_lazy("administration", "checkpoint"), pgettext_lazy("administration", "checkpoints"),
    created_at=pgettext_lazy("administration", "created at"),
)  # fmt: skip
named(
    Policy, pgettext_lazy("administration", "policy"), pgettext_lazy("administration", "policies"),
    checkpoint=pgettext_lazy("administration", "checkpoint"),
    revision=pgettext_lazy("administration", "revision"),
    kind=pgettext_lazy("administration", "kind"),
    pattern=pgettext_lazy("administration", "pattern"),
    server=pgettext_lazy("administration", "server"),
    effect=pgettext_lazy("administration", "effect"),
    need=pgettext_lazy("administration", "need"),
    retired=pgettext_lazy("administration", "retired"),
    created_at=pgettext_lazy("administration", "created at"),
    created_by=pgettext_lazy("administration", "created by"),
    confirmed_by=pgettext_lazy("administration", "confirmed by"),
    deadline_seconds=pgettext_lazy("administration", "deadline seconds"),
    valid_seconds=pgettext_lazy("administration", "valid seconds"),
    dig=pgettext_lazy("administration", "digest"),
)  # fmt: skip
Policy.approval_role.fget.short_description = pgettext_lazy("administration", "approval role")

admin.site.unregister(User)


@admin.register(User)
class RecordedPersonAdmin(PersonAdmin):
    """Every step on an account is a line of the ledger: made, changed, access ended, password set."""

    @override
    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: User, form: ModelForm, change: bool) -> None:
        """Who is let in again would else hold again what it took two admins to give."""
        super().save_model(request, obj, form, change)
        if change and "is_active" in form.changed_data and not obj.is_active:
            at = datetime.now(UTC)
            for role in Role.objects.filter(memberships__person=obj).distinct():
                roles.take(role=role.name, user=obj, at=at)
            vetting.recheck(at=at)
            signins.end_all(person=obj, by=request.user, at=at)

    @override
    def log_addition(self, request: HttpRequest, obj: User, message: Any) -> Any:
        _record("person.added", request.user, obj, message)
        return super().log_addition(request, obj, message)

    @override
    def log_change(self, request: HttpRequest, obj: User, message: Any) -> Any:
        _record("person.changed", request.user, obj, message)
        return super().log_change(request, obj, message)


def _record(event: str, by: User, person: User, message: Any) -> None:
    said = {
        "person": person.urn,
        "active": person.is_active,
        "what": message if isinstance(message, list) else [message],
    }
    ledger.record(event=event, actor=by.urn, dig=canonical.digest("person", said), at=datetime.now(UTC))


@admin.register(Policy)
class PolicyAdmin(ReadOnly):
    list_display = ("checkpoint", *RULE)
    list_filter = ("kind", "effect", "retired")
    list_select_related = ("checkpoint", "server", "created_by", "confirmed_by")
    search_fields = ("checkpoint__name", "pattern")
    fields = ("checkpoint", *RULE, "deadline_seconds", "valid_seconds", "dig")


class RevisionsInline(admin.TabularInline):
    model = Policy
    fields = readonly_fields = RULE
    fk_name = "checkpoint"
    ordering = ("-revision",)
    can_delete = False
    max_num = extra = 0


@admin.register(Checkpoint)
class CheckpointAdmin(ReadOnly):
    """Made by publishing a policy. Actions and receipts name it, so it stays; its page retires its rule instead."""

    list_display = ("name", "created_at", "page")
    search_fields = ("name",)
    fields = ("name", "created_at", "duties", "page")
    inlines = (RevisionsInline,)

    @admin.display(description=_("duties"))
    def duties(self, checkpoint: Checkpoint) -> str:
        held: QuerySet = CheckpointGroupObjectPermission.objects.filter(content_object=checkpoint)
        named = held.order_by("permission__codename", "group__name").values_list("permission__codename", "group__name")
        return ", ".join(f"{duty}: {role}" for duty, role in named) or str(_("nobody"))

    @admin.display(description=_("in the console"))
    def page(self, checkpoint: Checkpoint) -> str:
        return linked("checkpoint", checkpoint.pk, words=_("The rule in force, and changes of it"))

    @override
    def has_view_permission(self, request: HttpRequest, obj: Checkpoint | None = None) -> bool:
        return request.user.has_perm("approvals.view_policy")

    @override
    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)
