"""Channel 6: a task of the server whose state is `input_required`, with asks in it (SEP-2663).

`tasks/get` is a poll and is answered at once: while people decide, the task looks as if it worked. What was released is
shown in the server's own bytes; what was not, the gate answers by a `tasks/update` of its own. A sampling that was
refused has no form on the wire: the server's task is cancelled, and the host hears why.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from placet.gate import answers, execution, messages, requests, settling
from placet.gate.answers import Outcome
from placet.gate.calls import Call
from placet.gate.channels import Ask, Asking
from placet.gate.messages import Message
from placet.gate.shared import Verdict

if TYPE_CHECKING:
    from placet.gate.session import Session


@dataclass(eq=False, slots=True)
class Pending:
    """One ask of a task. `sent` when the server has its answer."""

    ask: Ask
    same: str
    outcome: Outcome | None = None
    mine: dict[str, Any] | None = None
    sent: bool = False


@dataclass(eq=False, slots=True)
class ServerTask:
    """What a task of the server asked so far, by the server's own keys."""

    call: Call
    asked: dict[str, Pending] = field(default_factory=dict)
    flows: set[asyncio.Task[None]] = field(default_factory=set)
    over: bytes | None = None

    @property
    def released(self) -> dict[str, tuple[Ask, Outcome]]:
        return {
            key: (one.ask, one.outcome)
            for key, one in self.asked.items()
            if one.outcome and one.outcome.released and one.mine is None and not one.sent
        }

    @property
    def undecided(self) -> bool:
        return any(one.outcome is None for one in self.asked.values())


def from_server(call: Call, message: Message, found: Asking) -> Verdict:
    """The server's answer to `tasks/get`, with asks in it."""
    session = call.session
    named = str(call.params.get("taskId"))
    task = session.shared.server_tasks.get((session.principal, named))
    if task is None:
        task = ServerTask(call)
        session.shared.keep(session.shared.server_tasks, (session.principal, named), task)
    task.call = call if task.call is call else _onto(task, call)
    fresh = [ask for ask in found.asks if _is_new(session, task, ask)]
    if fresh:
        flow = session.shared.spawn(_settle(session, task, named, fresh))
        task.flows.add(flow)
        flow.add_done_callback(task.flows.discard)
    session.deliver(call, _shown(task, message, found))
    return Verdict.TAKEN


def _onto(task: ServerTask, call: Call) -> Call:
    """Our own words to the server travel like the newest poll."""
    call.terms = call.terms if call.terms.client else task.call.terms
    return call


def _is_new(session: Any, task: ServerTask, ask: Ask) -> bool:
    same, known = settling.same(session, ask), task.asked.get(ask.key or "")
    if known is not None and known.same == same:
        return False
    task.asked[ask.key or ""] = Pending(ask, same)
    return True


async def _settle(session: Any, task: ServerTask, named: str, asks: list[Ask]) -> None:
    origin = session.task_calls.get(named) or task.call
    outcomes = await settling.settle(session, asks, origin, parkable=False)
    for ask, outcome in zip(asks, outcomes, strict=True):
        pending = task.asked[ask.key or ""]
        pending.outcome = outcome
        if outcome.released and ask.kind == "tool_call" and not task.call.terms.runs_tools:
            pending.mine = await execution.run(session.shared.options.executor, outcome)
        elif outcome.released and outcome.answer is not None:
            pending.mine = outcome.answer
        elif not outcome.released and ask.kind != "sampling":
            tool = ask.kind == "tool_call"
            pending.mine = answers.tool_error(outcome.words()) if tool else answers.elicitation(outcome)
        if pending.mine is not None:
            action = str(pending.mine.get("action", ""))
            session.shared.holding.report(outcome, execution.status(pending.mine), action)
    _tell(session, task, named)


