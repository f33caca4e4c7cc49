"""`placet witness`: a small program that keeps a log's last head and co-signs what continues it.

With `--listen` it answers the console, which brings its heads (C2SP tlog-witness). Without, it fetches them itself,
once a minute, and ends with code 1 when the log contradicts what was seen before.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, override
from urllib.parse import urlsplit

import httpx2

from placet import jws
from placet.receipts import FileSigner, history
from placet.receipts.pins import Pin
from placet.tlog import heads, witness

HOLDS, FAILS = 0, 1
MOST = 64 * 1024
PATIENCE = 10.0  # seconds without a byte of the console's answer,
LONGEST = 60.0  # and until its end
FRESH = 60.0  # seconds until its history of keys is read again


class LogKeys:
    """The keys of the console: those pinned, and those that they published since."""

    def __init__(self, url: str, pin: Path) -> None:
        self._url, self._pinned = url, Pin.file(pin)
        self.origin = self._pinned.issuer or url
        self._followed, self._read_at = self._pinned.keys, -FRESH

    def __call__(self) -> list[dict[str, Any]]:
        if time.monotonic() - self._read_at >= FRESH:
            self._read_at = time.monotonic()
            try:
                said = history.document(fetched(f"{self._url}/.well-known/placet-keys.json", most=4 * 1024 * 1024))
                self._followed = history.follow(said, self._pinned.keys)
            except (httpx2.HTTPError, history.BadHistory, ValueError) as error:
                print(f"placet witness: the history of keys cannot be read: {error}", file=sys.stderr, flush=True)
        return self._followed


def run(given: argparse.Namespace) -> int:
    """Keep the last head of a console's ledger, and co-sign what continues it."""
    url = _checked(given.log)
    if not given.pin.exists():
        given.pin.write_bytes(fetched(f"{url}/.well-known/jwks.json"))
        print(f"Pinned the keys of {url} in {given.pin}: compare them over a way you trust.", file=sys.stderr)
    with _alone(given.state):
        return _run(given, url)


