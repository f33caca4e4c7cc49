"""Where the gate listens, and the one address it speaks to."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

import httpx2

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Listen:
    """`HOST:PORT`, as a socket takes it: an IPv6 host has no brackets here."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        return loopback(self.host)

    @property
    def authority(self) -> str:
        """How it stands in a URL and in a Host header."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Upstream:
    """The server's one URL. Its path and query are the only ones that the gate answers to."""

    url: httpx2.URL

    @property
    def target(self) -> bytes:
        """Path and query as they stand in a request line."""
        return self.url.raw_path

    @property
    def name(self) -> str:
        """The server's name on the console: what was configured, without what may be secret in it."""
        return str(self.url.copy_with(query=None, fragment=None))

    @property
    def is_encrypted(self) -> bool:
        return self.url.scheme == "https"


def listen(text: str) -> Listen:
    """Reads `127.0.0.1:9100` or `[::1]:9100`; ValueError says what is wrong."""
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) < 65536):
        raise ValueError(f"--listen takes HOST:PORT, as 127.0.0.1:9100, not {text!r}")
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise ValueError(f"an IPv6 address stands in brackets: [{host}]:{port}")
    return Listen(host.strip("[]"), int(port))


def upstream(text: str, *, plain: bool = False) -> Upstream:
    """Reads the server's URL; ValueError says what is wrong.

    Plain http would show the host's token to everybody on the way, so it is for this machine only, unless `plain`.
    """
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL as error:
        raise ValueError(f"--upstream takes the URL of a server: {error}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("--upstream takes an http or https URL, as https://mcp.example.org/mcp")
    if url.userinfo or url.fragment:
        raise ValueError("--upstream takes no user, no password and no fragment")
    if url.scheme == "http" and not plain and not loopback(url.host):
        raise ValueError("--upstream is plain http to another machine: use https, or say --plain-upstream")
    return Upstream(url)


def loopback(host: str) -> bool:
    """Whether a name or an address never leaves this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
