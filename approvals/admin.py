"""Checkpoints and their policies, in Django's own admin. A revision is never changed: the next one is published."""

from datetime import UTC, datetime
from typing import Any, override

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from accounts.models import Role
from config.admin import Refusing

from . import policy
from .models import Checkpoint, CheckpointGroupObjectPermission, Duty, Policy
from .rules import matching, policies, timing

RULE = ("revision", "kind", "pattern", "server", "need", "approval_role", "retired", "created_at", "created_by")


class PublishForm(forms.ModelForm):
    """The next revision of a checkpoint's rule; a name that is new makes the checkpoint."""

    name = forms.CharField(max_length=120, label="Checkpoint", help_text="A new name makes a new checkpoint.")
    need = forms.IntegerField(min_value=1, max_value=policies.MOST_NEEDED, help_text="Approvals by different people.")
    deadline_seconds = forms.IntegerField(min_value=1, max_value=int(timing.LONGEST.total_seconds()))
    valid_seconds = forms.IntegerField(min_value=1, max_value=timing.APPROVAL_LIFE, help_text="Life of an approval.")
    approval = forms.ModelChoiceField(Role.objects, to_field_name="name", help_text="Its holders decide.")
    logging = forms.ModelChoiceField(Role.objects, to_field_name="name", required=False)
    exceptions = forms.ModelChoiceField(Role.objects, to_field_name="name", required=False)

    class Meta:
        model = Policy
        fields = ("kind", "pattern", "server", "need", "deadline_seconds", "valid_seconds", "retired")

    def clean_pattern(self) -> str:
        pattern = self.cleaned_data["pattern"]
        if not matching.is_pattern(pattern):
            raise forms.ValidationError("A name pattern has 1 to 200 characters and at most four stars.")
        return pattern

    @property
    def roles(self) -> dict[str, str]:
        """Duty -> name of the role that will hold it."""
        chosen = {duty: self.cleaned_data[duty] for duty in Duty.values}
        return {duty: role.name for duty, role in chosen.items() if role}

    @property
    def rule(self) -> policies.Rule:
        data, roles = self.cleaned_data, self.roles
        return policies.read({
            "checkpoint": data["name"], "kind": data["kind"], "pattern": data["pattern"],
            "server": data["server"].name if data["server"] else None, "retired": data["retired"],
            "needs": [{"role": roles[Duty.APPROVAL], "count": data["need"]}],
            "deadline_seconds": data["deadline_seconds"], "valid_seconds": data["valid_seconds"],
            **{duty: [roles[duty]] for duty in (Duty.LOGGING, Duty.EXCEPTIONS) if duty in roles},
        })  # fmt: skip


@admin.register(Policy)
class PolicyAdmin(Refusing):
    form = PublishForm
    list_display = ("checkpoint", *RULE)
    list_filter = ("kind", "retired")
    list_select_related = ("checkpoint", "server", "created_by")
    search_fields = ("checkpoint__name", "pattern")
    fields = ("name", "kind", "pattern", "server", "need", "approval", "logging", "exceptions", "deadline_seconds",
              "valid_seconds", "retired")  # fmt: skip

    @override
    def get_fields(self, request: HttpRequest, obj: Policy | None = None) -> tuple[str, ...]:
        return ("checkpoint", *RULE, "deadline_seconds", "valid_seconds", "dig") if obj else self.fields

    @override
    def has_change_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        return False

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        return False

    @override
    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The revision in force, when the page was opened from its checkpoint."""
        asked = request.GET.get("checkpoint", "")
        last = Policy.objects.filter(checkpoint__name=asked).order_by("-revision").first()
        if last is None:
            return {"name": asked, "need": 1, "deadline_seconds": 3600, "valid_seconds": 300}
        copied = {name: getattr(last, name) for name in PublishForm.Meta.fields}
        return {"name": asked, **copied, **held_now(last.checkpoint)}

    @override
    def save_model(self, request: HttpRequest, obj: Policy, form: PublishForm, change: bool) -> None:
        made = policy.publish(rule=form.rule, by=request.user, at=datetime.now(UTC))
        obj.pk, obj.checkpoint, obj.revision = made.pk, made.checkpoint, made.revision


class RevisionsInline(admin.TabularInline):
    model = Policy
    fields = readonly_fields = RULE
    ordering = ("-revision",)
    can_delete = False
    max_num = extra = 0


@admin.register(Checkpoint)
class CheckpointAdmin(admin.ModelAdmin):
    """Made by publishing a policy. Actions and receipts name it, so it stays; retire its policy instead."""

    list_display = ("name", "created_at", "publish")
    search_fields = ("name",)
    fields = ("name", "created_at", "duties", "publish")
    inlines = (RevisionsInline,)

    @admin.display(description="duties")
    def duties(self, checkpoint: Checkpoint) -> str:
        return ", ".join(f"{duty}: {role}" for duty, role in held_now(checkpoint).items()) or "nobody"

    @admin.display(description="policy")
    def publish(self, checkpoint: Checkpoint) -> str:
        target = reverse("admin:approvals_policy_add", query={"checkpoint": checkpoint.name})
        return format_html('<a href="{}">Publish the next revision</a>', target)

    @override
    def has_view_permission(self, request: HttpRequest, obj: Checkpoint | None = None) -> bool:
        return request.user.has_perm("approvals.view_policy")

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Checkpoint | None = None) -> bool:
        return False

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Checkpoint | None = None) -> bool:
        return False

    @override
    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)


def held_now(checkpoint: Checkpoint) -> dict[str, str]:
    """Duty -> name of the role that holds it."""
    held: QuerySet = CheckpointGroupObjectPermission.objects.filter(content_object=checkpoint)
    return dict(held.values_list("permission__codename", "group__name"))
