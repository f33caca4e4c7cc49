"""One delegated workflow on one page."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from ..queries import sessions as workflows


@gzip_page
@never_cache
@require_safe
def session(request: HttpRequest, server: str) -> HttpResponse:
    """The steps of one session of a server; its name stands in the query, for servers name it as they like."""
    at, name = timezone.now(), request.GET.get("id", "").replace("\0", "")[:128]
    found = workflows.read(user=request.user, server=server, name=name, after=_id(request.GET.get("after", "")), at=at)
    if found is None:
        raise Http404
    return render(request, "approvals/session.html", {"session": found, "at": at})


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
