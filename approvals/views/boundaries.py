"""The map an auditor asks for: who answers for what, now or at an earlier moment, and what nobody answers for."""

from http import HTTPStatus
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST, require_safe

from accounts import proofs

from .. import access, changes
from ..errors import Refusal
from ..models import Change, Kind
from ..queries import boundaries as the_map
from ..queries.boundaries import Wanted
from ..rules import denying
from ..wire import tables
from . import streaming

ABOUT = "Seen on the map: no rule mapped it."


@gzip_page
@never_cache
@require_safe
def boundaries(request: HttpRequest) -> HttpResponse:
    """Servers by kinds. For admins all, for others where they hold a duty; to anybody else it does not exist."""
    return _shown(request, Wanted.read(request.GET.dict(), at=timezone.now()), told=request.GET.get("told", ""))


@never_cache
@require_safe
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The whole map as CSV."""
    at = timezone.now()
    table = the_map.table(user=request.user, wanted=Wanted.read(request.GET.dict(), at=at), at=at)
    if table is None:
        raise Http404
    lines = tables.as_csv(the_map.HEADER, table)
    return streaming.as_file(request, lines, name=f"boundaries-{at:%Y-%m-%d}.csv", content_type="text/csv")


@require_POST
@proofs.confirmed
def deny(request: HttpRequest) -> HttpResponse:
    """Propose a rule that denies this name of this server: a change like any other."""
    if not access.is_admin(request.user):
        raise Http404
    server, kind, name = (request.POST.get(part, "").replace("\0", "") for part in ("server", "kind", "pattern"))
    at = timezone.now()
    try:
        rule = denying.denial(server=server, kind=kind, name=name)
        change = changes.propose(
            author=request.user, about=Change.About.CHECKPOINT, subject=rule["checkpoint"], proposed=rule, note=ABOUT,
            once=True, at=at,
        )  # fmt: skip
    except Refusal as refusal:
        return _shown(request, Wanted.read({"server": server}, at=at), wrong=refusal.message)
    told = "denied" if change.state == Change.State.APPLIED else "proposed"
    return redirect(f"{reverse('boundaries')}?{urlencode({'told': told})}")


@require_safe
def gaps(request: HttpRequest) -> HttpResponse:
    """Where the gaps stood before they were part of the map."""
    return redirect("boundaries", permanent=True)


def _shown(request: HttpRequest, wanted: Wanted, *, told: str = "", wrong: str = "") -> HttpResponse:
    at = timezone.now()
    found = the_map.read(user=request.user, wanted=wanted, at=at)
    if found is None:
        raise Http404
    page = {"map": found, "wanted": wanted, "at": at, "told": told, "wrong": wrong, "kinds": Kind.values}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(request, "approvals/boundaries.html", page, status=status)
