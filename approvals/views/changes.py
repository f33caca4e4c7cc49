"""Changes of the map: what waits for a second admin, what became of the others, and deciding one."""

from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_safe

from accounts import proofs

from .. import changes as verbs
from ..errors import NotFound, Refusal
from ..models import Change
from ..queries import changes as rows


@gzip_page
@never_cache
@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """The list, what waits first. For admins; to others this page does not exist."""
    before = request.GET.get("before", "")
    try:
        found = rows.listing(user=request.user, before=int(before) if _is_number(before) else None)
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    return render(request, "approvals/changes.html", {"found": found, "before": before, "at": timezone.now()})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@proofs.confirmed
def change(request: HttpRequest, change_id: int) -> HttpResponse:
    """One change; and, posted, what this admin decides of it."""
    if request.method != "POST":
        return _shown(request, change_id)
    do, told = request.POST.get("do", ""), {"change_id": change_id, "by": request.user, "at": timezone.now()}
    note = request.POST.get("note", "")
    try:
        rows.one(user=request.user, change_id=change_id)
        if do == "collect":
            return _shown(request, change_id, token=verbs.collect_token(**told))
        if do == "withdraw":
            verbs.withdraw(**told)
        elif do == "refuse":
            verbs.refuse(**told, note=note)
        elif do == "confirm":
            verbs.confirm(**told, note=note)
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    except Refusal as refusal:
        return _shown(request, change_id, refusal=refusal, note=note)
    return redirect("change", change_id=change_id)


def _shown(request: HttpRequest, change_id: int, *, refusal: Refusal | None = None, **more: Any) -> HttpResponse:
    """The page as it is now. A token stands on it once, and nowhere else: no cache, session or message holds it."""
    at = timezone.now()
    try:
        found = rows.one(user=request.user, change_id=change_id)
    except NotFound as missing:
        raise Http404(missing.message) from missing
    before, after = verbs.documents(found)
    page = rows.page(user=request.user, change=found, before=before, after=after, at=at)
    follows, against = _consequences(found, after, at=at) if found.state in rows.OPEN else ([], None)
    shown = {
        "page": page, "change": found, "at": at, "follows": follows, "against": against, "refusal": refusal,
        "alone": verbs.alone(at=at), **more,
    }  # fmt: skip
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refusal else HTTPStatus.OK
    return render(request, "approvals/change.html", shown, status=status)


def _consequences(found: Change, after: dict[str, Any] | None, *, at: Any) -> tuple[list[str], Refusal | None]:
    """What would follow; or why it would be refused if it were confirmed now."""
    try:
        verbs.require_base(found, at=at)
        return verbs.consequences(about=found.about, subject=found.subject, proposed=after, at=at), None
    except Refusal as refusal:
        return [], refusal


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 18
