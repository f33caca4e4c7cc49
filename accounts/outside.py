"""Sending something to an address that a person typed, without becoming a way into the network this console stands in.

Only https, and only to addresses of the public internet, unless an admin's setting names the host (`CHAT_HOSTS`). The
name is resolved once and what was judged is what is connected to, so that no name server answers otherwise a moment
later. Nothing is followed elsewhere, and of the answer only its status is read. The other side does not choose how long
that takes: the connection is closed under an answer that drips.
"""

import ipaddress
import socket
import ssl
import threading
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from .errors import BadAddress
from .words import said

PATIENCE = 10.0  # seconds for one message, until its answer
LONGEST = 2048
LONGEST_HOST = 253  # RFC 1035, without the last dot


class Unsent(Exception):
    """A message was not taken. It says why in few words of ours, which hold no part of the address."""

    @property
    def why(self) -> str:
        return self.args[0]


def checked(address: str) -> SplitResult:
    """Return the parts of a webhook's address; BadAddress when it is none. Asks no name server."""
    parts = _parts(address)
    host = (parts.hostname if parts else None) or ""
    named = 0 < len(host) <= LONGEST_HOST
    if parts is None or parts.scheme != "https" or not named or parts.username or parts.fragment:
        raise BadAddress(said("It has to be the whole address of the webhook, and begin with https://."))
    if not _allowed(parts):
        if parts.port not in (None, 443):
            raise BadAddress(said("Only the usual port of https is taken. An admin can allow another one."))
        if not _may_be_public(host):
            raise BadAddress(said("This address is within a private network. An admin can allow its host."))
    return parts


def post_json(address: str, body: dict[str, str]) -> None:
    """Post to a webhook; Unsent when it was not taken for sure."""
    import httpx2  # only where something is sent

    try:
        parts = checked(address)
    except BadAddress as no:
        raise Unsent(said("its address is not taken any more")) from no
    host, port = parts.hostname or "", parts.port or 443
    found = _resolved(host, port, anywhere=_allowed(parts))
    at = f"[{found}]" if ":" in found else found
    url = parts._replace(netloc=f"{at}:{port}").geturl()
    named = {"Host": host if port == 443 else f"{host}:{port}"}
    client = httpx2.Client(verify=ssl.create_default_context(), timeout=PATIENCE, trust_env=False)
    end = threading.Timer(PATIENCE, client.close)
    end.start()
    try:
        with client:
            asked = client.stream("POST", url, json=body, headers=named, extensions={"sni_hostname": host})
            with asked as answer:
                status = answer.status_code
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, RuntimeError) as error:
        raise Unsent(said("it cannot be reached ({error})", error=type(error).__name__)) from error
    finally:
        end.cancel()
    if not 200 <= status < 300:
        raise Unsent(said("it answered {status}", status=status))


def _parts(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        return (
            parts
            if len(address) <= LONGEST and address.isascii() and address.isprintable() and parts.port != 0
            else None
        )
    except ValueError:  # no port, or a bracket that does not close
        return None


def _allowed(parts: SplitResult) -> bool:
    """Whether an admin named this host, or this host and port."""
    named = {each.strip().lower() for each in settings.CHAT_HOSTS.split(",")} - {""}
    host = (parts.hostname or "").lower()
    return f"{host}:{parts.port or 443}" in named or (host in named and parts.port in (None, 443))


def _resolved(host: str, port: int, *, anywhere: bool) -> str:
    """The first address of the host; Unsent when any of them is not of the public internet."""
    try:
        found = [each[4][0] for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise Unsent(said("its name is not known")) from error
    if not found or not (anywhere or all(_is_public(ipaddress.ip_address(each)) for each in found)):
        raise Unsent(said("its name leads into a private network"))
    return str(found[0])


def _may_be_public(host: str) -> bool:
    """Whether a host, as it is written, can be of the public internet; its name is asked for when something is sent.

    A name without a dot, and the names kept for a machine and its neighbours, lead nowhere else. A number in a short,
    decimal or hexadecimal form hides which address it is.
    """
    literal = _literal(host)
    if literal is not None:
        return _is_public(literal)
    before, _dot, last = host.removesuffix(".").rpartition(".")
    return bool(before) and last not in _NEAR and not last[0:1].isdigit()


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_public(found: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether it is somebody's on the internet. Addresses that carry another one within are judged by that too."""
    if isinstance(found, ipaddress.IPv6Address):
        carried = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if carried is None and found in _TRANSLATED:
            carried = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if carried is not None and not _is_public(carried):
            return False
        if found.is_site_local:  # no longer handed out, and nobody's on the internet
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


_NEAR = ("localhost", "local", "internal")
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
