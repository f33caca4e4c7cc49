"""`placet gate`: put a gate in front of an MCP server.

placet gate [OPTIONS] -- COMMAND ...                              the server is a child process (stdio)
placet gate [OPTIONS] --listen 127.0.0.1:9100 --upstream URL      the server is at a URL (Streamable HTTP)
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import shlex
import shutil
import sys
from pathlib import Path

import httpx2

from placet.console import AsyncConsole
from placet.gate import stdio
from placet.gate.holding import Holding
from placet.gate.http import terms as http_terms
from placet.gate.memory import Memory
from placet.gate.messages import MAX_MESSAGE
from placet.gate.options import Options, os_user
from placet.gate.shared import Shared
from placet.receipts import Floor

HELD = "tools/call"


def words(parser: argparse.ArgumentParser) -> None:
    """The command's own words; those about the console are there already."""
    add = parser.add_argument
    add("--hold", action="append", default=[], metavar="tools/call[=PATTERN]", type=_held,
        help="hold the host's own calls of tools whose name matches")  # fmt: skip
    add("--hold-result", action="store_true", help="hold completions too, before they go back to the server")
    add("--inject", action="store_true", help="let the subject answer on the console what the host cannot ask")
    add("--connect", action="store_true", help="lead the host's user to released links over the console's own page")
    add("--allow-tool", action="append", default=[], metavar="NAME", help="a tool the server may ask the host to run")
    add("--executor", default="", metavar="COMMAND", help="runs those tools, when the host does not")
    add("--subject", default=f"user:{os_user()}", help="on whose behalf the host works")
    add("--name", default="", help="what owners are told stands behind the gate")
    add("--deadline", metavar="10m", help="how long owners have; the checkpoint's own time by default")
    add("--park-after", type=float, default=45, metavar="SECONDS", help="0: let hosts wait as long as they like")
    add("--state", type=Path, metavar="FILE", help="remember decisions and parked calls across restarts")
    add("--max-message", type=int, default=MAX_MESSAGE, metavar="BYTES")
    http_terms.words(parser)
    add("behind", nargs=argparse.REMAINDER, metavar="-- COMMAND ...")


def gate(given: argparse.Namespace) -> int:
    """Hold every ask of an MCP server until its owner decided."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="placet gate: %(message)s")
    command = given.behind[1:] if given.behind[:1] == ["--"] else given.behind
    if given.listen or given.upstream:
        if command:
            raise ValueError("a gate stands before a command or before an --upstream, not both")
        return asyncio.run(_http(given))
    if not command:
        raise ValueError("say what stands behind the gate: -- COMMAND ...")
    if shutil.which(command[0]) is None:
        raise ValueError(f"there is no command {command[0]!r}")
    options = _options(given, server=shlex.join(command), shown=given.name or os.path.basename(command[0]))
    return asyncio.run(_stdio(given, options, command))


async def _http(given: argparse.Namespace) -> int:
    from placet.gate.http import serving  # needs a web server, which a gate before a command does not

    terms = http_terms.terms(given)
    options = _options(given, server=terms.upstream.name, shown=given.name or terms.upstream.name)
    common = shared(given, options)
    try:
        return await serving.serve(options, terms, shared=common)
    finally:
        await common.close()


async def _stdio(given: argparse.Namespace, options: Options, command: list[str]) -> int:
    return await stdio.serve(shared(given, options), command)


def shared(given: argparse.Namespace, options: Options) -> Shared:
    """The console and the memory, as the command line says."""
    if not given.url:
        raise ValueError("give the console's address: --url, or PLACET_URL")
    if not given.pin:
        raise ValueError("say whose receipts count: --pin FILE, or --pin first-use")
    limits = httpx2.Limits(max_connections=1000, max_keepalive_connections=20)
    console = AsyncConsole(
        given.url, pin=given.pin, key=given.private_key, server=given.server, patience=given.patience,
        transport=httpx2.AsyncHTTPTransport(limits=limits), directory=given.directory,
        floor=Floor.taking(given.accept, level=2 if given.directory else 1),
    )  # fmt: skip
    memory = Memory(options.state)
    return Shared(options, holding=Holding(console, memory), memory=memory)


def _options(given: argparse.Namespace, *, server: str, shown: str) -> Options:
    connect = (given.url or "").rstrip("/") if given.connect else ""
    return Options(
        server=server, shown=shown, subject=given.subject, hold=tuple(given.hold), hold_result=given.hold_result,
        inject=given.inject, connect=connect, tools=frozenset(given.allow_tool),
        executor=tuple(shlex.split(given.executor)), timeout=given.deadline, park_after=given.park_after,
        max_message=given.max_message, state=given.state, patience=given.patience,
    )  # fmt: skip


def _held(text: str) -> str:
    method, _, pattern = text.partition("=")
    if method != HELD:
        raise argparse.ArgumentTypeError(f"only {HELD} can be held, as in --hold {HELD}=refund*")
    return pattern or "*"
