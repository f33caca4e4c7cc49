"""What everybody signed in passes on the way to a page: a second factor, where this console demands one of them; a
confirmation that it is still them, where a page asks for it; and a note of when they were last here.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.core.exceptions import ReauthenticationRequired
from allauth.core.internal.httpkit import add_query_params, serialize_request
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.deprecation import MiddlewareMixin
from django.utils.http import urlencode

from . import proofs, sessions, signins

#: Where somebody confirms that it is them; `KEPT` seconds long what they sent before waits for it.
CONFIRM = {"account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"}
KEPT = 600
#: Pages on which a second factor is set up or given, and the way out.
OPEN = CONFIRM | {
    "you", "mfa_index", "mfa_activate_totp", "mfa_view_recovery_codes", "account_login", "account_logout",
    "account_change_password", "passkeys", "passkey_new", "passkey_begin", "healthz", "readyz",
    "manifest", "worker", "offline",
}  # fmt: skip


class Doorway(MiddlewareMixin):
    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if not request.user.is_authenticated:
            return None
        _drop_what_is_old(request)
        if sign_in := request.session.get(sessions.SIGN_IN):
            signins.touch(sign_in, at=datetime.now(UTC))
        if not proofs.needs_second_factor(request.user) or proofs.has_second_factor(request) or _is_open(request):
            return None
        if is_mfa_enabled(request.user):
            return HttpResponseRedirect(f"{_confirming(request)}?{urlencode({'next': request.get_full_path()})}")
        return HttpResponseRedirect(reverse("you"))

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Whatever somebody signed in is answered bears their name at least: no cache keeps it, nor the way back."""
        person = getattr(request, "_cached_user", None)
        if person is not None and person.is_authenticated and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Lead to the confirmation, and keep what was sent; nothing else may wait there from before."""
        if not isinstance(exception, ReauthenticationRequired) or not request.user.is_authenticated:
            return None
        request.session.pop(STATE_SESSION_KEY, None)
        back = request.get_full_path()
        if request.method == "POST":
            request.session[STATE_SESSION_KEY] = {"request": serialize_request(request), "at": time.time()}
            back = request.path
        methods = get_adapter(request).get_reauthentication_methods(request.user)
        place = add_query_params(methods[0]["url"] if methods else reverse("account_login"), {"next": back})
        if request.htmx:
            return HttpResponse(status=204, headers={"HX-Redirect": place})
        return HttpResponseRedirect(place)


def _drop_what_is_old(request: HttpRequest) -> None:
    if _name(request) in CONFIRM:
        kept = request.session.get(STATE_SESSION_KEY)
        if kept and time.time() - kept.get("at", time.time()) > KEPT:
            del request.session[STATE_SESSION_KEY]


def _name(request: HttpRequest) -> str:
    return (request.resolver_match and request.resolver_match.url_name) or ""


def _is_open(request: HttpRequest) -> bool:
    return _name(request) in OPEN


def _confirming(request: HttpRequest) -> str:
    """Where the second factor this person has is given."""
    methods = get_adapter(request).get_reauthentication_methods(request.user)
    return next((method["url"] for method in methods if method["id"] != "reauthenticate"), reverse("you"))
