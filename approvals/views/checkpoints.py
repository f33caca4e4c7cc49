"""Checkpoints: the list, one of them, and how its rule is written."""

from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST, require_safe

from accounts import proofs

from .. import access, changes
from ..errors import NotFound, Refusal
from ..forms.checkpoints import ThenForm
from ..models import Effect, Kind
from ..queries.checkpoints import listing, one


@gzip_page
@never_cache
@require_safe
def checkpoints(request: HttpRequest) -> HttpResponse:
    """The list: all of them for admins, for others those on which they hold a duty; for nobody else a page."""
    at = timezone.now()
    wanted = listing.Wanted.read(request.GET.dict())
    found = listing.read(user=request.user, wanted=wanted, at=at)
    if not found.admin and not access.duties(request.user, at=at):
        raise Http404
    shown = {"found": found, "wanted": wanted, "at": at, "kinds": Kind.choices, "effects": Effect.choices}
    return render(request, "approvals/checkpoints.html", shown)


@gzip_page
@never_cache
@require_safe
def checkpoint(request: HttpRequest, checkpoint_id: int) -> HttpResponse:
    """One checkpoint; with `then` in its address, also who held it at that moment."""
    return _shown(request, checkpoint_id)


@require_POST
@proofs.confirmed
def retire(request: HttpRequest, checkpoint_id: int) -> HttpResponse:
    """Propose that the checkpoint shall stop nothing any more."""
    try:
        policy = one.newest(user=request.user, checkpoint_id=checkpoint_id)
        change = changes.propose(
            author=request.user, about="checkpoint", subject=policy.checkpoint.name, proposed=None,
            note=request.POST.get("note", ""), once=True, at=timezone.now(),
        )  # fmt: skip
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    except Refusal as refusal:
        return _shown(request, checkpoint_id, refusal=refusal)
    return redirect("change", change_id=change.pk)


def _shown(request: HttpRequest, checkpoint_id: int, *, refusal: Refusal | None = None) -> HttpResponse:
    at = timezone.now()
    form = ThenForm(request.GET if "then" in request.GET else None)
    then = form.cleaned_data["then"] if form.is_bound and form.is_valid() else None
    before = request.GET.get("before", "")
    try:
        page = one.read(
            user=request.user, checkpoint_id=checkpoint_id, at=at, then=then,
            before=int(before) if before.isascii() and before.isdigit() and len(before) < 8 else None,
        )  # fmt: skip
    except NotFound as found:
        raise Http404(found.message) from found
    shown = {"page": page, "at": at, "then_form": form, "refusal": refusal}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refusal or form.errors else HTTPStatus.OK
    return render(request, "approvals/checkpoint.html", shown, status=status)
