"""The error -32042 (2025-11-25): the host is to have links opened before it calls again. Released, the error passes.

The gate never opens a link, nor asks anything about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from placet.gate import answers, messages, parking, requests, settling
from placet.gate.answers import Outcome
from placet.gate.calls import Call
from placet.gate.channels import Ask, Asking
from placet.gate.holding import Held
from placet.gate.messages import Message
from placet.gate.shared import Verdict


def begin(call: Call, message: Message, found: Asking, known: Mapping[str, Held] | None = None) -> Verdict:
    """Hold the error until every link in it is settled."""
    call.flow = call.session.shared.spawn(_run(call, message, found.asks, known or {}))
    return Verdict.TAKEN


async def _run(call: Call, message: Message, asks: list[Ask], known: Mapping[str, Held]) -> None:
    keep = partial(parking.write_down, message.raw)
    outcomes = await settling.settle(call.session, asks, call, known=known, keep=keep)
    if not await parking.attached(call):
        parking.void(call, outcomes)
        return
    session = call.session
    released = [(ask, outcome) for ask, outcome in zip(asks, outcomes, strict=True) if outcome.released]
    for outcome in outcomes:
        if not outcome.released:
            session.shared.holding.report(outcome, "failed")
    if not released:
        session.refuse_with(call, *answers.not_released([ask.kind for ask in asks], outcomes))
    elif released[0][1].answer is not None:
        _told(call, [outcome for _, outcome in released])
    else:
        session.deliver(call, _left(message.raw, asks, outcomes))
        for _, outcome in released:
            session.shared.holding.report(outcome, "succeeded", "the link was handed to the host")


def _told(call: Call, released: list[Outcome]) -> None:
    """The subject was shown the links on the console; the server learns of it by its own way, the host calls again."""
    actions = [str((outcome.answer or {}).get("action")) for outcome in released]
    for outcome, action in zip(released, actions, strict=True):
        call.session.shared.holding.report(outcome, "succeeded", action)
    call.session.refuse(call, _OPENED if all(action == "accept" for action in actions) else _NOT_OPENED)


_OPENED = "The server needed its user to open a link first. That was done on the approval console: call again."
_NOT_OPENED = "The server needed its user to open a link first, and the user did not."


def _left(raw: bytes, asks: list[Ask], outcomes: list[Outcome]) -> bytes:
    """The error as it came, without the links that were not released, and with owners' edits."""
    if all(outcome.released and not outcome.edited for outcome in outcomes):
        return raw
    kept = [
        requests.with_meta(ask, outcome.params) if outcome.edited and outcome.params else ask.params
        for ask, outcome in zip(asks, outcomes, strict=True)
        if outcome.released
    ]
    return messages.replaced(raw, {("error", "data", "elicitations"): messages.encoded(kept)})
