"""Sign-in, sign-out, password. Of allauth's many pages only these; the names are the ones it looks for."""

from allauth.account import views
from django.urls import path
from django.views.decorators.cache import never_cache

urlpatterns = [
    path("sign-in/", views.login, name="account_login"),
    path("sign-in/inactive/", never_cache(views.account_inactive), name="account_inactive"),
    path("sign-out/", never_cache(views.logout), name="account_logout"),
    path("password/", never_cache(views.password_change), name="account_change_password"),
    path("confirm/", never_cache(views.reauthenticate), name="account_reauthenticate"),
]
