"""The log of the logging owners: what was decided at their checkpoints, in words and as a file."""

from datetime import UTC, timedelta

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from ..queries import log as digest
from ..queries import records
from ..queries.facets import day, midnight
from ..wire import tables
from . import streaming

USUAL = timedelta(days=30)


@gzip_page
@never_cache
@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """The digest. Whoever holds logging nowhere finds nothing here, admins and superusers too."""
    at, asked = timezone.now(), request.GET
    checkpoint = asked.get("checkpoint", "").replace("\0", "")[:150]
    found = digest.read(
        user=request.user, by=asked.get("by", "day"), checkpoint=checkpoint, until=day(asked.get("until", "")), at=at
    )
    if found is None:
        raise Http404
    page = {"digest": found, "at": at, "since": (at - USUAL).date(), "today": at.date()}
    return render(request, "approvals/log.html", page)


@never_cache
@require_safe
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Decided actions of their checkpoints, whole days in UTC, as CSV or JSON lines."""
    at, asked = timezone.now(), request.GET
    names = digest.minded(request.user, at=at)
    chosen = asked.get("checkpoint", "")
    mine = [key for key, name in names.items() if not chosen or name == chosen]
    if not mine:
        raise Http404
    since, last = day(asked.get("since", "")) or (at - USUAL).date(), day(asked.get("last", "")) or at.date()
    table = records.table(mine, since=midnight(since, UTC), until=midnight(last + timedelta(days=1), UTC))
    form = asked.get("format") if asked.get("format") in tables.FORMATS else "csv"
    write, content_type = tables.FORMATS[form]
    name = f"decided-{since.isoformat()}-{last.isoformat()}.{form}"
    return streaming.as_file(request, write(records.HEADER, table), name=name, content_type=content_type)
