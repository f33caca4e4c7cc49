"""Signing in with a passkey: allauth's ceremony, held to this console's one origin.

allauth takes any page of the relying party's domain; here it is one origin, and no page inside another's frame.
"""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm, LoginWebAuthnForm, ReauthenticateWebAuthnForm

from . import passkeys
from .errors import Refusal


class _Here:
    """A credential that was used on a page of this console, by somebody whom the authenticator verified."""

    cleaned_data: dict[str, Any]

    def clean_credential(self) -> Authenticator:
        try:
            passkeys.used_here(self.cleaned_data["credential"])
        except Refusal as refusal:
            raise get_adapter().validation_error("incorrect_code") from refusal
        return super().clean_credential()  # type: ignore[misc]


class SignIn(_Here, LoginWebAuthnForm):
    pass


class SecondFactor(_Here, AuthenticateWebAuthnForm):
    pass


class Confirmation(_Here, ReauthenticateWebAuthnForm):
    pass
