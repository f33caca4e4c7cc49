"""Django's own admin, for people, servers and checkpoints. It has no door of its own: one sign-in page, one limit."""

from typing import Any, override

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import Http404, HttpRequest, HttpResponse


class Site(admin.AdminSite):
    site_header = site_title = "Placet administration"
    index_title = "Administration"
    enable_nav_sidebar = False

    @override
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        # Reached only by people who are signed in and are not staff; strangers were sent to the sign-in page before.
        raise Http404


class Config(AdminConfig):
    default_site = "config.admin.Site"
