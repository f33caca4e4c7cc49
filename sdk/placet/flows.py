"""The conversations with a console, without any I/O: what to send, when to try again, what an answer means.

Each is a generator that yields a `Call` (it is sent a `Reply`, or None when nothing came back) or a `Pause`. The two
consoles drive them, one with blocking calls and one with awaited ones, so that both behave alike.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from placet import jws, receipts
from placet.answers import Answer
from placet.credentials import urn
from placet.errors import NotVerified, OutcomeUnknown, Refused, StillPending, Unanswered, Unreachable
from placet.receipts import Directory, Expected, Floor, MemorySpent, Pin, Spent, Verified
from placet.submissions import Action, Submission

POLL_SECONDS = 25
#: After its own deadline a console has this long to say so, before it counts as gone.
GRACE_SECONDS = 120
NOT_YET = 204
#: Statuses after which the same call may succeed (RFC 9110): too early, too many, and the server's own trouble.
AGAIN = frozenset({425, 429, 500, 502, 503, 504})


class Call(NamedTuple):
    method: str
    target: str
    body: bytes = b""
    key: str | None = None
    seconds: float = 10.0


class Pause(NamedTuple):
    seconds: float


class Reply(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


#: A tool as its server lists it: `name`, and the `dig` of its definition (kind `tool_definition`) where it has one.
type Tool = Mapping[str, str]
type Flow[T] = Generator[Call | Pause, Reply | None, T]


@dataclass(slots=True)
class Trust:
    """What one caller believes, and keeps between calls."""

    base: str
    pin: Pin | None
    audience: str | None
    floor: Floor = field(default_factory=Floor)
    spent: Spent = field(default_factory=MemorySpent)
    patience: float = 60.0
    directory: Directory | None = None


def submit(submission: Submission, *, trust: Trust) -> Flow[Action]:
    """Put the ask on record. Repeated under one key, so a lost answer costs nothing."""
    call = Call("POST", "/api/v1/actions", submission.body, submission.key)
    answer = yield from _answer(call, patience=trust.patience)
    return Action(answer["id"], submission, answer["state"], _moment(answer["deadline_at"]))


def wait(action: Action, *, trust: Trust, timeout: float | None) -> Flow[Verified]:
    """Wait for the decision, then redeem it."""
    receipt, edit = yield from _decided(action, trust=trust, timeout=timeout)
    return (yield from redeem(action, receipt=receipt, edit=edit, trust=trust))


def redeem(action: Action, *, receipt: bytes, edit: dict[str, Any] | None, trust: Trust) -> Flow[Verified]:
    """Verify it, consume it, use it up: in this order, and only then return what may run.

    A receipt that came another way says whether an owner changed the ask; then the console is asked into what.
    """
    if edit is None and _says_edited(receipt):
        edit = (yield from read(action.id, trust=trust)).get("edit")
    pin = trust.pin or (yield from _first_use(patience=trust.patience))
    trust.pin = pin
    verified = _believed(receipt, action=action, edit=edit, pin=pin, trust=trust)
    yield from _consume(action, patience=trust.patience)
    try:
        receipts.spend(verified, spent=trust.spent)
    except NotVerified as error:
        raise OutcomeUnknown(f"action {action.id}: {error.message}") from error
    return verified


def report(action_id: str, *, status: str, note: str | None, trust: Trust) -> Flow[None]:
    body = json.dumps({"status": status} | ({"note": note} if note else {})).encode()
    yield from _answer(Call("POST", f"/api/v1/actions/{action_id}/outcome", body), patience=trust.patience)


def tools(listed: Sequence[Tool], *, trust: Trust) -> Flow[int]:
    """Tell which tools a server lists; returns how many of the names are on record there."""
    body = json.dumps({"tools": [dict(each) for each in listed]}).encode()
    answer = yield from _answer(Call("POST", "/api/v1/tools", body), patience=trust.patience)
    return answer["recorded"]


def withdraw(action_id: str, *, trust: Trust) -> Flow[str]:
    """Take the ask back; returns how it ended, which may be another way when somebody was faster."""
    try:
        answer = yield from _answer(Call("DELETE", f"/api/v1/actions/{action_id}"), patience=trust.patience)
    except Refused as refused:
        if refused.code != "already_terminal":
            raise
        answer = yield from read(action_id, trust=trust)
    return answer["state"]


def read(action_id: str, *, trust: Trust) -> Flow[dict[str, Any]]:
    """The action as the console tells it, unverified."""
    return (yield from _answer(Call("GET", f"/api/v1/actions/{action_id}"), patience=trust.patience))


def directory(*, trust: Trust) -> Flow[dict[str, Any]]:
    """People, roles and passkeys as the console tells them. Pinning them is the caller's own decision."""
    return (yield from _answer(Call("GET", "/api/v1/directory"), patience=trust.patience))


def answer(action_id: str, *, trust: Trust, timeout: float | None) -> Flow[Answer]:
    """Wait until the subject of a released elicitation has answered on the console."""
    until = time.monotonic() + timeout if timeout is not None else float("inf")
    while True:
        pause = int(max(0, min(POLL_SECONDS, until - time.monotonic())))
        call = Call("GET", f"/api/v1/actions/{action_id}/answer?wait={pause}s", seconds=pause + 15)
        reply = yield from _replied(call, patience=trust.patience)
        if reply.status != NOT_YET:
            return _answered(action_id, reply)
        if time.monotonic() >= until:
            raise StillPending(f"action {action_id} is not answered yet")


