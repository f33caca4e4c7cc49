"""The one door of the web process. Servers talk to a lean handler (no sessions, no cookies, no page middleware)."""

import os
from urllib.parse import urlsplit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.asgi import get_asgi_application

pages = get_asgi_application()

# Only after Django is set up may rooms with models be imported.
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import OriginValidator
from django.conf import settings
from django.urls import re_path

from approvals.api.lean import application as servers
from approvals.consumers import websocket_urlpatterns
from config import logs, memory, urls  # noqa: F401  (a broken page must stop the start, not the first visitor)

_FOR_SERVERS = ("/api/v1", "/.well-known/")


async def http(scope, receive, send):
    door = servers if scope["path"].startswith(_FOR_SERVERS) else pages
    await door(scope, receive, send)


async def nothing(scope, receive, send):
    """A socket at an address that has none."""
    await send({"type": "websocket.close"})


def _origins() -> list[str]:
    """Pages of this console: cookies know no ports, so another program's page on this machine would send ours."""
    public = urlsplit(settings.PUBLIC_URL)
    port = f":{public.port}" if public.port else ""
    return [f"{public.scheme}://{host}{port}" for host in settings.ALLOWED_HOSTS]


sockets = AuthMiddlewareStack(URLRouter([*websocket_urlpatterns, re_path("", nothing)]))
application = ProtocolTypeRouter({"http": http, "websocket": OriginValidator(sockets, _origins())})
logs.guard()
memory.give_back_again()
