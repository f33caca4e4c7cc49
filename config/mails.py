"""Where mail is handed over, from one URL, as Django's `MAILERS` take it."""

from typing import Any
from urllib.parse import unquote, urlsplit

#: Scheme -> how the line is encrypted, and the port when none is said.
SCHEMES = {"smtp": ({}, 25), "smtp+tls": ({"use_tls": True}, 587), "smtps": ({"use_ssl": True}, 465)}


def parse(url: str) -> dict[str, Any]:
    """`smtps://user:password@mail.example.org` -> Django's options; a `ValueError` says what is wrong with it.

    A password is never sent over a line that is not encrypted, except to this machine.
    """
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("must look like smtps://user:password@mail.example.org, smtp+tls://… or smtp://…")
    encrypted, port = SCHEMES[parts.scheme]
    if parts.password and not encrypted and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise ValueError("must be smtps:// or smtp+tls:// where it has a password")
    options = {
        "host": parts.hostname, "port": parts.port or port, "timeout": 10, **encrypted,
        "username": unquote(parts.username or ""), "password": unquote(parts.password or ""),
    }  # fmt: skip
    return {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}
