"""Drills: who agreed, what came of them, and setting them up."""

from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import proofs, words
from accounts.errors import Refusal as AccountRefusal

from .. import access, drills
from ..errors import NotAnAdmin, NotFound, Refusal
from ..forms.drilling import DrillsForm
from ..queries import drills as read


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def listed(request: HttpRequest) -> HttpResponse:
    """The drills that concern this person; an admin sets up more."""
    form = DrillsForm(request.POST or None)
    admin = access.is_admin(request.user)
    if request.method == "POST":
        if not admin:
            raise Http404
        proofs.require(request)
        if form.is_valid():
            try:
                drills.enable(**form.cleaned_data, by=request.user, at=timezone.now())
                return redirect("drills")
            except (Refusal, AccountRefusal) as refusal:
                form.add_error(None, words.told(refusal.message))
    return _shown(request, form if form.is_bound else DrillsForm(), admin=admin)


@require_POST
def consent(request: HttpRequest, practice_id: int) -> HttpResponse:
    """Agree to be drilled, or take it back."""
    agrees = request.POST.get("agrees") == "yes"
    try:
        drills.consent(practice_id=practice_id, person=request.user, agrees=agrees, at=timezone.now())
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    return redirect("drills")


@require_POST
def end(request: HttpRequest, practice_id: int) -> HttpResponse:
    """No more of them."""
    try:
        drills.end(practice_id=practice_id, by=request.user, at=timezone.now())
    except (NotFound, NotAnAdmin) as refusal:
        raise Http404(refusal.message) from refusal
    return redirect("drills")


def _shown(request: HttpRequest, form: DrillsForm, *, admin: bool) -> HttpResponse:
    at = timezone.now()
    rows = read.listed(user=request.user, at=at)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(
        request, "approvals/drills.html", {"rows": rows, "form": form, "admin": admin, "at": at}, status=status
    )
