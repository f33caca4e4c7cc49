"""Who may knock, and at which door: asked before anything of a request is read.

A web page that a browser on this machine shows may reach a loopback address, also under a name that resolves to it
later (DNS rebinding). Origin and Host tell such a page apart (MCP 2025-11-25, transports, security warning).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from placet.gate.http import headers as said
from placet.gate.http.address import LOOPBACK_NAMES, Listen, Upstream, loopback
from placet.gate.http.headers import Headers

METHODS = ("GET", "POST", "DELETE", "OPTIONS")


class Refusal(Exception):
    """A no of the gate itself, before or instead of an answer of the server. `code` is stable, for programs."""

    def __init__(self, status: int, code: str, message: str, headers: Headers | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or []


@dataclass(frozen=True, slots=True)
class Fence:
    """What a request must look like. Without `origins` only pages of this machine may ask."""

    target: bytes
    hosts: frozenset[str]
    origins: frozenset[str]

    def check(self, *, method: str, target: bytes, headers: Headers) -> None:
        """Raises Refusal: 421 another host, 403 a foreign origin, 404, 405, 400 a doubled header, 415 a body."""
        if twice := said.repeated(headers):
            raise Refusal(400, "repeated_header", f"The header {twice.decode('ascii')} stands there twice.")
        self._check_host(said.first(headers, b"host"))
        self._check_origin(said.first(headers, b"origin"))
        if target != self.target:
            raise Refusal(404, "not_found", "The gate serves one address only, the path of its upstream.")
        if method not in METHODS:
            raise Refusal(405, "method_not_allowed", "Use GET, POST or DELETE.", [(b"allow", b"GET, POST, DELETE")])
        if method == "POST":
            _check_body(headers)

    def _check_host(self, host: bytes | None) -> None:
        if host is None or host.decode("latin-1").lower() not in self.hosts:
            raise Refusal(421, "wrong_host", "The gate does not answer to this Host.")

    def _check_origin(self, origin: bytes | None) -> None:
        if origin is None:
            return
        text = origin.decode("latin-1").lower()
        if text not in self.origins and not (not self.origins and _is_local(text)):
            raise Refusal(403, "foreign_origin", "Pages of this Origin may not use the gate.")


def fence(*, listen: Listen, upstream: Upstream, hosts: Iterable[str] = (), origins: Iterable[str] = ()) -> Fence:
    """The fence of one gate. `hosts` and `origins` are added by name; loopback listens answer to loopback names."""
    names = {f"{name}:{listen.port}" for name in LOOPBACK_NAMES} if listen.is_loopback else set()
    names |= {host.lower() for host in hosts} | ({listen.authority.lower()} if listen.is_loopback else set())
    if not names:
        raise ValueError("a gate that listens beyond this machine needs --allow-host NAME:PORT")
    return Fence(target=upstream.target, hosts=frozenset(names), origins=frozenset(o.lower() for o in origins))


def _is_local(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and loopback(parts.hostname or "")
    except ValueError:
        return False


def _check_body(headers: Headers) -> None:
    """What we cannot read as the server would read it, we cannot let pass."""
    if said.media_type(headers) != said.JSON:
        raise Refusal(415, "not_json", "A message is sent as application/json.")
    if said.charset(headers) not in (b"utf-8", b"utf8", b"us-ascii"):
        raise Refusal(415, "unknown_charset", "A message is sent as UTF-8.")
    if (said.first(headers, b"content-encoding") or b"identity").strip().lower() != b"identity":
        raise Refusal(415, "encoded_body", "The gate reads messages, so it takes them without Content-Encoding.")
