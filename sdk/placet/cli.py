"""The command line: `placet submit`, `wait`, `report`, `gate`; and `verify` and `audit`, which need no network.

Exit codes: 0 approved, 1 refused, not verified or over, 2 a wrong call, 3 a genuine denial (`verify` only).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from placet.canonical import NotCanonical
from placet.console import FIRST_USE, Console
from placet.credentials import urn
from placet.errors import Denied, NotApproved, NotVerified, Refused
from placet.examination import Examination, examine, issued_at
from placet.gate import command as gating
from placet.packing import words as packing_words
from placet.receipts import Directory, Expected, Floor, Pin
from placet.receipts import history_command as following
from placet.receipts.terms import BASES
from placet.submissions import Action, restored
from placet.tlog import command as auditing
from placet.tlog import witness_command as witnessing

APPROVED, REFUSED, WRONG_CALL, DENIED = 0, 1, 2, 3


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    given = _parser().parse_args(argv)
    try:
        return given.command(given)
    except NotApproved as no:
        return _refused(no, as_json=given.json)
    except (OSError, ValueError, TypeError, KeyError) as error:
        print(f"placet: {_words(error)}", file=sys.stderr)
        return WRONG_CALL
    except KeyboardInterrupt:
        return 130


def submit(given: argparse.Namespace) -> int:
    """Put an ask on record."""
    with _console(given) as console:
        action = console.submit(**_asked(given))
    if given.out:
        given.out.write_text(action.to_json())
    if given.json or not given.out:
        print(action.to_json())
    else:
        print(f"{action.id} is {action.state}, until {action.deadline_at.isoformat()}. Next: placet wait {given.out}")
    return APPROVED


def wait(given: argparse.Namespace) -> int:
    """Wait for the decision, verify and consume it, and print what may run."""
    if not given.pin:
        raise ValueError("say whose receipts count: --pin FILE, or --pin first-use")
    action = Action.from_json(_read(given.file))
    with _console(given) as console:
        approved = console.wait(action, timeout=given.timeout)
    said = {
        "action": approved.action, "decision": "approved", "effective": approved.verified.effective,
        "edited": approved.edited, "reviewers": approved.reviewers, "receipt": approved.receipt.decode(),
    }  # fmt: skip
    if not given.json:
        by = ", ".join(approved.reviewers) or approved.basis
        print(f"approved by {by}; this may run, once:", file=sys.stderr)
    print(json.dumps(said if given.json else approved.verified.effective))
    return APPROVED


def report(given: argparse.Namespace) -> int:
    """Say what came of it."""
    with _console(given) as console:
        console.report(given.action, given.status, given.note)
    print(json.dumps({"action": given.action, "outcome": given.status}) if given.json else f"reported: {given.status}")
    return APPROVED


def verify(given: argparse.Namespace) -> int:
    """Examine a receipt without a network."""
    receipt = _read(given.file).strip()
    pin = Pin(json.loads(given.pin.read_bytes()), issuer=given.issuer)
    audience = urn(given.audience) if given.audience else None
    expect = _expected(given, receipt, audience) if given.ask else None
    directory = Directory.of(given.directory)
    level = given.level or (2 if directory else 1)
    floor = Floor.taking(given.accept, need=given.need, level=level)
    terms = {"pin": pin, "audience": audience, "expect": expect, "floor": floor, "directory": directory}
    found = examine(receipt, now=_moment(given.at, receipt), **terms)
    print(json.dumps(_as_json(found)) if given.json else _as_text(found))
    if found.refusal:
        return REFUSED
    return APPROVED if found.decision == "approved" else DENIED


def _expected(given: argparse.Namespace, receipt: bytes, audience: str | None) -> Expected:
    """What the ask's file says. An id or a server that is not known is taken from the receipt: its nonce binds them."""
    said = json.loads(given.ask.read_bytes())
    value, action = (said["submission"], said["id"]) if "submission" in said else (said, None)
    submission = restored({"nonce": None, **value}, key="unused")
    claims = _claimed(receipt)
    return Expected(
        audience=audience or str(claims.get("aud")), kind=submission.kind, effective=submission.effective,
        action=action or str(claims.get("req", {}).get("id")), nonce=submission.nonce,
    )  # fmt: skip


