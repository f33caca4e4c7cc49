"""The one door of the web process. Servers talk to a lean handler (no sessions, no cookies, no page middleware)."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.asgi import get_asgi_application

pages = get_asgi_application()

# Only after Django is set up may rooms with models be imported.
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator

from approvals.api.lean import application as servers
from approvals.consumers import websocket_urlpatterns
from config import memory, urls  # noqa: F401  (a broken page must stop the start, not the first visitor)

_FOR_SERVERS = ("/api/v1", "/.well-known/")


async def http(scope, receive, send):
    door = servers if scope["path"].startswith(_FOR_SERVERS) else pages
    await door(scope, receive, send)


application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)
memory.give_back()