def _run(given: argparse.Namespace, url: str) -> int:
    keys = LogKeys(url, given.pin)
    key = FileSigner.load(given.key) if given.key.exists() else FileSigner.generate(given.key)
    mine = witness.Witness(name=given.name, key=key, origin=keys.origin, keys=keys, state=given.state)
    print(json.dumps({"vkey": mine.vkey}) if given.json else f"Verifier key: {mine.vkey}", flush=True)
    if given.listen:
        return _serve(mine, given.listen)
    return _watch(mine, url, every=given.every, once=given.once)


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    """One process has the state: two that each remember their own last head could co-sign two histories."""
    try:
        import fcntl
    except ImportError:  # no such locks on this system
        yield
        return
    with state.with_name(f"{state.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ValueError(f"Another witness is running with {state}.") from error
        yield


def words(commands: Any) -> None:
    """Add `witness` to the command line."""
    part = commands.add_parser("witness", help="Keep a ledger's heads and co-sign them.", description=__doc__)
    part.set_defaults(command=run)
    part.add_argument("--log", required=True, metavar="URL", help="the console")
    part.add_argument("--name", required=True, help="what the witness is called, such as witness.example.org")
    part.add_argument("--key", type=Path, required=True, help="the witness's own Ed25519 key; made when there is none")
    part.add_argument("--state", type=Path, required=True, help="where the last head is kept")
    part.add_argument("--pin", type=Path, required=True, metavar="JWKS", help="the console's keys; fetched at first")
    part.add_argument("--listen", metavar="HOST:PORT", help="answer the console, instead of fetching")
    part.add_argument("--every", type=float, default=60.0, metavar="SECONDS", help="fetching: how often")
    part.add_argument("--once", action="store_true", help="fetching: one head, printed as a co-signed note")
    part.add_argument("--json", action="store_true", help="one JSON object on standard output")


def fetched(url: str, *, most: int = MOST) -> bytes:
    """The body of a 200, bounded; redirects are not followed. Raises httpx2.HTTPError, ValueError."""
    with httpx2.stream("GET", url, timeout=PATIENCE, follow_redirects=False) as answer:
        answer.raise_for_status()
        if answer.status_code != 200:
            raise ValueError(f"{url} answered {answer.status_code}.")
        body, until = b"", time.monotonic() + LONGEST
        for part in answer.iter_bytes():
            body += part
            if len(body) > most:
                raise ValueError(f"{url} answered more than {most} bytes.")
            if time.monotonic() > until:
                raise ValueError(f"{url} took more than {LONGEST:.0f} seconds to answer.")
        return body


def _watch(mine: witness.Witness, url: str, *, every: float, once: bool) -> int:
    while True:
        try:
            _look(mine, url)
        except witness.Refused as no:
            print(f"The log contradicts what was seen: {no}", file=sys.stderr, flush=True)
            return FAILS
        except (httpx2.HTTPError, ValueError) as error:
            if once:
                raise ValueError(str(error)) from error
            print(f"placet witness: {error}", file=sys.stderr, flush=True)
        if once:
            print(mine.checkpoint() or "", end="")
            return HOLDS
        time.sleep(every)


def _look(mine: witness.Witness, url: str) -> None:
    """One head. One that is smaller than what was seen is refused here too: the log went back."""
    note = heads.read(fetched(f"{url}/api/v1/ledger/heads"))
    old, new = mine.seen.head.size if mine.seen else 0, note.head.size
    proof: list[bytes] = []
    if 0 < old < new:
        said = json.loads(fetched(f"{url}/api/v1/ledger/consistency?from={old}&to={new}"))
        proof = [jws.decode(each.encode()) for each in said["hashes"]]
    mine.add(note, old=old, proof=proof, at=int(time.time()))


class _Door(BaseHTTPRequestHandler):
    """add-checkpoint, and the last head for monitors."""

    mine: ClassVar[witness.Witness]
    protocol_version = "HTTP/1.1"
    timeout = 15

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if self.path != "/add-checkpoint" or not length.isdecimal() or int(length) > MOST:
            self.close_connection = True
            return self._say(404 if self.path != "/add-checkpoint" else 400, "")
        body = self.rfile.read(int(length))
        try:
            old, proof, note = witness.asked(body)
            return self._say(200, f"{self.mine.add(note, old=old, proof=proof, at=int(time.time()))}\n")
        except witness.Refused as no:
            if no.size is not None:
                return self._say(no.status, f"{no.size}\n", kind="text/x.tlog.size")
            return self._say(no.status, f"{no}\n")

    def do_GET(self) -> None:
        wanted = f"/{hashlib.sha256(self.mine.origin.encode()).hexdigest()}/checkpoint"
        note = self.mine.checkpoint() if self.path == wanted else None
        self._say(200 if note else 404, note or "")

    def _say(self, status: int, text: str, *, kind: str = "text/plain; charset=utf-8") -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_error(self, format: str, *args: Any) -> None:
        """A connection that was kept and then not used has ended: that is no error."""
        if not (args and isinstance(args[0], TimeoutError)):
            self.log_message(format, *args)

    @override
    def log_message(self, format: str, *args: Any) -> None:
        print(f"{self.address_string()} {format % args}", file=sys.stderr, flush=True)


def _serve(mine: witness.Witness, listen: str) -> int:
    host, _, port = listen.rpartition(":")
    door = type("Door", (_Door,), {"mine": mine})
    with ThreadingHTTPServer((host.strip("[]") or "127.0.0.1", int(port)), door) as server:
        print(f"Listening on {server.server_address[0]}:{server.server_address[1]}", file=sys.stderr, flush=True)
        server.serve_forever()
    return HOLDS


def _checked(text: str) -> str:
    url = urlsplit(text.rstrip("/"))
    if url.scheme not in ("https", "http") or not url.hostname or url.path or url.query:
        raise ValueError("--log is the console's origin, such as https://console.example.org")
    return text.rstrip("/")
