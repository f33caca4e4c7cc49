"""Requests of the server to the host: channels 1, 2 and 4. Held until decided, then released, or answered with a no."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from placet.gate import answers, execution, messages, parking, settling
from placet.gate.answers import Outcome
from placet.gate.calls import WORK, Call, Lane
from placet.gate.channels import PROTOCOL_META, Ask, Asking, Passing
from placet.gate.messages import Message, Path
from placet.gate.shared import Verdict, logger

if TYPE_CHECKING:
    from placet.gate.session import Session


@dataclass(eq=False, slots=True)
class Asked:
    """A request of the server that is not answered yet. Only what was `released` may be answered by the host.

    `completes` is the action of the sampling whose completion the answer brings, when that is to be held too.
    """

    message: Message
    lane: Lane
    released: bool = False
    ask: Ask | None = None
    call: Call | None = None
    outcome: Outcome | None = None
    completes: str | None = None
    flow: asyncio.Task[None] | None = field(default=None, repr=False)

    def stop(self) -> bool:
        """Take it back; whether it was still held, so that the host never heard of it."""
        held = not self.released
        if self.flow and not self.flow.done():
            self.flow.cancel()
        return held


def from_server(session: Session, message: Message, found: Passing | Asking, lane: Lane) -> Verdict:
    """Let a harmless request pass, and hold the others."""
    asked = Asked(message, lane)
    session.asked[message.key] = asked
    if isinstance(found, Passing):
        asked.released = True
        if message.method == "tasks/result":
            asked.completes = session.host_tasks.get(str(message.params.get("taskId")))
        return Verdict.PASS
    [asked.ask] = found.asks
    asked.call = cause(session, asked.ask, lane)
    asked.flow = session.shared.spawn(_hold(session, asked, asked.ask))
    return Verdict.TAKEN


def cause(session: Session, ask: Ask, lane: Lane) -> Call | None:
    """The host's call that made the server ask: known by its task, or by its lane, or because there is only one.

    With two calls under way on one lane the protocol does not say which, and then nothing is claimed.
    """
    if ask.task and (call := session.task_calls.get(ask.task)):
        return call
    working = [call for call in session.upstream.values() if call.method in WORK]
    same_lane = [call for call in working if call.lane is lane] or working
    return same_lane[0] if len(same_lane) == 1 else None


async def _hold(session: Session, asked: Asked, ask: Ask) -> None:
    try:
        [outcome] = await settling.settle(session, [ask], asked.call)
        asked.outcome = outcome
        if not outcome.released:
            _answer(session, asked, answers.to_server(ask.kind, asked.message.written_id, outcome))
            session.shared.holding.report(outcome, "failed")
        elif ask.kind == "tool_call" and not session.terms.runs_tools:
            await _execute(session, asked, outcome)
        elif outcome.answer is not None:
            _answer(session, asked, messages.result(asked.message.written_id, outcome.answer))
            session.shared.holding.report(outcome, "succeeded", outcome.answer["action"])
        else:
            await _release(session, asked, ask, outcome)
    except asyncio.CancelledError:
        _answer(session, asked, answers.to_server(ask.kind, asked.message.written_id, Outcome("withdrawn")))
        raise


async def _execute(session: Session, asked: Asked, outcome: Outcome) -> None:
    """SEP-1006-style, on this side of the wire: by the command the admin configured."""
    result = await execution.run(session.shared.options.executor, outcome)
    _answer(session, asked, messages.result(asked.message.written_id, result))
    session.shared.holding.report(outcome, execution.status(result))


async def _release(session: Session, asked: Asked, ask: Ask, outcome: Outcome) -> None:
    """Hand it to the host, as soon as there is a way. Nothing is released to a host that went away for too long."""
    raw = edited(asked.message.raw, ("params",), ask, outcome)
    try:
        async with asyncio.timeout(session.shared.options.remembered_for):
            back = await parking.attached(asked.call)
            while back and not _reach(session, asked, raw):
                session.reachable.clear()
                await session.reachable.wait()
    except TimeoutError:
        back = False
    if not back:
        gone = Outcome("withdrawn", outcome.action, note="the host went away")
        _answer(session, asked, answers.to_server(ask.kind, asked.message.written_id, gone))
        session.shared.holding.report(outcome, "failed", "the host went away")


def _reach(session: Session, asked: Asked, raw: bytes) -> bool:
    """By the way it came, by that of the call it belongs to, or by the standing one."""
    asked.released = True
    ways = [asked.call.lane if asked.call and asked.call.waiting else None, asked.lane, session.standing]
    asked.released = any(lane.to_host(raw) for lane in ways if lane is not None)
    return asked.released


def _answer(session: Session, asked: Asked, raw: bytes) -> None:
    """Our own answer, if the server still waits for one."""
    if session.asked.get(asked.message.key) is asked:
        del session.asked[asked.message.key]
        asked.lane.to_server(raw)


def edited(raw: bytes, path: Path, ask: Ask, outcome: Outcome) -> bytes:
    """The bytes as they came, or with the params that an owner put in place of the server's."""
    if not outcome.edited or outcome.params is None:
        return raw
    return messages.replaced(raw, {path: messages.encoded(with_meta(ask, outcome.params))})


