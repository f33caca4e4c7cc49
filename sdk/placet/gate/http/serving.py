"""Runs the gate's door on a socket until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import signal
import socket
import sys
from collections.abc import Iterator

import uvicorn

from placet.gate.http.address import Listen
from placet.gate.http.door import Door, Who
from placet.gate.http.fence import fence
from placet.gate.http.headers import Headers
from placet.gate.http.server import Server
from placet.gate.http.sessions import Sessions
from placet.gate.http.terms import Terms
from placet.gate.options import Options
from placet.gate.session import Session
from placet.gate.shared import Shared

#: Seconds that streams may go on after the gate was told to stop. Most of them would never end by themselves.
GOODBYE = 2
#: Connections and requests at once; who comes after that is told 503.
MOST_AT_ONCE = 2048


class Listener(uvicorn.Server):
    """Signals are ours: the asks that wait are withdrawn before the process ends."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(options: Options, terms: Terms, *, shared: Shared) -> int:
    """Serve until SIGINT or SIGTERM; returns the exit code. Raises OSError when the address is taken."""
    sock = _bound(terms.listen)
    terms = dataclasses.replace(terms, listen=Listen(terms.listen.host, sock.getsockname()[1]))
    door = opened(options, terms, shared=shared)
    listener = Listener(configured(door))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, setattr, listener, "should_exit", True)
    target = terms.upstream.target.partition(b"?")[0].decode("ascii")
    sys.stderr.write(f"placet gate: http://{terms.listen.authority}{target} stands before {terms.upstream.name}\n")
    beside = [asyncio.create_task(door.tidy()), shared.spawn(shared.holding.clean_up())]
    try:
        await listener.serve(sockets=[sock])
    finally:
        for task in beside:
            task.cancel()
        await door.close()
    return 0


def opened(options: Options, terms: Terms, *, shared: Shared) -> Door:
    """The door of one gate, as an ASGI application."""

    def begin(principal: str, subject: str, workflow: str | None) -> Session:
        return Session(shared, principal=principal, subject=subject, id=workflow)

    return Door(
        fence=fence(listen=terms.listen, upstream=terms.upstream, hosts=terms.hosts, origins=terms.origins),
        server=Server(terms.upstream, authorities=terms.authorities),
        sessions=Sessions(begin, most=terms.most_sessions),
        who=_who(options, terms),
        limit=options.max_message,
    )


def configured(door: Door) -> uvicorn.Config:
    """No header is added to what the upstream said, and nothing that a proxy in front may claim is believed."""
    return uvicorn.Config(
        door, lifespan="off", ws="none", log_level="warning", access_log=False, server_header=False, date_header=False,
        proxy_headers=False, timeout_graceful_shutdown=GOODBYE, timeout_keep_alive=30,
        limit_concurrency=MOST_AT_ONCE,
    )  # fmt: skip


def _who(options: Options, terms: Terms) -> Who:
    """Principal and subject of a request: verified by the issuer's keys, or the user who runs the gate."""
    issuer = terms.issuer

    def who(headers: Headers) -> tuple[str, str]:
        if issuer is None:
            return options.principal, options.subject
        subject = issuer.subject(headers)
        return f"user:{subject}", subject

    return who


def _bound(listen: Listen) -> socket.socket:
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, or small answers wait for Nagle
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((listen.host, listen.port))
    return sock
