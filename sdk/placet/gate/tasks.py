"""Tasks of the extension `io.modelcontextprotocol/tasks` (SEP-2663), both the gate's own and the server's.

A host that declares the extension gets a task of ours while people decide, and polls it. A task of the server that
needs input (channel 6) looks like one that works until its asks are settled; then the host sees what was released.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from placet.gate import messages, server_tasks
from placet.gate.calls import Call
from placet.gate.messages import Message
from placet.submissions import identifier

if TYPE_CHECKING:
    from placet.gate.session import Session

#: Milliseconds: how long a finished task can be fetched, and how often a host is asked to look.
TTL, POLL = 3_600_000, 1_000


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(eq=False, slots=True)
class OwnTask:
    """A call of the host whose answer it fetches later. `requested` is what the host is asked meanwhile, as written."""

    id: str
    call: Call
    created: str = field(default_factory=_now)
    changed: str = field(default_factory=_now)
    requested: bytes | None = None
    response: bytes | None = None
    cancelled: bool = False
    responses: dict[str, Any] = field(default_factory=dict)
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    async def input(self, requested: bytes) -> dict[str, Any]:
        """Show the host what was released, and wait for its `tasks/update`."""
        self.answered.clear()
        self.responses = {}
        self.requested, self.changed = requested, _now()
        await self.answered.wait()
        return self.responses

    def finish(self, response: bytes) -> None:
        """The call is answered."""
        self.response, self.changed = response, _now()

    @property
    def status(self) -> str:
        if self.cancelled:
            return "cancelled"
        if self.response is not None:
            return "failed" if messages.member(self.response, "error") else "completed"
        return "input_required" if self.requested is not None else "working"

    def seed(self) -> dict[str, Any]:
        said = {"working": "Waiting for an approval", "input_required": "Released: waiting for your answer"}
        told = {"statusMessage": said[self.status]} if self.status in said else {}
        return {
            "taskId": self.id, "status": self.status, "createdAt": self.created, "lastUpdatedAt": self.changed,
            "ttlMs": TTL, "pollIntervalMs": POLL,
        } | told  # fmt: skip

    def state(self, identifier: bytes) -> bytes:
        """The answer to `tasks/get`, with the outcome as the server wrote it."""
        answer = messages.result(identifier, {"resultType": "complete"} | self.seed())
        if self.status == "input_required":
            return messages.replaced(answer, {("result", "inputRequests"): self.requested})
        if self.response is None or self.cancelled:
            return answer
        name = "error" if self.status == "failed" else "result"
        return messages.replaced(answer, {("result", name): messages.member(self.response, name)})


def begin(call: Call) -> None:
    """Answer the host with a task; it fetches the rest."""
    if call.task:
        return
    session = call.session
    task = OwnTask(f"placet-{identifier()}", call)
    session.shared.keep(session.shared.tasks, (session.principal, task.id), task)
    told = messages.result(call.id, {"resultType": "task"} | task.seed())
    session.closed(call)
    call.task = task
    call.lane.to_host(told, final=True)


def from_host(session: Session, call: Call, message: Message) -> bool:
    """Take what the host says to one of our tasks; what it says to a task of the server may have to be held."""
    named = message.params.get("taskId")
    task = session.shared.tasks.get((session.principal, named)) if isinstance(named, str) else None
    if task is None:
        return server_tasks.from_host(session, call, message)
    task.call.lane, task.call.session = call.lane, session
    session.open[message.key] = call
    if call.method == "tasks/get":
        session.deliver(call, task.state(call.id))
        return True
    if call.method == "tasks/cancel":
        _cancel(task)
    else:
        _update(task, message.params.get("inputResponses"))
    session.deliver(call, messages.result(call.id, {"resultType": "complete"}))
    return True


def _update(task: OwnTask, responses: Any) -> None:
    """Only what was asked counts, and only once; the rest is ignored, as the extension says."""
    if task.requested is None or not isinstance(responses, dict):
        return
    asked = json.loads(task.requested).keys()
    task.responses |= {key: one for key, one in responses.items() if key in asked and key not in task.responses}
    if task.responses.keys() >= asked:
        task.requested, task.changed = None, _now()
        task.answered.set()


def _cancel(task: OwnTask) -> None:
    if task.response is None:
        task.cancelled, task.changed = True, _now()
        up = task.call.up
        task.call.session.abandon(task.call)
        if up:
            task.call.lane.to_server(messages.notification("notifications/cancelled", {"requestId": up[1]}))
