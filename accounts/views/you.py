"""A person's own page: who they are here, what they were told, and how and where they are signed in."""

from datetime import UTC, datetime

from allauth.account import views as account
from allauth.decorators import rate_limit
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from .. import notices, preferences, proofs, sessions, signins, tongues
from ..choosing import ChoosingForm
from ..models import Membership


@never_cache
@require_safe
def you(request: HttpRequest) -> HttpResponse:
    """Everything of one's own account, on one page."""
    at, person = datetime.now(UTC), request.user
    factors = {found.type: found for found in Authenticator.objects.filter(user=person)}
    codes = factors.get(Authenticator.Type.RECOVERY_CODES)
    told = notices.latest(person=person)
    demanded = proofs.needs_second_factor(person)
    shown = {
        "at": at,
        "unread": [each for each in told if not each.read_at], "read": [each for each in told if each.read_at],
        "held": Membership.objects.filter(Membership.lasting(at), person=person).select_related("role")
        .order_by("starts_at", "pk"),
        "sign_ins": signins.going_on(person=person, at=at), "this": request.session.get(sessions.SIGN_IN),
        "app": factors.get(Authenticator.Type.TOTP), "has_passkey": Authenticator.Type.WEBAUTHN in factors,
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else None,
        "demanded": demanded, "missing": demanded and not proofs.has_second_factor(request),
        "choosing": ChoosingForm(person=person),
        "provider": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
    }  # fmt: skip
    return render(request, "accounts/you.html", shown)


@never_cache
@require_POST
@rate_limit(action="account")
def notices_read(request: HttpRequest) -> HttpResponse:
    """What was shown is read; what came meanwhile is not."""
    upto = request.POST.get("upto", "")
    if upto.isascii() and upto.isdigit() and len(upto) < 18:
        notices.read(person=request.user, upto=int(upto), at=datetime.now(UTC))
    return redirect("you")


@never_cache
@require_POST
@rate_limit(action="account")
def settings_keep(request: HttpRequest) -> HttpResponse:
    """Keep what was chosen, and say so in the language that holds from now on. What nobody offered is not kept."""
    form = ChoosingForm(request.POST, person=request.user)
    if form.is_valid():
        preferences.keep(person=request.user, **form.cleaned_data)
        with tongues.speaking_to(request.user):
            messages.success(request, _("Your choices are kept."))
    return redirect(reverse("you") + "#settings")


@never_cache
@require_POST
@rate_limit(action="account")
def sign_in_end(request: HttpRequest, sign_in: int) -> HttpResponse:
    """End one of one's own sign-ins; another's is not there."""
    signins.end(person=request.user, sign_in=sign_in, by=request.user, at=datetime.now(UTC))
    return redirect("you")


@never_cache
@require_POST
@rate_limit(action="account")
def sign_ins_end(request: HttpRequest) -> HttpResponse:
    """End all of one's own sign-ins but this."""
    at = datetime.now(UTC)
    signins.end_all(person=request.user, by=request.user, at=at, but=request.session.session_key)
    return redirect("you")


@never_cache
def password(request: HttpRequest) -> HttpResponse:
    """Change it; whoever has none has nothing to change."""
    if not request.user.has_usable_password():
        return redirect("you")
    return account.password_change(request)
