"""What allauth may do here: let known people in. Nobody opens an account by themselves."""

from typing import Any, override

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_noop

from . import alarms, locking, passkeys, proofs
from .words import said

#: What allauth says in other words than these pages: as to a friend, or of a name that is called otherwise here.
OTHERWISE = (
    gettext_noop("Username"),
    gettext_noop("The username and/or password you specified are not correct."),
    gettext_noop("Too many failed login attempts. Try again later."),
    gettext_noop("Be patient, you are sending too many requests."),
    gettext_noop("Please type your current password."),
    gettext_noop("You must type the same password each time."),
    gettext_noop("Your account has no password set up."),
    gettext_noop("Your account has no verified email address."),
    gettext_noop(
        "An account already exists with this email address. "
        "Please sign in to that account first, then connect your %s account."
    ),
)


class Adapter(DefaultAccountAdapter):
    @override
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    @override
    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Who signed in a moment ago need not say again who they are."""
        return not proofs.recent(self.request) and super().is_reauthentication_required(app=app, **kwargs)

    @override
    def get_login_stages(self) -> list[str]:
        """Where there is single sign-on, its own way of asking for the second factor."""
        stages = super().get_login_stages()
        if not settings.OIDC_ISSUER:
            return stages
        own = {"allauth.mfa.stages.AuthenticateStage": "accounts.single_sign_on.SecondFactor"}
        return [own.get(stage, stage) for stage in stages]

    @override
    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Who has neither password nor second factor here confirms at the provider."""
        methods = super().get_reauthentication_methods(user)
        if not methods and settings.OIDC_ISSUER:
            url = f"{reverse('openid_connect_login')}?auth_params=prompt%3Dlogin"
            return [{"id": "provider", "description": said("Use {name}", name=settings.OIDC_NAME), "url": url}]
        return methods

    @override
    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        alarms.password_failed(username=str(credentials.get("username", "")))


class SecondFactors(DefaultMFAAdapter):
    @override
    def encrypt(self, text: str) -> str:
        return locking.lock(text)

    @override
    def decrypt(self, encrypted_text: str) -> str:
        return locking.unlock(encrypted_text)

    @override
    def get_totp_issuer(self) -> str:
        return "Placet"

    @override
    def build_totp_svg(self, url: str) -> str:
        """The picture as it stands inside a page, without the first line of a file."""
        return super().build_totp_svg(url).partition("?>")[2]

    @override
    def get_totp_label(self, user: Any) -> str:
        return f"{user.username} at {settings.PUBLIC_URL.partition('://')[2]}"

    @override
    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The one name passkeys are made for, however the page was opened."""
        return {"id": passkeys.relying_party().id, "name": "Placet"}

    @override
    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """The last one stays where this console demands one."""
        if authenticator.type == Authenticator.Type.RECOVERY_CODES or not proofs.needs_second_factor(
            authenticator.user
        ):
            return True
        left = Authenticator.objects.filter(user=authenticator.user).exclude(pk=authenticator.pk)
        return left.exclude(type=Authenticator.Type.RECOVERY_CODES).exists()
