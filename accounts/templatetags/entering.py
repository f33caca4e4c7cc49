"""What pages before the door say of passkeys."""

import json
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django import template
from django.utils.translation import gettext as _

from accounts import passkeys

register = template.Library()


@dataclass(frozen=True, slots=True)
class Place:
    """Whether passkeys work on this page; and where else, "" for nowhere."""

    works: bool
    there: str
    origin: str


@register.simple_tag(takes_context=True)
def passkeys_here(context: template.Context) -> Place:
    party, request = passkeys.relying_party(), context["request"]
    there = f"{party.origin}{request.get_full_path()}" if party.id else ""
    return Place(bool(party.id) and request.get_host() == party.host, there, party.origin)


@register.simple_tag(takes_context=True)
def has_codes(context: template.Context) -> bool:
    """Whether who is signing in has an app or recovery codes, and not passkeys alone."""
    stage, kinds = getattr(context["request"], "_login_stage", None), Authenticator.Type
    return stage is None or is_mfa_enabled(stage.login.user, [kinds.TOTP, kinds.RECOVERY_CODES])


@register.filter
def browser_words(name: str) -> str:
    """A browser by its name, as `accounts.browsers` wrote it down."""
    browser, on, system = name.partition(" on ")
    known = {"a browser": _("a browser"), "a Python program": _("a Python program")}.get(browser, browser)
    return _("{browser} on {system}").format(browser=known, system=system) if on else known


@register.filter
def as_json(value: Any) -> str:
    """For an attribute, which the template escapes."""
    return json.dumps(value)
