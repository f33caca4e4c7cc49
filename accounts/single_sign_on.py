"""Single sign-on: whom the provider's word lets in. Loaded only where `OIDC_ISSUER` is set.

The provider says who somebody is; who may come in is said here. Nobody gets an account by signing in. The first time, a
person is found by one claim: a mail address that the provider verified and that is theirs alone here, or, where
`OIDC_CLAIM` says so, the name an admin gave them. From then on the provider's own `sub` names them, and no other does.
"""

import time
from datetime import UTC, datetime
from typing import Any, override
from urllib.parse import urlencode

import requests
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.stages import AuthenticateStage
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect import views
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from . import identities, proofs
from .models import User
from .words import said

#: The one provider, as its addresses and rows call it.
PROVIDER = "provider"


class Adapter(DefaultSocialAccountAdapter):
    @override
    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    @override
    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Go on with a known person, or say no; nothing of what the provider told is kept but who it is."""
        claims = sociallogin.account.extra_data
        sociallogin.account.extra_data = {}
        if sociallogin.state.get("process") not in (None, "login"):
            raise ImmediateHttpResponse(refused(request, said("You can only sign in there.")))
        if why := _contradiction(claims) or _stale(request, claims):
            raise ImmediateHttpResponse(refused(request, why))
        if sociallogin.is_existing:
            return
        person = _meant(claims)
        if person is None:
            raise ImmediateHttpResponse(refused(request, _unknown()))
        sociallogin.connect(request, person)
        identities.tell_tied(person, at=datetime.now(UTC))


class SecondFactor(AuthenticateStage):
    """Asks for the second factor also after single sign-on, unless the provider is trusted with it."""

    @override
    def _should_handle(self, request: HttpRequest) -> bool:
        proofs = get_authentication_records(request, self.login.user)
        if settings.OIDC_SECOND_FACTOR and any(proof["method"] == "socialaccount" for proof in proofs):
            return False
        return super()._should_handle(request)


@login_not_required
def login(request: HttpRequest, provider_id: str = PROVIDER) -> HttpResponse:
    """Lead to the provider; whoever is signed in already confirms who they are, so the provider is to ask them."""
    if request.user.is_authenticated:
        request.GET = request.GET.copy()
        request.GET["auth_params"] = urlencode({"prompt": "login"})
    return _asking(views.login, request)


@login_not_required
def callback(request: HttpRequest, provider_id: str = PROVIDER) -> HttpResponse:
    """Come back from the provider."""
    return _asking(views.callback, request)


@login_not_required
def cancelled(request: HttpRequest) -> HttpResponse:
    return refused(request, said("You broke it off there."))


def refused(request: HttpRequest, why: str) -> HttpResponse:
    return render(request, "socialaccount/authentication_error.html", {"why": why}, status=403)


def _asking(view: Any, request: HttpRequest) -> HttpResponse:
    """A provider that does not answer, or answers nonsense, is no reason to fall over."""
    try:
        return view(request, PROVIDER)
    except (requests.RequestException, OAuth2Error, ValueError, KeyError) as error:
        return render_authentication_error(request, None, exception=error)


def _contradiction(claims: dict[str, Any]) -> str:
    """What in the provider's answer does not fit together. allauth compared issuer and audience with its discovery
    document; that the document speaks for whom the operator named is compared here (OpenID Connect Core, 3.1.3.7).
    """
    token, told = claims.get("id_token") or {}, claims.get("userinfo") or {}
    if token.get("iss", "").rstrip("/") != settings.OIDC_ISSUER.rstrip("/"):
        return said("The provider calls itself by another name than the operator of this console wrote down.")
    if not token.get("sub") or (told and told.get("sub") != token["sub"]):
        return said("The provider named two people at once.")
    return ""


def _stale(request: HttpRequest, claims: dict[str, Any]) -> str:
    """Who confirms who they are has to have been asked just now, as far as the provider says when (Core, 2)."""
    asked_at = (claims.get("id_token") or {}).get("auth_time")
    if request.user.is_authenticated and type(asked_at) is int and time.time() - asked_at > proofs.RECENT:
        return said("The provider did not ask you again who you are.")
    return ""


def _meant(claims: dict[str, Any]) -> User | None:
    """The one active person that a claim names, who is not tied to another identity of the provider."""
    answers = [claims.get(part) or {} for part in ("id_token", "userinfo")]
    told = [answer for answer in answers if isinstance(answer.get(settings.OIDC_CLAIM), str)]
    names = {answer[settings.OIDC_CLAIM] for answer in told} - {""}
    if len(names) != 1:
        return None
    (named,) = names
    by_mail = settings.OIDC_CLAIM == "email"
    if by_mail and {answer.get("email_verified") for answer in told} - {None} != {True}:
        return None
    people = list(User.objects.filter(**{"email__iexact" if by_mail else "username": named})[:2])
    if len(people) != 1 or SocialAccount.objects.filter(user=people[0]).exists():
        return None
    (person,) = people
    fits = identities.is_same_address(person.email, named) if by_mail else not (person.is_staff or person.is_superuser)
    return person if fits else None


def _unknown() -> str:
    if settings.OIDC_CLAIM == "email":
        return said("No account here has your mail address, or the provider did not verify it. Ask an admin.")
    return said("No account here has your name. Ask an admin.")
