"""What is written down, and whom is told, when somebody signs in, fails to, or changes how they sign in.

allauth tells; rows are written here. Connected once, when the app is ready.
"""

import ipaddress
from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.account import signals as account
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_out
from django.core.cache import cache
from django.http import HttpRequest

from . import browsers, notices, proofs, sessions, signins, tongues
from .models import Notice, User
from .words import counted, joined, said

#: So many wrong answers within `TRYING` are told to the person, once within `QUIET`.
MANY, MANY_CODES = 5, 3
TRYING = timedelta(minutes=15)
QUIET = timedelta(hours=1)


def connect() -> None:
    account.user_logged_in.connect(_signed_in, dispatch_uid="placet")
    user_logged_out.connect(_signed_out, dispatch_uid="placet")
    for signal in (account.password_changed, account.password_set):
        signal.connect(_password_changed, dispatch_uid="placet")
    mfa.authenticator_added.connect(_factor_added, dispatch_uid="placet")
    mfa.authenticator_removed.connect(_factor_removed, dispatch_uid="placet")
    mfa.authenticator_reset.connect(_codes_renewed, dispatch_uid="placet")
    mfa.authenticator_used.connect(_factor_used, dispatch_uid="placet")
    mfa.authentication_failed.connect(_code_failed, dispatch_uid="placet")


def place(request: HttpRequest) -> tuple[str, str]:
    """From which address and with which browser this was asked; of IPv6 the network, because the rest changes."""
    address = ipaddress.ip_address(get_adapter(request).get_client_ip(request))
    if address.version == 6:
        address = ipaddress.ip_network(f"{address}/64", strict=False).network_address
    return str(address), browsers.in_words(request.META.get("HTTP_USER_AGENT", ""))


def password_failed(*, username: str) -> None:
    """Somebody gave a wrong password for this name. Its owner is told when it happens often."""
    if _often(f"password:{username.lower()}", most=MANY):
        person = User.objects.filter(username__iexact=username, is_active=True).first()
        _tell_once(
            person, "failed_sign_ins", said("Somebody gave a wrong password for your name several times in a row.")
        )


def _signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    at, (address, browser) = datetime.now(UTC), place(request)
    known = signins.known(person=user, address=address, browser=browser)
    made = signins.began(person=user, address=address, browser=browser, how=proofs.how(request, user), at=at)
    request.session[sessions.SIGN_IN] = made.pk
    tongues.learn(request, user)
    if not known:
        text = said(
            "You signed in from {address} with {browser}: a place you did not sign in from before. If this was not "
            "you, end it and change your password.",
            address=address, browser=browser,
        )  # fmt: skip
        notices.tell(person=user, code="new_place", text=text, at=at)


def _signed_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None and (sign_in := request.session.get(sessions.SIGN_IN)):
        signins.signed_out(sign_in=sign_in, person=user, at=datetime.now(UTC))


def _password_changed(request: HttpRequest, user: User, **_: Any) -> None:
    _changed(request, user, "password_changed", said("Your password was changed."))


def _factor_added(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type == Authenticator.Type.TOTP:
        record_authentication(request, user, "mfa", type="totp")  # its first code was right a moment ago
        _tell(user, "second_factor_on", said("An authenticator app was added as your second factor."))


def _factor_removed(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type == Authenticator.Type.TOTP:
        _changed(request, user, "second_factor_off", said("Your second factor, the authenticator app, was removed."))


def _codes_renewed(user: User, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        _tell(user, "codes_renewed", said("New recovery codes were made; the old ones are void."))


def _factor_used(user: User, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        left = len(Authenticator.objects.get(pk=authenticator.pk).wrap().get_unused_codes())
        text = counted(
            "One of your recovery codes was used; {count} is left.",
            "One of your recovery codes was used; {count} are left.",
            count=left,
        )
        _tell(user, "code_used", text)


def _code_failed(user: User, **_: Any) -> None:
    if _often(f"code:{user.pk}", most=MANY_CODES):
        text = said("Somebody who knows your password gave wrong codes. If this was not you, change your password.")
        _tell_once(user, "failed_codes", text)


def _changed(request: HttpRequest, user: User, code: str, text: str) -> None:
    """The other sessions end: whoever held one may be why this was changed."""
    ended = signins.end_all(person=user, by=user, at=datetime.now(UTC), but=request.session.session_key)
    others = (
        [counted("{count} other sign-in was ended.", "{count} other sign-ins were ended.", count=ended)]
        if ended
        else []
    )
    _tell(user, code, joined([text, *others, said("If this was not you, ask an admin at once.")], " "))


def _tell(person: User, code: str, text: str) -> None:
    notices.tell(person=person, code=code, text=text, at=datetime.now(UTC))


def _tell_once(person: User | None, code: str, text: str) -> None:
    at = datetime.now(UTC)
    if person and not Notice.objects.filter(person=person, code=code, created_at__gt=at - QUIET).exists():
        notices.tell(person=person, code=code, text=text, at=at)


def _often(what: str, *, most: int) -> bool:
    """Whether this is the `most`th time within a quarter of an hour."""
    key = f"placet.failed:{what}"[:200]
    if cache.add(key, 1, timeout=int(TRYING.total_seconds())):
        return most <= 1
    try:
        return cache.incr(key) == most
    except ValueError:  # it ran out between the two
        return False
