"""Where passkeys work: the name they are made for, and the one origin whose pages may use them.

WebAuthn knows no IP addresses. A console on this machine is opened as localhost; one that is reached by another address
has no passkeys at all.
"""

import ipaddress
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

LOCAL = "localhost"


class RelyingParty(NamedTuple):
    """`id` is "" where no browser has passkeys."""

    id: str
    origin: str

    @property
    def host(self) -> str:
        """The host and port under which a page can use passkeys."""
        return urlsplit(self.origin).netloc


def relying_party(public_url: str | None = None) -> RelyingParty:
    """Of this console, or of one with another public URL."""
    url = urlsplit(public_url or settings.PUBLIC_URL)
    host = url.hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return RelyingParty(host, f"{url.scheme}://{url.netloc}")
    if not address.is_loopback:
        return RelyingParty("", f"{url.scheme}://{url.netloc}")
    return RelyingParty(LOCAL, f"{url.scheme}://{LOCAL}{f':{url.port}' if url.port else ''}")
