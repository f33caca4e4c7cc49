"""The host's own `tools/call`, held before it goes to the server (`--hold`)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from placet.gate import answers, channels, messages, parking, settling, tasks
from placet.gate.answers import Outcome
from placet.gate.calls import ROUND, Call
from placet.gate.channels import Ask, Refusing
from placet.gate.holding import Held
from placet.gate.messages import Key, Message

if TYPE_CHECKING:
    from placet.gate.session import Session


def from_host(session: Session, call: Call, key: Key, known: Mapping[str, Held] | None = None) -> bool:
    """Hold the call if it is to be held; False lets it go on."""
    options = session.shared.options
    if call.method != "tools/call" or not options.hold:
        return False
    ask = channels.of_call(call.params)
    if isinstance(ask, Refusing):
        return _refused(session, call, key, f"The gate does not pass this: {ask.why}.", ask.code)
    if not options.holds(ask.params["name"]):
        return False
    if not call.params.keys().isdisjoint(ROUND):
        return _retry(session, call, key)
    session.open[key] = call
    call.flow = session.shared.spawn(_run(call, ask, known or {}))
    return True


def _retry(session: Session, call: Call, key: Key) -> bool:
    """A retry belongs to a call that was let go, once; without one it would be a way around the gate."""
    first = session.shared.legs.pop(call.retried(call.params.get("requestState")), None)
    if first is None:
        why = "The gate knows no approval that this retry belongs to: call again without requestState."
        return _refused(session, call, key, why, messages.INVALID_PARAMS)
    call.held = first.held
    call.amend(first.amended)
    return False


def _refused(session: Session, call: Call, key: Key, why: str, code: int) -> bool:
    session.open[key] = call
    session.refuse(call, why, code=code)
    return True


def leg(call: Call, message: Message) -> None:
    """The host gets a result that asks for another round: the retry is part of this call."""
    if call.held:
        call.session.shared.keep(call.session.shared.legs, call.retried(message.result.get("requestState")), call)


async def _run(call: Call, ask: Ask, known: Mapping[str, Held]) -> None:
    session = call.session
    if call.terms.has_tasks:
        tasks.begin(call)
    [outcome] = await settling.settle(session, [ask], call, known=known, keep=partial(parking.write_down, b""))
    if not await parking.attached(call):
        parking.void(call, [outcome])
        return
    session = call.session
    if not outcome.released:
        session.shared.holding.report(outcome, "failed")
        session.refuse(call, f"The call was not allowed and did not run: {outcome.words()}.", code=_code(outcome))
        return
    call.held, call.flow = outcome, None
    if outcome.edited and outcome.params is not None:
        call.amend({("params", name): messages.encoded(outcome.params[name]) for name in ("name", "arguments")})
    session.go(call)


def ran(call: Call, message: Message) -> None:
    """The server answered a call that was held: tell the console what came of it, once it is over."""
    if call.held is None:
        return
    if message.result.get("resultType") == "input_required":
        leg(call, message)
        return
    outcome, call.held = call.held, None
    failed = "error" in message.value or message.result.get("isError") is True
    call.session.shared.holding.report(outcome, "failed" if failed else "succeeded")


def _code(outcome: Outcome) -> int:
    return answers.REJECTED if outcome.ending == "denied" else messages.INTERNAL_ERROR
