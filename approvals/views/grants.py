"""Grants: the list, one of them, giving one, revoking one."""

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import proofs

from .. import grants as giving
from ..errors import NotFound, Refusal
from ..forms.granting import GrantForm
from ..queries import grants as given
from ..queries.facets import Cursor


@never_cache
@require_safe
def grants(request: HttpRequest) -> HttpResponse:
    """The grants this person may see, newest first."""
    at = timezone.now()
    found = given.listed(user=request.user, at=at, after=Cursor.read(request.GET.get("after", "")))
    return render(request, "approvals/grants.html", {"listed": found, "at": at})


@never_cache
@require_safe
def grant(request: HttpRequest, grant_id: UUID) -> HttpResponse:
    """One grant with all its uses."""
    at = timezone.now()
    try:
        row = given.one(user=request.user, grant_id=grant_id, at=at)
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    shown = {"row": row, "at": at, "told": request.GET.get("told", "")}
    return render(request, "approvals/grant.html", shown)


@never_cache
@require_safe
def statement(request: HttpRequest, grant_id: UUID) -> HttpResponse:
    """The signed statement's bytes, as a file."""
    try:
        jws = giving.statement(grant_id=grant_id, user=request.user, at=timezone.now())
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    name = f'attachment; filename="grant-{grant_id}.jws"'
    return HttpResponse(jws, content_type="application/jose", headers={"Content-Disposition": name})


@require_POST
def revoke(request: HttpRequest, grant_id: UUID) -> HttpResponse:
    told = "revoked"
    try:
        giving.revoke(grant_id=grant_id, by=request.user, at=timezone.now())
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    except Refusal as refusal:
        told = refusal.code
    return redirect(f"{reverse('grant', args=[grant_id])}?told={told}")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """Choose what to allow beforehand, see what it would have covered, then give it."""
    at = timezone.now()
    try:
        offered = giving.offer(action_id=action_id, person=request.user, at=at)
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    except Refusal as refusal:
        shown = {"refused": refusal, "action_id": action_id}
        return render(request, "approvals/grant_new.html", shown, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    form = GrantForm(request.POST or None, arguments=offered.arguments, bounds=offered.bounds)
    if not form.is_bound:
        return _form(request, form, offered, {})
    if not form.is_valid():
        return _form(request, form, offered, None, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _take(request, form, offered, at=at)


def _take(request: HttpRequest, form: GrantForm, offered: giving.Offer, *, at: datetime) -> HttpResponse:
    """Give the grant when its preview was looked at, else show that preview."""
    data, limits = form.cleaned_data, form.limits
    terms = giving.Terms(uses=data["uses"], seconds=data["seconds"], per_hour=data["per_hour"], limits=limits)
    try:
        looked = request.POST.get("seen", "") == giving.mark(offered=offered, limits=limits)
        if "give" in request.POST and looked:
            proofs.require(request)
            made = giving.create(action_id=offered.action.pk, person=request.user, terms=terms, at=at)
            return redirect(f"{reverse('grant', args=[made.pk])}?told=given")
        return _form(request, form, offered, limits, unseen="give" in request.POST)
    except Refusal as refusal:
        form.refuse(refusal)
        return _form(request, form, offered, None, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _form(
    request: HttpRequest, form: GrantForm, offered: giving.Offer, limits: giving.Limits | None, *,
    unseen: bool = False, status: int = HTTPStatus.OK,
) -> HttpResponse:  # fmt: skip
    """The page; without `limits` (they are refused, or not readable) there is nothing to look back with."""
    shown = {"offered": offered, "form": form, "unseen": unseen, "sentence": given.spoken(offered.action)}
    if limits is not None:
        shown["preview"] = giving.preview(offered=offered, limits=limits, person=request.user)
        shown["seen"] = giving.mark(offered=offered, limits=limits)
    return render(request, "approvals/grant_new.html", shown, status=status)
