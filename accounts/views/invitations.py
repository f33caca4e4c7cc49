"""The page behind an invitation: whoever was handed the link sets their password there. No session is needed."""

from datetime import UTC, datetime

from allauth.account.adapter import get_adapter
from allauth.decorators import rate_limit
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import SetPasswordForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from .. import invitations
from ..errors import BadInvitation


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limit(action="invitation")
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show the form; posted, set the password and lead to the sign-in. A link that is over is not there."""
    at = datetime.now(UTC)
    try:
        person = invitations.find(token, at=at).person
        form = SetPasswordForm(person, request.POST or None)
        if form.is_bound and form.is_valid():
            address = get_adapter(request).get_client_ip(request)
            password = form.cleaned_data["new_password1"]
            invitations.take_up(token=token, password=password, address=address, at=at)
            messages.success(request, _("Your password is set. Sign in with it."))
            return redirect("account_login")
    except BadInvitation as refusal:
        raise Http404(refusal.message) from refusal
    status = 422 if form.errors else 200
    return render(request, "accounts/invitation.html", {"form": form, "person": person}, status=status)
