"""The Verify page: receipts and proof packs, checked in the browser. It reads nothing here, so anybody may open it."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from ..wire import offline


@login_not_required
@gzip_page
@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """The page. Auditors have no account, and what they check never comes here."""
    return render(request, "approvals/verify.html")


@login_not_required
@gzip_page
@require_safe
def save(request: HttpRequest) -> HttpResponse:
    """The same as one file that works without a network."""
    headers = {"Content-Disposition": 'attachment; filename="placet-verify.html"'}
    return HttpResponse(offline.page(), headers=headers)
