"""The inbox: who may act on what, with an action beside it."""

import contextlib
from http import HTTPStatus
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from ..errors.sealed import Erased, Unreadable
from ..models import Kind
from ..queries import inbox as inbox_rows
from ..queries.facets import Facets
from . import actions


@gzip_page
@never_cache
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """The list; with `action` in its address, that action beside it."""
    at = timezone.now()
    facets = Facets.read(request.GET.dict())
    found = inbox_rows.read(user=request.user, facets=facets, at=at, kept=_ids(request.GET.get("kept", "")))
    shown = {
        "inbox": found,
        "facets": facets,
        "at": at,
        "kinds": Kind.choices,
        "chosen": _id(request.GET.get("action", "")),
    }
    if request.GET.get("mark") == found.mark:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    if request.htmx.target == "rows":
        return render(request, "approvals/inbox.html#rows", shown)
    if shown["chosen"]:
        with contextlib.suppress(Http404, Erased, Unreadable):  # gone or never yours: the list stands without it
            return render(request, "approvals/inbox.html", shown | actions.shown(request, shown["chosen"], at=at))
    return render(request, "approvals/inbox.html", shown | {"chosen": None})


def _ids(text: str) -> list[UUID]:
    return [found for found in map(_id, text.split(",")) if found]


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