def page(*, session: str | None, state: str | None, cursor: str | None, trust: Trust) -> Flow[dict[str, Any]]:
    """Own actions, newest first: `items`, and the `next` cursor or null."""
    asked = {"session": session, "state": state, "cursor": cursor, "limit": "200"}
    query = urlencode({name: value for name, value in asked.items() if value})
    return (yield from _answer(Call("GET", f"/api/v1/actions?{query}"), patience=trust.patience))


def _decided(action: Action, *, trust: Trust, timeout: float | None) -> Flow[tuple[bytes, dict[str, Any] | None]]:
    until = time.monotonic() + timeout if timeout is not None else float("inf")
    while True:
        pause = int(max(0, min(POLL_SECONDS, until - time.monotonic())))
        call = Call("GET", f"/api/v1/actions/{action.id}?wait={pause}s", seconds=pause + 15)
        answer = yield from _answer(call, patience=trust.patience)
        action.state = answer["state"]
        if answer.get("receipt"):
            return answer["receipt"].encode("ascii", "replace"), answer.get("edit")
        if time.monotonic() >= until:
            raise StillPending(f"action {action.id} is not decided yet")
        if (datetime.now(UTC) - action.deadline_at).total_seconds() > GRACE_SECONDS:
            raise Unreachable(f"the console let the deadline of action {action.id} pass in silence")


def _believed(receipt: bytes, *, action: Action, edit: dict[str, Any] | None, pin: Pin, trust: Trust) -> Verified:
    """Check the receipt. A caller with a token only learns its own name from the first receipt that answers its ask.

    That is no loss: the receipt is bound to this caller's own nonce, which no other server's receipt carries.
    """
    submission = action.submission
    expect = Expected(
        audience=trust.audience or _named_audience(receipt), kind=submission.kind, effective=submission.effective,
        action=action.id, nonce=submission.nonce, edit=edit,
    )  # fmt: skip
    terms = {"pin": pin, "floor": trust.floor, "directory": trust.directory}
    verified = receipts.check(receipt, expect=expect, now=time.time(), **terms)
    trust.audience = expect.audience
    return verified


def _says_edited(receipt: bytes) -> bool:
    """What an unverified receipt says: worth a question, and nothing else."""
    try:
        return json.loads(jws.split(receipt).payload)["authorization_details"][0]["edited"] is True
    except (ValueError, KeyError, TypeError, IndexError):
        return False


def _named_audience(receipt: bytes) -> str:
    try:
        named = json.loads(jws.split(receipt).payload)["aud"]
    except (ValueError, KeyError, TypeError):
        named = None
    return named if isinstance(named, str) and named.startswith(urn("")) else urn("")


def _consume(action: Action, *, patience: float) -> Flow[None]:
    call = Call("POST", f"/api/v1/actions/{action.id}/consume", key=action.consume_key)
    try:
        yield from _answer(call, patience=patience)
    except Refused as refused:
        if refused.code == "already_consumed":
            raise OutcomeUnknown(f"action {action.id} was used before; what came of it is not known here") from refused
        if refused.code == "approval_expired":
            raise NotVerified(6, "expired", "the approval was not used in time") from refused
        raise


def _first_use(*, patience: float) -> Flow[Pin]:
    """Believe the keys that this console shows now, for the life of this process: an explicit choice of the caller."""
    about = yield from _answer(Call("GET", "/.well-known/placet.json"), patience=patience)
    jwks = yield from _answer(Call("GET", "/.well-known/jwks.json"), patience=patience)
    return Pin(jwks, issuer=about["issuer"])


def _answered(action_id: str, reply: Reply) -> Answer:
    try:
        return Answer.read(_object(reply))
    except ValueError as error:
        raise Refused("not_understood", reply.status, str(error)) from error
    except Refused as refused:
        if refused.code != "answer_over":
            raise
        raise Unanswered(f"action {action_id}: {refused.detail}") from refused


def _answer(call: Call, *, patience: float) -> Flow[dict[str, Any]]:
    """Send a call until it is answered: with an object, or with a problem that trying again would not change."""
    return _object((yield from _replied(call, patience=patience)))


def _replied(call: Call, *, patience: float) -> Flow[Reply]:
    began, attempt = time.monotonic(), 0
    while True:
        reply = yield call
        if reply is not None and reply.status not in AGAIN:
            return reply
        if time.monotonic() - began > patience:
            raise Unreachable(_why(call, reply))
        yield Pause(_backoff(attempt, reply))
        attempt += 1


def _backoff(attempt: int, reply: Reply | None) -> float:
    """Exponential with full jitter, 0.1 s to 5 s; a server that names a time gets it, within reason."""
    named = reply.headers.get("retry-after", "") if reply else ""
    least = min(float(named), 30.0) if named.isdigit() else 0.0
    return max(least, min(5.0, 0.2 * 2 ** min(attempt, 6)) * random.uniform(0.5, 1.0))  # noqa: S311 - spreads load only


def _why(call: Call, reply: Reply | None) -> str:
    said = f"it answers {reply.status}" if reply else "nothing answers"
    return f"{call.method} {call.target.partition('?')[0]}: {said}"


def _object(reply: Reply) -> dict[str, Any]:
    try:
        value = json.loads(reply.body)
    except ValueError:
        value = None
    if 200 <= reply.status < 300 and isinstance(value, dict):
        return value
    said = value if isinstance(value, dict) else {}
    detail = said.get("detail") or said.get("title") or f"an answer that is not the console's ({reply.status})"
    raise Refused(str(said.get("code", "not_understood")), reply.status, str(detail), said.get("pointer"))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
