"""The upstream server, over the wire: one address, no redirect followed, no cookie kept, its certificate verified.

The transport of the HTTP client is used as it is, without the client around it: a client would merge cookies of all
sessions, add headers of its own, and follow what the environment says about proxies.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2

from placet.gate.http import headers as said
from placet.gate.http.address import Upstream
from placet.gate.http.fence import Refusal
from placet.gate.http.headers import Headers

#: Seconds. Reading has no limit: a server may think, and a stream may be silent, for as long as the host is there.
CONNECT_SECONDS, WRITE_SECONDS, POOL_SECONDS = 10.0, 30.0, 10.0
#: Every session holds one stream open and has a few calls under way; what is idle is kept for the next call.
MOST_CONNECTIONS, MOST_IDLE = 1024, 64
#: Less than the five seconds after which common servers hang up, so that no message is sent into a closing connection.
KEPT_SECONDS = 4.0

_TIMEOUT = {"connect": CONNECT_SECONDS, "read": None, "write": WRITE_SECONDS, "pool": POOL_SECONDS}
_LIMITS = httpx2.Limits(
    max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_IDLE, keepalive_expiry=KEPT_SECONDS
)


class Server:
    """The upstream. `authorities` is a PEM file that is believed instead of the system's."""

    def __init__(self, upstream: Upstream, *, authorities: Path | None = None) -> None:
        self._url = upstream.url
        self._transport = httpx2.AsyncHTTPTransport(verify=_trust(authorities), trust_env=False, limits=_LIMITS)

    @contextlib.asynccontextmanager
    async def asked(self, method: str, headers: Headers, body: bytes | None = None) -> AsyncIterator[httpx2.Response]:
        """One request; its answer's body is not read yet. `headers` are the host's.

        Raises Refusal 502 `server_unreachable`, 503 `too_busy`, 504 `server_timeout`.
        """
        request = httpx2.Request(
            method, self._url, headers=said.to_server(headers), content=body, extensions={"timeout": _TIMEOUT}
        )
        try:
            response = await self._transport.handle_async_request(request)
        except httpx2.PoolTimeout as error:
            raise Refusal(503, "too_busy", "Too many requests are under way.", [(b"retry-after", b"1")]) from error
        except httpx2.TimeoutException as error:
            raise Refusal(504, "server_timeout", "The server did not answer in time.") from error
        except httpx2.TransportError as error:
            raise Refusal(502, "server_unreachable", "The server could not be reached.") from error
        try:
            yield response
        finally:
            await response.aclose()

    async def close(self) -> None:
        await self._transport.aclose()


async def whole(response: httpx2.Response, *, limit: int) -> bytes:
    """The body of an answer. Raises Refusal 502 when it is longer than `limit` bytes, or breaks off."""
    found = bytearray()
    try:
        async for chunk in response.aiter_raw():
            found += chunk
            if len(found) > limit:
                raise Refusal(502, "answer_too_large", f"The server's answer is longer than {limit} bytes.")
    except httpx2.TransportError as error:
        raise Refusal(502, "server_broke_off", "The server's answer broke off.") from error
    return bytes(found)


def readable(response: httpx2.Response) -> None:
    """Raises Refusal 502 when the answer is in a form that we cannot look into."""
    if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Refusal(502, "encoded_answer", "The server encoded its answer although it was asked not to.")
    if said.charset(response.headers.raw) not in (b"utf-8", b"utf8", b"us-ascii"):
        raise Refusal(502, "unknown_charset", "The server's answer is not UTF-8.")


def _trust(authorities: Path | None) -> ssl.SSLContext:
    if authorities is None:
        return httpx2.create_ssl_context()
    return ssl.create_default_context(cafile=str(authorities))
