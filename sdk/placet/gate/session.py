"""The engine of one host and one server, without a transport: what passes, what is held, what is refused.

Synchronous per message, so that order is kept; what has to wait for people runs in tasks of its own (`flows`). A
transport brings every message and forwards those that pass as the very bytes it has; all else the engine sends itself,
through lanes. JSON-RPC is read here and nowhere else.

    session.from_host(raw, lane)    PASS: forward it to the server;  TAKEN: do nothing
    session.from_server(raw, lane)  PASS: forward it to the host;    TAKEN: do nothing
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Literal

from placet.gate import (
    channels,
    injection,
    knowledge,
    links,
    messages,
    own,
    parking,
    requests,
    resuming,
    rounds,
    server_tasks,
    tasks,
)
from placet.gate.calls import WORK, Call, Lane, Terms, named
from placet.gate.channels import Asking, Refusing
from placet.gate.delivery import Calls
from placet.gate.messages import Key, Malformed, Message
from placet.gate.shared import Shared, Verdict, logger
from placet.submissions import identifier

PASS, TAKEN = Verdict.PASS, Verdict.TAKEN

#: Requests of one side that may be open at once.
MOST_OPEN = 4096
TASK_METHODS = frozenset({"tasks/get", "tasks/update", "tasks/cancel"})
_KEPT = WORK | TASK_METHODS
_ID = re.compile(rb'"id"\s*:\s*("[^"\\]{0,200}"|-?\d{1,18})\s*[,}]')


class Session(Calls):
    """One host in front of one server. Nothing is shared between two of them but what `Shared` keeps by principal.

    HTTP: one for each session of the legacy era (JSON-RPC ids are unique within it), one for each POST of the modern
    era, all of a principal's with the same `id`. stdio: one for the process.
    """

    def __init__(
        self, shared: Shared, *, principal: str | None = None, subject: str | None = None, id: str | None = None
    ) -> None:
        options = shared.options
        whose = {"principal": principal or options.principal, "subject": subject or options.subject}
        super().__init__(shared, **whose, id=id or f"g-{identifier()}")
        self.asked: dict[Key, requests.Asked] = {}

    def from_host(self, raw: bytes, lane: Lane) -> Verdict:
        """Take one message of the host."""
        try:
            message = messages.read(raw)
        except Malformed as no:
            return self._not_understood(lane, no)
        self.reachable.set()
        if message.sort == "request":
            return self._host_request(message, lane)
        return self._host_notice(message, lane) if message.sort == "notification" else self._host_answer(message, lane)

    def from_server(self, raw: bytes, lane: Lane) -> Verdict:
        """Take one message of the server."""
        try:
            message = messages.read(raw)
        except Malformed as no:
            logger.warning("the server sent what is no message here: %s", no.why)
            self._fail_answer(_salvaged(raw), f"The server's answer does not pass the gate: {no.why}.")
            return TAKEN
        if message.sort == "response":
            return self._server_answer(message, lane)
        return self._server_request(message, lane) if message.sort == "request" else self._server_notice(message)

    def too_large(self, side: Literal["host", "server"], lane: Lane, *, head: bytes = b"", tail: bytes = b"") -> None:
        """A message over the limit, of which only the first and last bytes are known."""
        why = f"A message is at most {self.shared.options.max_message} bytes here."
        found = _ID.search(head[:4096]) or _last(_ID.finditer(tail[-4096:]))
        named_id = found.group(1) if found else None
        logger.warning("a message of the %s was too large and did not pass", side)
        if side == "host":
            lane.to_host(messages.error(named_id or b"null", messages.INVALID_REQUEST, why), final=True)
        else:
            self._fail_answer(messages.key(json.loads(named_id)) if named_id else self._only(lane), why)

    def _only(self, lane: Lane) -> Key | None:
        """The one request that the server has from this lane, if it is one."""
        keys = [key for key, call in self.upstream.items() if call.lane is lane]
        return keys[0] if len(keys) == 1 else None

    def owes(self, lane: Lane) -> bool:
        """Whether a request that came by this lane still waits for its answer."""
        return any(call.lane is lane and call.waiting for call in self.open.values())

    def lane_closed(self, lane: Lane) -> None:
        """The host closed this way. In the modern era that cancels its call; a legacy host may come back for it."""
        for call in [call for call in self.open.values() if call.lane is lane and call.terms.modern]:
            self.abandon(call)

    async def server_gone(self, why: str) -> None:
        """The server is gone for good: what it asked is withdrawn, calls that were held end readably."""
        for call in list(self.open.values()):
            if call.flow or any(asked.call is call for asked in self.asked.values()):
                self.refuse(call, f"The server went away while an approval was awaited: {why}.")
        await self.close()

    async def close(self) -> None:
        """The host is gone: what it waited for is withdrawn, what it was told to come back for is kept.

        Answers to requests that were not held still pass, for a host that only stopped talking.
        """
        for call in [call for call in self.open.values() if call.flow]:
            self.abandon(call)
        for asked in list(self.asked.values()):
            asked.stop()
        await self.shared.ended()

    def abandon(self, call: Call) -> None:
        super().abandon(call)
        for asked in [asked for asked in self.asked.values() if asked.call is call]:
            asked.stop()

    # The host's side

    def _not_understood(self, lane: Lane, no: Malformed) -> Verdict:
        lane.to_host(messages.error(b"null", no.code, f"The gate does not pass this: {no.why}."), final=True)
        return TAKEN

    def _host_request(self, message: Message, lane: Lane) -> Verdict:
        method = message.method or ""
        if (key := message.key) in self.open or len(self.open) >= MOST_OPEN:
            why = "this id is in use" if key in self.open else "too many requests are open"
            return self._not_understood(lane, Malformed(messages.INVALID_REQUEST, why))
        terms = Terms.of(message, self.terms)
        kept = message.raw if method in _KEPT else b""
        call = Call(method, message.written_id, self, lane, kept, terms, _params=message.params if kept else None)
        if method == "initialize":
            self.terms = call.terms = Terms(
                False, str(message.params.get("protocolVersion"))[:32], named(message.params.get("clientInfo")),
                capabilities=_object(message.params.get("capabilities")),
            )  # fmt: skip
        if method in TASK_METHODS and tasks.from_host(self, call, message):
            return TAKEN
        if method in WORK and self._takes(call, key):
            return TAKEN
        self.register(call, key)
        if not call.amended:
            return self.forward(message, lane)
        lane.to_server(call.raw)
        return TAKEN

    def _takes(self, call: Call, key: Key) -> bool:
        """Whether the call goes on where a parked one stands, waits for an owner, or belongs to an earlier round."""
        taken = parking.take_up(self, call, key) or resuming.take_up(self, call, key)
        return taken or own.from_host(self, call, key) or rounds.from_host(self, call, key)

    def forward(self, message: Message, lane: Lane) -> Verdict:
        """Let it pass to the server, with what `--inject` declares on the host's behalf."""
        changed = injection.declared(message) if self.shared.options.inject else None
        if changed is None:
            return PASS
        lane.to_server(changed)
        return TAKEN

    def _host_notice(self, message: Message, lane: Lane) -> Verdict:
        if message.method in channels.TOOL_CALLS and self.shared.options.hold:
            logger.warning("the host called a tool without waiting for an answer: dropped")
            return TAKEN
        if message.method != "notifications/cancelled":
            return PASS
        call = self.open.get(messages.key(message.params.get("requestId")))
        if call is None:
            return PASS
        up, known_as = call.up, messages.key(message.params.get("requestId"))
        self.abandon(call)
        if up is None:
            return TAKEN
        if up == known_as:
            return PASS
        lane.to_server(messages.replaced(message.raw, {("params", "requestId"): messages.encoded(up[1])}))
        return TAKEN

    def _host_answer(self, message: Message, lane: Lane) -> Verdict:
        asked = self.asked.get(message.key)
        if asked is None or not asked.released:
            logger.warning("the host answered what nobody asked it: dropped")
            return TAKEN
        del self.asked[message.key]
        return requests.answered(self, asked, message, lane)

    # The server's side

    def _server_request(self, message: Message, lane: Lane) -> Verdict:
        if message.key in self.asked or len(self.asked) >= MOST_OPEN:
            logger.warning("the server used an id twice, or asks too much at once: dropped")
            return TAKEN
        found = channels.of_request(message, tools=self.shared.options.tools)
        if isinstance(found, Refusing):
            lane.to_server(messages.error(message.written_id, found.code, f"The gate does not pass this: {found.why}."))
            return TAKEN
        return requests.from_server(self, message, found, lane)

    def _server_notice(self, message: Message) -> Verdict:
        if message.method == "notifications/cancelled":
            asked = self.asked.pop(messages.key(message.params.get("requestId")), None)
            return TAKEN if asked and asked.stop() else PASS
        if message.method == "notifications/progress":
            knowledge.note_progress(self, message)
        found = channels.of_notification(message)
        if found is channels.PASSING:
            return PASS
        logger.warning("a notification that carries asks was dropped; tasks/get brings them")
        return TAKEN

    def _server_answer(self, message: Message, lane: Lane) -> Verdict:
        call = self.upstream.pop(message.key, None)
        if call is None:
            if message.id is None and "error" in message.value:
                return PASS
            logger.warning("the server answered what nobody asked it: dropped")
            return TAKEN
        knowledge.learn(self, call, message)
        known_as, call.up = call.up, None
        if rounds.starts_over(call, message):
            return TAKEN
        found = channels.of_response(message, method=call.method, tools=self.shared.options.tools)
        if isinstance(found, Refusing):
            self.refuse(call, f"The server's answer does not pass the gate: {found.why}.")
            return TAKEN
        if isinstance(found, Asking):
            return _ASKS[found.channel](call, message, found)
        return self.passed(call, message, known_as)

    def _fail_answer(self, key: Key | None, why: str) -> None:
        call = self.upstream.pop(key, None) if key else None
        if call:
            call.up = None
            self.refuse(call, why)


_ASKS: dict[str, Any] = {"input_required": rounds.begin, "url_error": links.begin, "task": server_tasks.from_server}


def _last[Item](items: Iterable[Item]) -> Item | None:
    found = None
    for found in items:  # noqa: B007 - the last one is wanted
        pass
    return found


def _salvaged(raw: bytes) -> Key | None:
    """The id of an answer that is not well-formed. Whoever fakes it only makes a call fail."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return messages.key(value["id"]) if isinstance(value, dict) and "id" in value and "method" not in value else None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
