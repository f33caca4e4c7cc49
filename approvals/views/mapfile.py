"""The map as one file: to download, and to read one in, look at what it would change, and propose that."""

from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import proofs, words

from .. import access, mapfile
from ..errors import BadMap
from ..forms.mapfile import MapForm


@never_cache
@require_safe
def map_file(request: HttpRequest) -> HttpResponse:
    """All that stands, as a file."""
    _require_admin(request)
    headers = {"Content-Disposition": 'attachment; filename="placet-map.yaml"'}
    return HttpResponse(mapfile.export(at=timezone.now()), content_type="application/yaml", headers=headers)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def map_import(request: HttpRequest) -> HttpResponse:
    """Read a file: first what would change, then a change for each of these."""
    _require_admin(request)
    at, do = timezone.now(), request.POST.get("do", "")
    form = MapForm(request.POST or None, request.FILES or None)
    shown = {"form": form, "at": at, "do": do}
    if form.is_bound and form.is_valid():
        try:
            if do == "propose":
                proofs.require(request)
                note = form.cleaned_data["note"]
                shown["applied"] = mapfile.apply(form.written, author=request.user, note=note, at=at)
            else:
                shown["plan"] = mapfile.plan(form.written, at=at)
        except BadMap as refusal:
            form.add_error("text", words.told(refusal.message))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound and form.errors else HTTPStatus.OK
    return render(request, "approvals/map_file.html", shown, status=status)


def _require_admin(request: HttpRequest) -> None:
    if not access.is_admin(request.user):
        raise Http404
