"""What is left of an erased action, erasing one, and saying decently that stored bytes cannot be read."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import proofs

from .. import erasing
from ..errors import NotFound, Refusal
from ..errors.sealed import AlreadyErased, Erased, Unreadable
from ..forms.erasing import EraseForm
from ..queries import erased

log = logging.getLogger("placet.pages")


class Unread:
    """Middleware: a page that meets bytes it cannot read says so by name, and says nothing about the action."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Erased):
            return render(request, "approvals/unreadable.html", {"refusal": exception}, status=HTTPStatus.GONE)
        if isinstance(exception, Unreadable):
            log.error("stored bytes do not open", extra={"code": exception.code})
            told = {"refusal": exception}
            return render(request, "approvals/unreadable.html", told, status=HTTPStatus.INTERNAL_SERVER_ERROR)
        return None


def remains(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """The page of an action whose payloads were erased."""
    page, at = _page(request, action_id), timezone.now()
    pane = request.htmx.target == "pane"
    template = "approvals/erased.html#pane" if pane else "approvals/erased.html"
    return render(request, template, {"page": page, "at": at, "in_pane": pane})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@proofs.confirmed
def erase(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """Erase one action's payloads: for who answers for the log there, and had no say in it."""
    at, form, refused = timezone.now(), EraseForm(request.POST or None), ""
    try:
        erasing.may_erase(action_id=action_id, person=request.user, at=at)
        if request.method == "POST" and form.is_valid():
            reason = form.cleaned_data["reason"]
            erasing.erase(action_id=action_id, person=request.user, reason=reason, at=at)
            return redirect("action", action_id)
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    except AlreadyErased:
        return redirect("action", action_id)
    except Refusal as refusal:
        refused = refusal.message
    shown = {"page": _page(request, action_id), "at": at, "form": form, "refused": refused}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused or form.errors else HTTPStatus.OK
    return render(request, "approvals/erase.html", shown, status=status)


def _page(request: HttpRequest, action_id: UUID) -> erased.Remains:
    try:
        return erased.read(user=request.user, action_id=action_id, at=timezone.now())
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