def for_host(raw: bytes, path: Path, theirs: Mapping[str, tuple[Ask, Outcome]], free: list[str]) -> bytes:
    """The map of asks as the server wrote it, without those that are not for the host, with owners' edits."""
    written = messages.member(raw, *path) or b"{}"
    changes: dict[Path, bytes | None] = {}
    for span in messages.spans(written.decode()):
        if span.name in theirs:
            ask, outcome = theirs[span.name]
            changes[span.name,] = edited(span.value.encode(), ("params",), ask, outcome)
        elif span.name not in free:
            changes[span.name,] = None
    return messages.replaced(written, changes)


def with_meta(ask: Ask, params: dict[str, Any]) -> dict[str, Any]:
    """Released params, with what carries the protocol and was never shown."""
    meta = {name: value for name, value in ask.meta.items() if name in PROTOCOL_META}
    own = params.get("_meta")
    whole = (own if isinstance(own, dict) else {}) | meta
    return params | ({"_meta": whole} if whole else {})


# The host's answers


def answered(session: Session, asked: Asked, message: Message, lane: Lane) -> Verdict:
    """The host answers what was released to it. Completions may have to wait for a second yes."""
    failed = "error" in message.value
    if asked.outcome:
        note = message.result.get("action")
        session.shared.holding.report(
            asked.outcome, "failed" if failed else "succeeded", note if isinstance(note, str) else ""
        )
    action = _completes(session, asked)
    if action is None or failed:
        return Verdict.PASS
    task = message.result.get("task")
    if isinstance(task, dict) and isinstance(task.get("taskId"), str):
        session.shared.keep(session.host_tasks, task["taskId"], action)
        return Verdict.PASS
    again = Asked(asked.message, lane, ask=asked.ask, call=asked.call)
    session.asked[asked.message.key] = again
    again.flow = session.shared.spawn(_hold_completion(session, again, message, action))
    return Verdict.TAKEN


def _completes(session: Session, asked: Asked) -> str | None:
    """The action of the sampling whose completion this answer brings, if that has to wait for a second yes."""
    if asked.ask is None or asked.ask.kind != "sampling" or asked.outcome is None:
        return asked.completes
    return asked.outcome.action if session.shared.options.reviews(asked.outcome) else None


async def _hold_completion(session: Session, asked: Asked, message: Message, action: str) -> None:
    ask = completion(message.result)
    try:
        [outcome] = await settling.settle(session, [ask], asked.call, sampling_action=action)
    except asyncio.CancelledError:
        _answer(session, asked, answers.to_server("sampling", message.written_id, Outcome("withdrawn")))
        raise
    if outcome.released:
        _answer(session, asked, edited(message.raw, ("result",), ask, outcome))
        session.shared.holding.report(outcome, "succeeded")
    else:
        logger.info("a completion was not released: %s", outcome.words())
        _answer(session, asked, answers.to_server("sampling", message.written_id, outcome))
        session.shared.holding.report(outcome, "failed")


def completion(result: dict[str, Any]) -> Ask:
    """A completion as an ask of its own: the second checkpoint."""
    return Ask("sampling_result", "sampling/createMessage", result)