def _claimed(receipt: bytes) -> dict[str, Any]:
    from placet import jws

    try:
        claims = json.loads(jws.split(receipt).payload)
        return claims if isinstance(claims, dict) and isinstance(claims.get("req", {}), dict) else {}
    except ValueError:
        return {}


def _moment(text: str | None, receipt: bytes) -> float:
    if text is None:
        return time.time()
    if text == "issued":
        return float(issued_at(receipt) or time.time())
    return float(text) if text.isdigit() else datetime.fromisoformat(text).timestamp()


def _as_json(found: Examination) -> dict[str, Any]:
    steps = [{"step": f.step, "title": f.title, "result": f.result, "detail": f.detail} for f in found.findings]
    return {
        "verified": found.refusal is None, "decision": found.decision, "steps": steps, "proven": found.proven,
        "not_proven": found.unproven, "claims": found.claims or None,
    }  # fmt: skip


def _as_text(found: Examination) -> str:
    lines = [f"{f.step:>2}  {f.title:<24} {f.result:<12} {f.detail}".rstrip() for f in found.findings]
    refusal = found.refusal
    if refusal and not found.decision:
        return "\n".join([*lines, "", f"Not verified, so it proves nothing: step {refusal.step}, {refusal.detail}."])
    if refusal:
        lines += ["", "This approval is over: nothing may run on it any more. It is judged as of its signing."]
    lines += ["", "Proven:", *(f"  - {line}" for line in found.proven)]
    return "\n".join([*lines, "Not proven:", *(f"  - {line}" for line in found.unproven)])


def _asked(given: argparse.Namespace) -> dict[str, Any]:
    said = {name: getattr(given, name) for name in ("kind", "name", "subject", "session", "key", "timeout")}
    for name in ("arguments", "mcp", "claims", "signals"):
        text = getattr(given, name)
        said[name] = (
            json.loads(Path(text[1:]).read_bytes() if text and text.startswith("@") else text) if text else None
        )
    return {name: value for name, value in said.items() if value is not None}


def directory(given: argparse.Namespace) -> int:
    """Fetch who holds which role and signs with which passkeys, to be pinned for level 2."""
    with _console(given) as console:
        said = json.dumps(console.directory(), indent=None if given.json else 1, ensure_ascii=False)
    if given.out:
        given.out.write_text(said + "\n")
    else:
        print(said)
    return APPROVED


def _console(given: argparse.Namespace) -> Console:
    if not given.url:
        raise ValueError("give the console's address: --url, or PLACET_URL")
    pin = given.pin or FIRST_USE
    return Console(
        given.url, pin=pin, key=given.private_key, server=given.server, patience=given.patience,
        floor=Floor.taking(given.accept, level=2 if given.directory else 1), directory=given.directory,
    )  # fmt: skip


def _read(path: str) -> bytes:
    return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()


def _refused(no: NotApproved, *, as_json: bool) -> int:
    said: dict[str, Any] = {"error": type(no).__name__, "message": str(no)}
    if isinstance(no, Denied):
        said |= {"decision": no.decision, "reason": no.reason, "note": no.note}
    elif isinstance(no, NotVerified):
        said |= {"step": no.step, "code": no.code}
    elif isinstance(no, Refused):
        said |= {"code": no.code, "status": no.status, "pointer": no.pointer}
    print(json.dumps(said)) if as_json else print(f"placet: {type(no).__name__}: {no}", file=sys.stderr)
    return REFUSED


