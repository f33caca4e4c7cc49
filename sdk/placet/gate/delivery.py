"""The way of a host's request through the gate: on to the server, again if need be, and its one answer back."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Mapping

from placet.gate import answers, messages, own, parking
from placet.gate.calls import Call, Lane, Terms
from placet.gate.messages import Key, Message, Path
from placet.gate.shared import Shared, Verdict

_COUNT = itertools.count(1)
STARTED_OVER = (
    "Note of the gate: the server no longer knew this call by the time its asks were approved, "
    "so the call was started over, once."
)


class Calls:
    """The part of a session that other rooms work with: who it is, and its requests that are not answered."""

    def __init__(self, shared: Shared, *, principal: str, subject: str, id: str) -> None:
        self.shared = shared
        self.principal = principal
        self.subject = subject
        self.id = id
        self.terms = Terms()
        self.server_name = ""
        self.open: dict[Key, Call] = {}
        self.upstream: dict[Key, Call] = {}
        #: Calls of the host by the tasks that the server made of them, and approved samplings by the host's tasks.
        self.task_calls: dict[str, Call] = {}
        self.host_tasks: dict[str, str] = {}
        #: Set whenever a way to the host may have opened.
        self.reachable = asyncio.Event()
        self._standing: Lane | None = None

    @property
    def standing(self) -> Lane | None:
        """The way to the host that belongs to no request: stdio itself, or the open GET stream."""
        return self._standing

    @standing.setter
    def standing(self, lane: Lane | None) -> None:
        self._standing = lane
        self.reachable.set()

    def register(self, call: Call, key: Key) -> None:
        """The host waits for its answer, and the server is about to have it."""
        call.up = key
        self.open[key] = self.upstream[key] = call

    def again(self, call: Call, changes: Mapping[Path, bytes | None]) -> None:
        """Send a call to the server once more, under a fresh id of ours."""
        fresh = f"{self.id}-{next(_COUNT)}"
        call.up = messages.key(fresh)
        self.upstream[call.up] = call
        call.lane.to_server(messages.replaced(call.raw, {("id",): messages.encoded(fresh), **changes}))

    def go(self, call: Call) -> None:
        """Let a call that was held go to the server for the first time: as it came, unless its owner changed it."""
        if not call.waiting or call.task:
            self.again(call, {})
            return
        self.register(call, host_key(call))
        call.lane.to_server(call.raw)

    def send(self, call: Call, method: str, params: Mapping[str, object]) -> None:
        """A request of our own to the server, beside a call of the host; whatever it answers ends there."""
        fresh = f"{self.id}-{next(_COUNT)}"
        mine = Call(method, b"null", self, call.lane, terms=call.terms, waiting=False)
        self.upstream[messages.key(fresh)] = mine
        call.lane.to_server(messages.request(messages.encoded(fresh), method, params))

    def passed(self, call: Call, message: Message, known_as: Key | None) -> Verdict:
        """An answer that does not have to wait goes to whoever waits for it: as it is, if it can."""
        own.ran(call, message)
        key = host_key(call)
        if call.waiting and known_as == key and not call.started_over and not call.task:
            self.open.pop(key, None)
            return Verdict.PASS
        self.deliver(call, message.raw)
        return Verdict.TAKEN

    def deliver(self, call: Call, raw: bytes) -> None:
        """The one answer to a call, whatever id it carries. A parked call keeps it until the host comes back."""
        raw = _noted(call, raw) if call.started_over else raw
        if call.task:
            call.task.finish(raw)
        elif call.waiting:
            self.closed(call)
            known = messages.read(raw).key == host_key(call)
            call.lane.to_host(raw if known else messages.replaced(raw, {("id",): call.id}), final=True)
        elif call.parked:
            parking.keep_answer(call, raw)

    def refuse(self, call: Call, why: str, *, code: int = messages.INTERNAL_ERROR) -> None:
        """End a call in the gate's own words."""
        self.deliver(call, answers.to_host(call.method, call.id, why, code=code, modern=call.terms.modern))

    def refuse_with(self, call: Call, code: int, why: str) -> None:
        """End a call with a code of the protocol: a refused sampling is an error for tools too."""
        if code == answers.REJECTED:
            self.deliver(call, messages.error(call.id, code, why))
        else:
            self.refuse(call, why, code=code)

    def abandon(self, call: Call) -> None:
        """Nobody wants the answer any more: what was asked for it is withdrawn."""
        self.closed(call)
        if call.up:
            self.upstream.pop(call.up, None)
        if call.flow:
            call.flow.cancel()

    def closed(self, call: Call) -> None:
        """The host does not wait for it any more."""
        call.waiting = False
        key = host_key(call)
        if self.open.get(key) is call:
            del self.open[key]


def host_key(call: Call) -> Key:
    return messages.key(json.loads(call.id))


def _noted(call: Call, raw: bytes) -> bytes:
    """Say in the answer itself that a call was started over, so that nobody has to guess whether it ran twice."""
    message = messages.read(raw)
    if not message.result or message.result.get("resultType") == "input_required":
        return raw
    changes: dict[Path, bytes | None] = {("result", "_meta", answers.STARTED_OVER_KEY): messages.encoded(STARTED_OVER)}
    if call.method == "tools/call" and isinstance(message.result.get("content"), list):
        content = messages.member(raw, "result", "content") or b"[]"
        note = messages.encoded({"type": "text", "text": STARTED_OVER})
        inner = content.strip()[:-1].rstrip()
        changes["result", "content"] = inner + (b"" if inner == b"[" else b",") + note + b"]"
    return messages.replaced(raw, changes)
