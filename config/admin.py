"""Django's own admin, for people, servers and checkpoints. It has no door of its own: one sign-in page, one limit."""

from typing import Any, override

from django.contrib import admin, messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator

from accounts.errors import Refusal


class Site(admin.AdminSite):
    site_header = site_title = "Placet administration"
    index_title = "Administration"
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


class Refusing(admin.ModelAdmin):
    """What a verb refuses after the form was found good is told on the same page; nothing is half saved."""

    @override
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refusal as refusal:
            self.message_user(request, refusal.message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
