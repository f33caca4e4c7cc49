"""Insights: how asks went over weeks."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from ..queries import insights as over_weeks


@gzip_page
@never_cache
@require_safe
def insights(request: HttpRequest) -> HttpResponse:
    """Counts and times of weeks. Whoever holds no duty and is no admin finds nothing here."""
    at = timezone.now()
    found = over_weeks.read(user=request.user, wanted=over_weeks.Wanted.read(request.GET.dict()), at=at)
    if found is None:
        raise Http404
    return render(request, "approvals/insights.html", {"insights": found, "at": at, "spans": over_weeks.SPANS})
