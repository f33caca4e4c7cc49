"""Django's own admin, where people are made; the rest is looked at. It has no door of its own: one sign-in page."""

from collections.abc import Callable
from typing import Any, override

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts import proofs

#: What the administration's own templates say, and its catalogues do not have in every language of ours.
LACKING = (
    gettext_noop("After you’ve created a user, you’ll be able to edit more user options."),
    gettext_noop("Search %(name)s"),
    gettext_noop("Pagination %(name)s"),
)


class Site(admin.AdminSite):
    site_header = site_title = _("Placet administration")
    index_title = _("Administration")
    enable_nav_sidebar = False

    @override
    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Strangers are sent to the sign-in page. Who is signed in and not staff finds nothing."""
        if not request.user.is_authenticated:
            return redirect_to_login(request.GET.get("next", reverse("admin:index")))
        if not self.has_permission(request):
            raise Http404
        return HttpResponseRedirect(reverse("admin:index"))

    @override
    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("account_change_password"))

    @override
    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        """Whoever changes something here was recently confirmed."""
        return super().admin_view(proofs.confirmed(view), cacheable)


class ReadOnly(admin.ModelAdmin):
    """What is governed: looked at here, and changed on its own pages, where a second admin confirms it."""

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def linked(name: str, *args: object, words: str) -> str:
    """A link to one of the console's own pages."""
    return format_html('<a href="{}">{}</a>', reverse(name, args=args), words)


def named(model: type[Model], one: Promise, many: Promise, **fields: Promise) -> None:
    """What the administration calls a model and its fields. On the model itself each word would be a migration."""
    model._meta.verbose_name, model._meta.verbose_name_plural = one, many
    for field, words in fields.items():
        model._meta.get_field(field).verbose_name = words
