"""Which room answers which path. The paths for servers (`/api/v1`, `/.well-known`) never come here: see `asgi`."""

from django.contrib import admin
from django.urls import include, path

from config import health, shell

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("manifest.webmanifest", shell.manifest, name="manifest"),
    path("shell.js", shell.worker, name="worker"),
    path("offline/", shell.offline, name="offline"),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("approvals.urls")),
]
