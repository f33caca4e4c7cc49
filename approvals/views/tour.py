"""The guided tour of a demo: where its steps lead, its end, and beginning again."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import preferences

from ..demo import stops
from ..templatetags.touring import KEPT, STEPS


@never_cache
@require_safe
def step(request: HttpRequest, number: int) -> HttpResponse:
    """Go to the page of a step. Where somebody is in the tour stands in their session, and means nothing else."""
    if not settings.DEMO or not 1 <= number <= STEPS:
        raise Http404
    request.session[KEPT] = number
    return redirect(stops.address(number, person=request.user))


@never_cache
@require_POST
def tour(request: HttpRequest) -> HttpResponse:
    """End the tour for this person, on all their devices; or begin it again."""
    if not settings.DEMO:
        raise Http404
    if request.POST.get("again"):
        preferences.keep(person=request.user, tour_dismissed_at=None)
        return redirect("tour_step", 1)
    preferences.keep(person=request.user, tour_dismissed_at=timezone.now())
    back = request.POST.get("back", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "inbox")
