"""What the command line says about HTTP."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from placet.gate.http import address
from placet.gate.http.address import Listen, Upstream

if TYPE_CHECKING:
    from placet.gate.http.bearer import Issuer

#: Sessions that are remembered at once.
MOST_SESSIONS = 1000


@dataclass(frozen=True, slots=True)
class Terms:
    """`hosts` are NAME:PORT as they stand in Host headers, `origins` as SCHEME://NAME:PORT; `authorities` is PEM."""

    listen: Listen
    upstream: Upstream
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    authorities: Path | None = None
    issuer: Issuer | None = None
    most_sessions: int = MOST_SESSIONS


def words(parser: argparse.ArgumentParser) -> None:
    """Add what a gate over HTTP may be told."""
    group = parser.add_argument_group("over HTTP")
    group.add_argument("--listen", metavar="HOST:PORT", help="where hosts connect, as 127.0.0.1:9100")
    group.add_argument("--upstream", metavar="URL", help="the server; its path is the only one the gate answers to")
    group.add_argument(
        "--ca-file", type=Path, metavar="PEM", help="believe these authorities about the upstream's name"
    )
    group.add_argument("--plain-upstream", action="store_true", help="allow http to another machine")
    group.add_argument("--allow-host", action="append", default=[], metavar="NAME:PORT", help="a Host to answer to")
    group.add_argument(
        "--allow-origin", action="append", default=[], metavar="ORIGIN",
        help="a web page's origin that may use the gate; without any, pages of this machine may",
    )  # fmt: skip
    group.add_argument(
        "--bearer-keys", type=Path, metavar="JWKS", help="public keys that sign the hosts' bearer tokens"
    )
    group.add_argument("--bearer-issuer", metavar="NAME", help="who issues them")
    group.add_argument("--bearer-audience", metavar="NAME", help="whom they are for: the upstream, by its own name")
    group.add_argument(
        "--bearer-subject", default="sub", metavar="CLAIM", help="the claim that names the person; default: sub"
    )


def terms(given: argparse.Namespace) -> Terms:
    """Reads what was given; ValueError says what is missing or wrong."""
    if not given.listen or not given.upstream:
        raise ValueError("over HTTP a gate takes both, --listen HOST:PORT and --upstream URL")
    return Terms(
        listen=address.listen(given.listen), upstream=address.upstream(given.upstream, plain=given.plain_upstream),
        hosts=tuple(given.allow_host), origins=tuple(given.allow_origin), authorities=given.ca_file,
        issuer=_issuer(given),
    )  # fmt: skip


def _issuer(given: argparse.Namespace) -> Issuer | None:
    parts = (given.bearer_keys, given.bearer_issuer, given.bearer_audience)
    if not any(parts):
        return None
    if not all(parts):
        raise ValueError("a verified subject takes --bearer-keys, --bearer-issuer and --bearer-audience")
    from placet.gate.http import bearer  # needs joserfc, which not every command has to load

    return bearer.issuer(
        keys=given.bearer_keys, name=given.bearer_issuer, audience=given.bearer_audience, claim=given.bearer_subject
    )
