"""What fell through: the worklist of the exceptions owners."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST, require_safe

from .. import findings
from ..errors import NotFound, Refusal
from ..forms.exceptions import ResolutionForm
from ..queries import findings as worklist
from ..queries.findings import Wanted


@gzip_page
@never_cache
@require_safe
def exceptions(request: HttpRequest) -> HttpResponse:
    """The list. Whoever holds no such duty finds it empty."""
    return _shown(request, Wanted.read(request.GET.dict()), at=timezone.now(), told=request.GET.get("told", ""))


@require_POST
def resolve(request: HttpRequest, finding_id: int) -> HttpResponse:
    """Take a resolution; when it is refused, show the list with what was written and why it was not taken."""
    wanted = Wanted.read(request.POST.dict())
    form, at = ResolutionForm(request.POST), timezone.now()
    if not form.is_valid():
        wrong = {"id": finding_id, "error": form.errors["resolution"][0]}
        return _shown(request, wanted, at=at, wrong=wrong, said=request.POST.get("resolution", ""))
    said = form.cleaned_data["resolution"]
    try:
        findings.resolve(finding_id=finding_id, by=request.user, resolution=said, at=at)
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    except Refusal as refusal:
        return _shown(request, wanted, at=at, wrong={"id": finding_id, "error": refusal.message}, said=said)
    return redirect(f"{reverse('exceptions')}{wanted.address}{'&' if wanted.address != '?' else ''}told=resolved")


def _shown(
    request: HttpRequest, wanted: Wanted, *, at: datetime, told: str = "", wrong: dict[str, Any] | None = None,
    said: str = "",
) -> HttpResponse:  # fmt: skip
    found = worklist.read(user=request.user, wanted=wanted, at=at)
    gone = wrong is not None and all(line.finding.pk != wrong["id"] for line in found.lines)
    page = {"found": found, "wanted": wanted, "at": at, "told": told, "wrong": wrong, "gone": gone, "said": said}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(request, "approvals/exceptions.html", page, status=status)
