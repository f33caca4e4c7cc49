"""Saved views: keep the list as it is narrowed under a name, rename it, take it away, put it back."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from .. import keeping
from ..errors import NotFound, Refusal, ViewNameMissing, ViewNameTaken, ViewsFull
from ..queries.facets import Facets
from ..queries.inbox import Inbox

REFUSED = {refusal.code: refusal.message for refusal in (ViewNameMissing, ViewNameTaken, ViewsFull)}
NO_VIEW = 0


def told(request: HttpRequest, inbox: Inbox) -> dict[str, Any]:
    """What a list's page says of views: which one this is, which one was removed, why one was not kept."""
    here, gone = inbox.facets.lasting, request.GET.get("removed", "")
    known = gone.isdecimal() and len(gone) < 19
    return {
        "saved": next((view for view in inbox.views if view.query == here), None),
        "removed": keeping.removed(person=request.user, view_id=int(gone)) if known else None,
        "told_no": REFUSED.get(request.GET.get("told", ""), ""),
    }


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    at, query = timezone.now(), _query(request.POST.get("query", ""))
    return _done(
        lambda: keeping.save(person=request.user, name=request.POST.get("name", ""), query=query, at=at), query
    )


@require_POST
def rename(request: HttpRequest, view_id: int) -> HttpResponse:
    return _done(lambda: keeping.rename(person=request.user, view_id=view_id, name=request.POST.get("name", "")))


@require_POST
def remove(request: HttpRequest, view_id: int) -> HttpResponse:
    try:
        keeping.remove(person=request.user, view_id=view_id, at=timezone.now())
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    return redirect(f"{reverse('inbox')}?removed={view_id}")


@require_POST
def restore(request: HttpRequest, view_id: int) -> HttpResponse:
    return _done(lambda: keeping.restore(person=request.user, view_id=view_id))


def _done(verb: Callable[[], Any], query: str = "") -> HttpResponse:
    """To the list of that view; or back to where one was, with the reason why not."""
    try:
        query = verb().query
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    except Refusal as refusal:
        query += ("&" if len(query) > 1 else "?" if not query else "") + f"told={refusal.code}"
    return redirect(reverse("inbox") + query)


def _query(sent: str) -> str:
    """An address as a list writes it: nothing else gets in."""
    return Facets.read(QueryDict(sent.removeprefix("?")).dict(), at=timezone.now()).lasting
