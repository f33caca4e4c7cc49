"""The connect page: where a released link leads, for its subject alone; and the step out."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from .. import connecting
from ..errors import ConnectOver, NotFound
from ..queries import connecting as leading


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def connect(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """Looking changes nothing; only a press of the button goes there, so that no scanner of links uses it up.

    The step out is a page of its own that moves on by itself: a redirect that answers a form would be stopped, there
    and at every host after it, by the rule that our forms go nowhere else.
    """
    at = timezone.now()
    try:
        if request.method == "POST":
            return _leave(request, connecting.follow(action_id=action_id, person=request.user, at=at))
        shown = {"page": leading.read(user=request.user, action_id=action_id, at=at), "at": at}
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    except ConnectOver:
        return redirect(request.path)
    return render(request, "approvals/connect.html", shown)


def _leave(request: HttpRequest, page: leading.Leading) -> HttpResponse:
    """Whoever is at the other end learns nothing of us: neither the address of this page, nor a way back to it."""
    response = render(request, "approvals/leaving.html", {"page": page})
    response["Referrer-Policy"] = "no-referrer"
    return response
