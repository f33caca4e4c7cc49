"""Which admin Django starts. Apart from `admin`, because it is read before there are models."""

from django.contrib.admin.apps import AdminConfig


class Admin(AdminConfig):
    default_site = "config.admin.Site"
