"""The inbox: who may act on what, with an action beside it."""

import contextlib
from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from accounts import preferences
from config import build

from ..errors.sealed import Erased, Unreadable
from ..queries import inbox as inbox_rows
from ..queries import records
from ..queries.facets import Desk, Facets, midnight
from ..wire import tables
from . import actions, narrowing, shelf, streaming

USUAL = timedelta(days=30)


@gzip_page
@never_cache
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """The list; with `action` in its address, that action beside it."""
    at = timezone.now()
    facets = Facets.read(request.GET.dict(), at=at)
    found = inbox_rows.read(user=request.user, facets=facets, at=at, kept=_ids(request.GET.get("kept", "")))
    shown = {
        "inbox": found,
        "facets": facets,
        "at": at,
        "selects": narrowing.selects(found),
        "preference": preferences.of(request.user),
        "build": build.current(),
        "chosen": _id(request.GET.get("action", "")),
    }
    if request.GET.get("mark") == found.mark:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    if request.htmx.target == "rows":
        return render(request, "approvals/inbox.html#rows", shown)
    shown |= shelf.told(request, found)
    if shown["chosen"]:
        with contextlib.suppress(Http404, Erased, Unreadable):  # gone or never yours: the list stands without it
            return render(request, "approvals/inbox.html", shown | actions.shown(request, shown["chosen"], at=at))
    return render(request, "approvals/inbox.html", shown | {"chosen": None})


@never_cache
@require_safe
def export(request: HttpRequest) -> StreamingHttpResponse:
    """What was decided where one holds a duty, as the list is narrowed, as CSV or JSON lines; 30 days unless said."""
    at, asked = timezone.now(), request.GET.dict()
    facets, held = Facets.read({**asked, "view": "decided"}), Desk.of(request.user, at=at).held
    if not held:
        raise Http404
    since, last = facets.since or timezone.localdate(at - USUAL), facets.last or timezone.localdate(at)
    edges = {"since": midnight(since), "until": midnight(last + timedelta(days=1))}
    table = records.table(held.keys(), **edges, narrow=facets.narrow)
    form = asked.get("format") if asked.get("format") in tables.FORMATS else "csv"
    write, content_type = tables.FORMATS[form]
    name = f"decided-{since.isoformat()}-{last.isoformat()}.{form}"
    return streaming.as_file(request, write(records.HEADER, table), name=name, content_type=content_type)


def _ids(text: str) -> list[UUID]:
    return [found for found in map(_id, text.split(",")) if found]


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
