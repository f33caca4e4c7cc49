"""No secret is kept: what the gates of `rules/secrets` find is refused before a row is written.

An operator who is refused something harmless switches that one rule off (`SECRET_RULES_OFF`).
"""

import logging
from typing import Any

from django.conf import settings

from .errors import SecretFound
from .rules.secrets import refusing, values
from .submission import Submission

log = logging.getLogger("placet.secrets")


def refusal(ask: Submission) -> SecretFound | None:
    """The refusal of an ask that holds a secret, or asks for one."""
    return refusing.first(ask.secrets, off=settings.SECRET_RULES_OFF) if ask.secrets else None


def require_none(text: str, *, at: str, who: str) -> None:
    """Refuse a text that holds a secret: a note, a comment, a resolution. `who` is logged with the rule."""
    found = refusing.first(values.held(text, at=at), off=settings.SECRET_RULES_OFF) if text else None
    if found is not None:
        told(found, who=who)
        raise found


def require_none_in(value: Any, *, at: str = "", who: str) -> None:
    """Refuse a JSON value that holds a secret."""
    found = in_value(value, at=at)
    if found is not None:
        told(found, who=who)
        raise found


def require_none_asked(kind: str, effective: dict[str, Any], *, who: str) -> None:
    """Refuse an effective object that holds a secret, or asks for one: what an owner made of an ask."""
    value = {"mcp": effective}
    root = "/mcp/params/arguments" if kind == "tool_call" else "/mcp/params"
    found = refusing.first(refusing.in_ask(kind, value), off=settings.SECRET_RULES_OFF)
    if found is not None:
        found.pointer = (found.pointer or "").removeprefix(root)
        told(found, who=who)
        raise found


def in_value(value: Any, *, at: str = "") -> SecretFound | None:
    return refusing.first(values.held(value, at=at), off=settings.SECRET_RULES_OFF)


def told(found: SecretFound, *, who: str) -> None:
    """Log what was refused: who, the rule, the place; the value never."""
    told = {"code": found.code, "rule": found.rule, "offset": found.offset, "by": who}
    log.warning("a secret was refused", extra=told)
