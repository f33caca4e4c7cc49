"""What a session has proved of who sits there: how the person signed in, how long ago they last proved it, and whether
a second factor was among it. allauth writes it into the session with every step; nothing here asks the database.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from .models import SignIn, User

#: So long a proof counts as recent.
RECENT = 300


def of(request: HttpRequest) -> list[dict[str, Any]]:
    """The proofs of this session, oldest first: `method`, `at`, and what the method adds."""
    return get_authentication_records(request, request.user)


def recent(request: HttpRequest) -> bool:
    """Whether the person proved who they are within five minutes: by signing in, or by confirming since."""
    proofs = of(request)
    return bool(proofs) and 0 <= time.time() - proofs[-1]["at"] < RECENT


def require(request: HttpRequest) -> None:
    """Let through who was recently confirmed. Others confirm first; what they sent is kept, and goes on then."""
    if not recent(request):
        raise ReauthenticationRequired()


def confirmed[**Asked](view: Callable[Concatenate[HttpRequest, Asked], HttpResponse]) -> Callable[..., HttpResponse]:
    """The same for a whole view. Reading is not asked for: a GET passes."""

    @wraps(view)
    def asking(request: HttpRequest, *args: Asked.args, **kwargs: Asked.kwargs) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            require(request)
        return view(request, *args, **kwargs)

    return asking


def has_second_factor(request: HttpRequest) -> bool:
    """Whether this session was opened, or confirmed since, with more than a password."""
    methods = {proof["method"] for proof in of(request)}
    return "mfa" in methods or ("socialaccount" in methods and settings.OIDC_SECOND_FACTOR)


def needs_second_factor(user: User) -> bool:
    """Whether this console demands a second factor of this person."""
    demanded = settings.REQUIRE_SECOND_FACTOR
    return demanded == "everybody" or (demanded == "admins" and (user.is_staff or user.is_superuser))


def how(request: HttpRequest, user: User) -> str:
    """How the person signed in, as the list of sign-ins says it."""
    proofs = get_authentication_records(request, user)
    second = any(proof["method"] == "mfa" for proof in proofs)
    if any(proof.get("passwordless") for proof in proofs):
        return SignIn.How.PASSKEY
    if any(proof["method"] == "socialaccount" for proof in proofs):
        return SignIn.How.PROVIDER_SECOND if second else SignIn.How.PROVIDER
    return SignIn.How.SECOND if second else SignIn.How.PASSWORD
