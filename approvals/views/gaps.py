"""Asks nobody could decide."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ..queries import gaps as gap_rows


@never_cache
@require_safe
def gaps(request: HttpRequest) -> HttpResponse:
    """Asks nobody could decide. For staff; to others this page does not exist."""
    if not request.user.is_staff:
        raise Http404
    at = timezone.now()
    return render(request, "approvals/gaps.html", {"gaps": gap_rows.read(at=at), "at": at})
