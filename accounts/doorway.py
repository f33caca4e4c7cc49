"""What everybody signed in passes on the way to a page: a second factor, where this console demands one of them; and
a note of when they were last here.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin
from django.utils.http import urlencode

from . import proofs, sessions, signins

#: Pages on which a second factor is set up or given, and the way out.
OPEN = {
    "you", "mfa_index", "mfa_activate_totp", "mfa_view_recovery_codes", "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn", "account_reauthenticate", "account_login", "account_logout",
    "account_change_password", "healthz", "readyz",
}  # fmt: skip


class Doorway(MiddlewareMixin):
    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if not request.user.is_authenticated:
            return None
        if sign_in := request.session.get(sessions.SIGN_IN):
            address = get_adapter(request).get_client_ip(request)
            signins.touch(sign_in, address=address, at=datetime.now(UTC))
        if not proofs.needs_second_factor(request.user) or proofs.has_second_factor(request) or _is_open(request):
            return None
        if is_mfa_enabled(request.user):
            return HttpResponseRedirect(f"{_confirming(request)}?{urlencode({'next': request.get_full_path()})}")
        return HttpResponseRedirect(reverse("you"))


def _is_open(request: HttpRequest) -> bool:
    name = (request.resolver_match and request.resolver_match.url_name) or ""
    return name in OPEN or name.startswith("passkey")


def _confirming(request: HttpRequest) -> str:
    """Where the second factor this person has is given."""
    methods = get_adapter(request).get_reauthentication_methods(request.user)
    return next((method["url"] for method in methods if method["id"] != "reauthenticate"), reverse("you"))