def _words(error: Exception) -> str:
    if isinstance(error, NotCanonical):
        return f"{error.code} at {error.pointer or 'the top'}"
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="placet", description="Ask a person before a machine acts.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _submit_words(_command(commands, submit))
    waiting = _command(commands, wait)
    waiting.add_argument("file", metavar="FILE", help="what `submit` printed; - for standard input")
    waiting.add_argument(
        "--timeout", type=float, metavar="SECONDS", help="give up waiting, not the ask, after this long"
    )
    reporting = _command(commands, report)
    reporting.add_argument("action", metavar="ACTION_ID")
    reporting.add_argument("status", choices=["succeeded", "failed"])
    reporting.add_argument("--note")
    exporting = _command(commands, directory)
    exporting.add_argument("what", choices=["export"])
    exporting.add_argument("--out", type=Path, metavar="FILE", help="where to keep it; else it is printed")
    _verify_words(_command(commands, verify, network=False))
    gating.words(_command(commands, gating.gate))
    auditing.words(commands)
    packing_words(commands)
    witnessing.words(commands)
    following.words(commands)
    return parser


def _command(commands: Any, run: Any, *, network: bool = True) -> argparse.ArgumentParser:
    words = commands.add_parser(run.__name__, help=run.__doc__, description=run.__doc__)
    words.set_defaults(command=run)
    words.add_argument("--json", action="store_true", help="one JSON object on standard output")
    words.add_argument(
        "--accept", action="append", default=[], choices=BASES, help="take a yes that rests on this too, not on reviews"
    )
    words.add_argument(
        "--directory", default=os.environ.get("PLACET_DIRECTORY"), metavar="FILE",
        help="people, roles and passkeys that you pinned (PLACET_DIRECTORY): takes level 2, passkeys' proof",
    )  # fmt: skip
    if network:
        env = os.environ.get
        words.add_argument(
            "--url", default=env("PLACET_URL"), help="the console (PLACET_URL); the token is in PLACET_TOKEN"
        )
        words.add_argument(
            "--pin", default=env("PLACET_PIN"), help="JWKS file whose keys count (PLACET_PIN), or first-use"
        )
        words.add_argument("--server", help="this server's name, when it has a key")
        words.add_argument(
            "--private-key", metavar="PEM", help="sign requests with this Ed25519 key instead of a token"
        )
        words.add_argument(
            "--patience", type=float, default=60, metavar="SECONDS", help="how long the console may be away"
        )
    return words


def _submit_words(words: argparse.ArgumentParser) -> None:
    words.add_argument(
        "--kind", default="tool_call", choices=["tool_call", "sampling", "elicitation_form", "elicitation_url"]
    )
    words.add_argument("--name", help="the tool")
    words.add_argument("--arguments", metavar="JSON", help="the tool's arguments; @FILE reads a file")
    words.add_argument("--mcp", metavar="JSON", help="method and params of another kind; @FILE reads a file")
    for name in ("subject", "session", "key", "timeout"):
        words.add_argument(f"--{name}")
    words.add_argument("--claims", metavar="JSON", help="title, reasoning, risk")
    words.add_argument("--signals", metavar="JSON")
    words.add_argument("--out", type=Path, metavar="FILE", help="keep for `wait` in a file")


def _verify_words(words: argparse.ArgumentParser) -> None:
    words.add_argument("file", metavar="FILE", help="the receipt; - for standard input")
    words.add_argument("--pin", type=Path, required=True, metavar="JWKS", help="the keys whose signature counts")
    words.add_argument("--issuer", help="the console's name, when the pin does not say it")
    words.add_argument("--audience", metavar="SERVER", help="the server it has to be for")
    words.add_argument(
        "--ask", type=Path, metavar="FILE", help="the ask it has to answer: a submission, or what `submit` kept"
    )
    words.add_argument(
        "--at", metavar="TIME", help="judge it at this moment: RFC 3339, seconds since 1970, or `issued`"
    )
    words.add_argument("--need", type=int, default=1, help="refuse rules that ask for fewer people")
    words.add_argument(
        "--level", type=int, choices=[1, 2], help="2 demands the reviewers' passkeys; the level with a --directory"
    )
