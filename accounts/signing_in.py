"""Signing in with a passkey: allauth's ceremony, held to this console's one origin.

allauth takes any page of the relying party's domain; here it is one origin, and no page inside another's frame. And
what is signed is of a kind of its own (`passkeys.entering`): nobody who signs in has signed a yes.
"""

from typing import Any, override

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm, LoginWebAuthnForm, ReauthenticateWebAuthnForm
from allauth.mfa.webauthn.internal import auth
from django import forms

from . import passkeys
from .errors import Refusal

#: What a browser says of an assertion is far smaller. Strangers send anything, and the library falls over some of it.
MOST = 8 * 1024
JUNK = (Refusal, AttributeError, TypeError, KeyError, RecursionError)


class _Told(forms.JSONField):
    @override
    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value if len(value or "") <= MOST else "")
        except RecursionError as error:
            raise get_adapter().validation_error("incorrect_code") from error


class _Here(forms.Form):
    """A credential that was used on a page of this console, by somebody whom the authenticator verified."""

    credential = _Told(widget=forms.HiddenInput)

    def clean_credential(self) -> Authenticator:
        state = auth.get_state() or {}
        auth.set_state(state | {"challenge": passkeys.entering(state.get("challenge", ""))} if state else state)
        try:
            passkeys.used_here(self.cleaned_data["credential"])
            return super().clean_credential()  # type: ignore[misc]
        except JUNK as error:
            raise get_adapter().validation_error("incorrect_code") from error
        finally:
            auth.clear_state()  # a challenge is good once, also for who failed


class SignIn(_Here, LoginWebAuthnForm):
    pass


class SecondFactor(_Here, AuthenticateWebAuthnForm):
    pass


class Confirmation(_Here, ReauthenticateWebAuthnForm):
    pass
