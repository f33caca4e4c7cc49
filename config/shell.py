"""The console as something that is installed: its manifest, the worker that keeps its shell, and the offline page.

The shell is what is the same for everybody: styles, scripts, icons and one page that says that there is no connection.
No page of the console, no payload and nothing personal is ever kept by the worker.
"""

import hashlib
import json
from functools import lru_cache

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

#: The paper of both themes, as `tokens.css` has it: what a browser draws around the page.
PAPER, DARK_PAPER = "#fdfdfc", "#151614"
#: All styles and scripts of ours, and the one script of others.
NAMES = (
    *(f"css/{each.name}" for each in sorted((settings.BASE_DIR / "static" / "css").glob("*.css"))),
    *(f"js/{each.name}" for each in sorted((settings.BASE_DIR / "static" / "js").glob("*.js"))),
    "django_htmx/htmx-2.min.js",
    "img/placet.svg",
)
ICONS = {
    "img/icon-192.png": ("192x192", "any"),
    "img/icon-512.png": ("512x512", "any"),
    "img/icon-maskable-512.png": ("512x512", "maskable"),
}
#: Asked for anew now and then, never kept without asking: an update is found at the next visit.
_asked_for = cache_control(no_cache=True, public=True)


@login_not_required
@require_safe
@_asked_for
def manifest(request: HttpRequest) -> HttpResponse:
    """What a browser installs (W3C Web Application Manifest)."""
    icons = [
        {"src": static(name), "sizes": sizes, "type": "image/png", "purpose": purpose}
        for name, (sizes, purpose) in ICONS.items()
    ]
    inbox, small = reverse("inbox"), icons[:1]
    shown = {
        "id": "/", "start_url": inbox, "scope": "/", "display": "standalone", "name": "Placet", "short_name": "Placet",
        "description": _("Machines ask, named people answer, and every answer is signed."),
        "lang": get_language(), "dir": "rtl" if get_language_bidi() else "ltr",
        "background_color": PAPER, "theme_color": PAPER, "icons": icons,
        "shortcuts": [
            {"name": _("Waiting for you"), "url": f"{inbox}?part=mine", "icons": small},
            {"name": _("Decided"), "url": f"{inbox}?view=decided", "icons": small},
            {"name": _("Verify a receipt"), "url": reverse("verify"), "icons": small},
        ],
    }  # fmt: skip
    return JsonResponse(shown, content_type="application/manifest+json")


@login_not_required
@require_safe
@_asked_for
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker. Its text names what it keeps, so that another release is another worker."""
    kept = {"version": version(), "files": list(files()), "pages": [reverse("offline"), f"{reverse('offline')}?sent"]}
    return render(request, "shell.js", {"kept": json.dumps(kept)}, content_type="text/javascript; charset=utf-8")


@login_not_required
@require_safe
@_asked_for
def offline(request: HttpRequest) -> HttpResponse:
    """What is shown where no page can be had. It names nobody: the worker fetches it without cookies and keeps it."""
    return render(request, "offline.html", {"sent": "sent" in request.GET})


def files() -> tuple[str, ...]:
    """The addresses of the shell's files, under the names this release gave them."""
    return tuple(static(name) for name in [*NAMES, *ICONS])


@lru_cache(maxsize=4)
def _digest(kept: tuple[str, ...]) -> str:
    return hashlib.sha256("\n".join(kept).encode()).hexdigest()[:16]


def version() -> str:
    """Another one whenever a file of the shell changed, for then its name did."""
    return _digest(files())
