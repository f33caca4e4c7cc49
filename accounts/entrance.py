"""Who is not signed in goes to the sign-in page, and from there back to a page: never to where a form was sent."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse

SAFE = ("GET", "HEAD")


class Entrance(LoginRequiredMiddleware):
    """A session that ended while somebody wrote: what they sent is not taken, and they come back to their page."""

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., HttpResponse]) -> HttpResponse:
        if request.method in SAFE:
            return super().handle_no_permission(request, view_func)
        return redirect_to_login(_page(request), self.get_login_url(view_func), self.get_redirect_field_name(view_func))


def _page(request: HttpRequest) -> str:
    """The page of this console that the form stood on, as the browser says it; else the first page."""
    said = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "")
    ours = said.netloc == request.get_host() and said.path.startswith("/") and not said.path.startswith("//")
    return said.path + (f"?{said.query}" if said.query else "") if ours else "/"
