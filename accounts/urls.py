"""Sign-in, sign-out, and one's own page. Of allauth's many pages only these; the names are those it looks for."""

from allauth.account import views
from allauth.decorators import rate_limit
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.conf import settings
from django.urls import path
from django.views.decorators.cache import never_cache

from .views import invitations, you

_bounded = rate_limit(action="account")

urlpatterns = [
    path("sign-in/", views.LoginView.as_view(extra_context={"provider": settings.OIDC_NAME}), name="account_login"),
    path("sign-in/inactive/", never_cache(views.account_inactive), name="account_inactive"),
    path("sign-in/passkey/", never_cache(webauthn.login_webauthn), name="mfa_login_webauthn"),
    path("sign-in/code/", never_cache(mfa.authenticate), name="mfa_authenticate"),
    path("invitation/<str:token>/", invitations.invitation, name="invitation"),
    path("sign-out/", never_cache(views.logout), name="account_logout"),
    path("password/", you.password, name="account_change_password"),
    path("confirm/", never_cache(views.reauthenticate), name="account_reauthenticate"),
    path("confirm/code/", never_cache(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("confirm/passkey/", never_cache(webauthn.reauthenticate_webauthn), name="mfa_reauthenticate_webauthn"),
    path("you/", you.you, name="mfa_index"),
    path("you/", you.you, name="you"),
    path("you/settings/", you.settings_keep, name="settings_keep"),
    path("you/notices/", you.notices_read, name="notices_read"),
    path("you/sign-ins/end/", you.sign_ins_end, name="sign_ins_end"),
    path("you/sign-ins/<int:sign_in>/end/", you.sign_in_end, name="sign_in_end"),
    path("you/second-factor/", never_cache(_bounded(totp.activate_totp)), name="mfa_activate_totp"),
    path("you/second-factor/remove/", never_cache(_bounded(totp.deactivate_totp)), name="mfa_deactivate_totp"),
    path("you/recovery-codes/", never_cache(codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("you/recovery-codes/new/", never_cache(_bounded(codes.generate_recovery_codes)),
         name="mfa_generate_recovery_codes"),
]  # fmt: skip
if settings.OIDC_ISSUER:
    from . import single_sign_on

    urlpatterns += [
        path("sign-in/provider/", never_cache(single_sign_on.login), {"provider_id": single_sign_on.PROVIDER},
             name="openid_connect_login"),
        path("sign-in/provider/back/", never_cache(single_sign_on.callback), {"provider_id": single_sign_on.PROVIDER},
             name="openid_connect_callback"),
        path("sign-in/provider/cancelled/", never_cache(single_sign_on.cancelled),
             name="socialaccount_login_cancelled"),
    ]  # fmt: skip