def _tell(session: Any, task: ServerTask, named: str) -> None:
    """Give the server what is ours to answer; end the task when a sampling was refused."""
    refused = [
        one for one in task.asked.values() if one.ask.kind == "sampling" and one.outcome and not one.outcome.released
    ]
    if refused and not task.over:
        code, why = answers.sampling(refused[0].outcome or Outcome("unknown"))
        task.over = messages.encoded({"code": code, "message": why})
        session.send(task.call, "tasks/cancel", _params(task, {"taskId": named}))
        return
    mine = {key: one.mine for key, one in task.asked.items() if one.mine is not None and not one.sent}
    if mine and not task.over:
        session.send(task.call, "tasks/update", _params(task, {"taskId": named, "inputResponses": mine}))
        for key in mine:
            task.asked[key].sent = True


def _params(task: ServerTask, params: dict[str, Any]) -> dict[str, Any]:
    """Modern requests carry the host's terms; ours carry those of the host's own poll."""
    meta = task.call.params.get("_meta")
    return params | (
        {"_meta": {k: v for k, v in meta.items() if k != "progressToken"}} if isinstance(meta, dict) else {}
    )


def _shown(task: ServerTask, message: Message, found: Asking) -> bytes:
    """The task as the host may see it now."""
    if task.over:
        ended: messages.Changes = {
            ("result", "status"): b'"failed"',
            ("result", "error"): task.over,
            ("result", "inputRequests"): None,
        }
        return messages.replaced(message.raw, ended)
    current = {ask.key or "" for ask in found.asks}
    theirs = {key: one for key, one in task.released.items() if key in current}
    if task.undecided or not (theirs or found.free):
        waits = messages.encoded("Waiting for an approval")
        looks: messages.Changes = {
            ("result", "status"): b'"working"',
            ("result", "statusMessage"): waits,
            ("result", "inputRequests"): None,
        }
        return messages.replaced(message.raw, looks)
    if theirs.keys() == current and not any(outcome.edited for _, outcome in theirs.values()):
        return message.raw
    requested = requests.for_host(message.raw, ("result", "inputRequests"), theirs, found.free)
    return messages.replaced(message.raw, {("result", "inputRequests"): requested})


# The host's side


def from_host(session: Session, call: Call, message: Message) -> bool:
    """Hold the host's answers to a server's task: only what was released may be answered, completions wait again."""
    task = session.shared.server_tasks.get((session.principal, str(message.params.get("taskId"))))
    if call.method == "tasks/cancel" and task:
        for flow in list(task.flows):
            flow.cancel()
    responses = message.params.get("inputResponses")
    if call.method != "tasks/update" or not isinstance(responses, dict):
        return False
    released = task.released if task else {}
    if task is None or any(key in task.asked and key not in released for key in responses):
        session.open[message.key] = call
        session.refuse(call, "The gate does not pass an answer to what was not released.", code=messages.INVALID_PARAMS)
        return True
    for key in released.keys() & responses.keys():
        task.asked[key].sent = True
        action = responses[key].get("action") if isinstance(responses[key], dict) else None
        session.shared.holding.report(released[key][1], "succeeded", action if isinstance(action, str) else "")
    sampled = {
        key: one
        for key, one in released.items()
        if one[0].kind == "sampling" and key in responses and session.shared.options.reviews(one[1])
    }
    if not sampled:
        return False
    session.open[message.key] = call
    call.flow = session.shared.spawn(_update(session, call, message, sampled, responses))
    return True


async def _update(
    session: Session, call: Call, message: Message, sampled: dict[str, tuple[Ask, Outcome]], responses: dict[str, Any]
) -> None:
    edited: dict[messages.Path, bytes | None] = {}
    for key, (_, outcome) in sampled.items():
        ask = requests.completion(responses[key] if isinstance(responses[key], dict) else {})
        [second] = await settling.settle(session, [ask], call, parkable=False, sampling_action=outcome.action)
        if not second.released:
            session.refuse_with(call, *answers.not_released(["sampling_result"], [second]))
            return
        session.shared.holding.report(second, "succeeded")
        if second.edited and second.params is not None:
            edited["params", "inputResponses", key] = messages.encoded(requests.with_meta(ask, second.params))
    session.register(call, message.key)
    call.lane.to_server(messages.replaced(message.raw, edited) if edited else message.raw)
