"""Results of type `input_required` (2026-07-28): each ask an action of its own, one bundle, one retry.

When all asks are settled the released ones are handed to the host, in the server's own bytes; it answers them and
retries by itself, and the gate adds the answers that are its own (`decline`, `cancel`, the subject's). When nothing is
left for the host, the gate retries. A refused sampling has no form on the wire: the call ends and nothing is retried.
Sources: MCP 2026-07-28, multi round-trip requests; SEP-2322.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from placet.gate import answers, execution, messages, own, parking, requests, settling, tasks
from placet.gate.answers import Outcome
from placet.gate.calls import Call, Settled
from placet.gate.channels import Ask, Asking
from placet.gate.holding import Held
from placet.gate.messages import Key, Message
from placet.gate.shared import Verdict, logger

if TYPE_CHECKING:
    from placet.gate.delivery import Calls
    from placet.gate.session import Session

#: Rounds that the gate itself drives for one call.
MOST_ROUNDS = 16


@dataclass(slots=True)
class Release:
    """A round that was handed to the host. `mine` are the gate's answers, `theirs` what the host is to answer."""

    mine: dict[str, Any]
    theirs: dict[str, tuple[Ask, Outcome]]
    settled: dict[str, Settled]
    started_over: bool
    used: bool = field(default=False)


def begin(call: Call, message: Message, found: Asking, known: Mapping[str, Held] | None = None) -> Verdict:
    """Hold a result that asks, until everything in it is settled."""
    call.rounds += 1
    if call.rounds > MOST_ROUNDS:
        call.session.refuse(call, f"The server asked {MOST_ROUNDS} times for one call; the gate gives up.")
    else:
        call.flow = call.session.shared.spawn(_run(call, message, found, known or {}))
    return Verdict.TAKEN


async def _run(call: Call, message: Message, found: Asking, known: Mapping[str, Held]) -> None:
    session = call.session
    retried = call.retried(message.result.get("requestState"))
    session.shared.keep(session.shared.withheld, retried, {ask.key or "" for ask in found.asks})
    fresh = [ask for ask in found.asks if settling.same(session, ask) not in call.settled]
    if fresh and call.terms.has_tasks and call.method == "tools/call" and _fit_a_task(found):
        tasks.begin(call)
    outcomes = await settling.settle(session, fresh, call, known=known, keep=_keep(call, message))
    for ask, outcome in zip(fresh, outcomes, strict=True):
        call.settled[settling.same(session, ask)] = Settled(outcome)
    if not await parking.attached(call):
        parking.void(call, [outcome for outcome, _ in call.settled.values()])
        return
    session = call.session
    settled = [(ask, call.settled[settling.same(session, ask)]) for ask in found.asks]
    if any(ask.kind == "sampling" and not one.outcome.released for ask, one in settled):
        _end(call, settled)
        return
    mine, theirs = await _shared_out(session, call, settled)
    await _go_on(call, message, found, mine, theirs, retried)


def _fit_a_task(found: Asking) -> bool:
    """Hosts answer forms and links within a task; sampling they know as a round of the call itself only."""
    return all(ask.kind in ("elicitation_form", "elicitation_url") for ask in found.asks)


def _keep(call: Call, message: Message) -> parking.Keep | None:
    """Write a parked call down, unless an owner edited it: a repeat in another process would not know the edit."""
    return None if call.amended else partial(parking.write_down, message.raw)


def _end(call: Call, settled: list[tuple[Ask, Settled]]) -> None:
    """No retry: refused sampling is not on the wire. What was approved beside it was approved in vain."""
    code, why = answers.not_released([ask.kind for ask, _ in settled], [one.outcome for _, one in settled])
    for _, one in settled:
        call.session.shared.holding.report(one.outcome, "failed", "another ask of its bundle was not released")
    call.session.refuse_with(call, code, why)


async def _shared_out(
    session: Calls, call: Call, settled: list[tuple[Ask, Settled]]
) -> tuple[dict[str, Any], dict[str, tuple[Ask, Outcome]]]:
    """What the gate answers itself, and what is for the host."""
    mine: dict[str, Any] = {}
    theirs: dict[str, tuple[Ask, Outcome]] = {}
    for ask, (outcome, response) in settled:
        name = ask.key or ""
        if response is not None:
            mine[name] = response
        elif not outcome.released:
            tool = ask.kind == "tool_call"
            mine[name] = answers.tool_error(outcome.words()) if tool else answers.elicitation(outcome)
            session.shared.holding.report(outcome, "failed")
        elif ask.kind == "tool_call" and not call.terms.runs_tools:
            mine[name] = await execution.run(session.shared.options.executor, outcome)
            session.shared.holding.report(outcome, execution.status(mine[name]))
        elif outcome.answer is not None:
            mine[name] = outcome.answer
            session.shared.holding.report(outcome, "succeeded", mine[name]["action"])
        else:
            theirs[name] = (ask, outcome)
    return mine, theirs


async def _go_on(
    call: Call, message: Message, found: Asking, mine: dict[str, Any], theirs: dict[str, tuple[Ask, Outcome]],
    retried: str,
) -> None:  # fmt: skip
    """To the host, if something is left for it; otherwise back to the server."""
    session = call.session
    if not theirs and not found.free:
        _retry(call, message, mine)
        return
    requested = requests.for_host(message.raw, ("result", "inputRequests"), theirs, found.free)
    if call.task:
        responses = await call.task.input(requested)
        completed = await _completed(session, call, theirs, responses)
        if completed is not None:
            _retry(call, message, mine | responses | completed)
        return
    release = Release(mine, theirs, call.settled, call.started_over)
    session.shared.keep(session.shared.releases, retried, release)
    session.shared.withheld.pop(retried, None)
    own.leg(call, message)
    untouched = not mine and not any(outcome.edited for _, outcome in theirs.values())
    raw = message.raw
    session.deliver(call, raw if untouched else messages.replaced(raw, {("result", "inputRequests"): requested}))


def _retry(call: Call, message: Message, responses: dict[str, Any]) -> None:
    """The call once more: fresh id, the same bytes, our responses, the server's state exactly as it came."""
    state = messages.member(message.raw, "result", "requestState")
    call.sent_state = state is not None
    written = messages.encoded(responses) if responses else None
    call.session.again(call, {("params", "inputResponses"): written, ("params", "requestState"): state})


# The host's own retry


def from_host(session: Session, call: Call, key: Key) -> bool:
    """Take a host's retry if something has to be added to it, or held; False lets it pass as it is."""
    responses = call.params.get("inputResponses")
    if not isinstance(responses, dict):
        return False
    retried = call.retried(call.params.get("requestState"))
    release = session.shared.releases.get(retried)
    if release and release.used and "requestState" not in call.params:
        # Without a state it cannot be told from a new call. It goes on as one: its answers, whose approvals are used,
        # stay here, and what the server asks for is held anew.
        session.shared.releases.pop(retried)
        call.amend({("params", "inputResponses"): None})
        return False
    why = _refusal(session, retried, release, responses)
    if why:
        session.open[key] = call
        session.refuse(call, why, code=messages.INVALID_PARAMS)
        return True
    if release is None:
        return False
    release.used = True
    call.rounds, call.started_over, call.sent_state = 1, release.started_over, "requestState" in call.params
    _note_responses(session, call, release, responses)
    held = bool(_sampled(session, release.theirs))
    if not held and not release.mine:
        return False
    session.open[key] = call
    call.flow = session.shared.spawn(_completed_retry(session, call, key, release, responses))
    return True


def _refusal(session: Session, retried: str, release: Release | None, responses: dict[str, Any]) -> str | None:
    """Why a host's retry may not pass: it answers what it was never asked, or what it answered before."""
    if release and release.used:
        return "This was answered before, and an approval is used once: call again without requestState."
    if not release and session.shared.withheld.get(retried, set()) & responses.keys():
        return "The gate does not pass an answer to what was not released."
    completions = [one for one in responses.values() if isinstance(one, dict) and {"role", "model"} <= one.keys()]
    if not release and completions:
        return "The gate does not know which approval this completion belongs to: call again without requestState."
    return None


def _note_responses(session: Session, call: Call, release: Release, responses: dict[str, Any]) -> None:
    call.settled = dict(release.settled)
    for name, (ask, outcome) in release.theirs.items():
        response = responses.get(name)
        if isinstance(response, dict):
            call.settled[settling.same(session, ask)] = Settled(outcome, response)
            action = response.get("action")
            session.shared.holding.report(outcome, "succeeded", action if isinstance(action, str) else "")


async def _completed_retry(session: Session, call: Call, key: Key, release: Release, responses: dict[str, Any]) -> None:
    completed = await _completed(session, call, release.theirs, responses)
    if completed is None:
        return
    written = messages.member(call.raw, "params", "inputResponses") or b"{}"
    added: messages.Changes = {(name,): messages.encoded(value) for name, value in (release.mine | completed).items()}
    call.flow = None
    call.session.register(call, key)
    whole = messages.replaced(written, added)
    call.lane.to_server(messages.replaced(call.raw, {("params", "inputResponses"): whole}))


async def _completed(
    session: Calls, call: Call, theirs: Mapping[str, tuple[Ask, Outcome]], responses: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The second checkpoint: completions that owners edited, or None when the call ended because one was refused."""
    edited: dict[str, Any] = {}
    for name, outcome in _sampled(session, theirs):
        response = responses.get(name)
        ask = requests.completion(response if isinstance(response, dict) else {})
        [second] = await settling.settle(session, [ask], call, parkable=False, sampling_action=outcome.action)
        if not second.released:
            call.session.refuse_with(call, *answers.not_released(["sampling_result"], [second]))
            return None
        session.shared.holding.report(second, "succeeded")
        if second.edited and second.params is not None:
            edited[name] = requests.with_meta(ask, second.params)
    return edited


def _sampled(session: Calls, theirs: Mapping[str, tuple[Ask, Outcome]]) -> list[tuple[str, Outcome]]:
    """Released samplings whose completions wait for a second yes."""
    reviews = session.shared.options.reviews
    return [(name, outcome) for name, (ask, outcome) in theirs.items() if ask.kind == "sampling" and reviews(outcome)]


# A state that the server no longer knows


def starts_over(call: Call, message: Message) -> bool:
    """Whether the server forgot the call while people thought; then it is started over, at most once, and said so."""
    if message.error.get("code") != messages.INVALID_PARAMS or not call.sent_state or not call.settled:
        return False
    data, told = message.error.get("data"), str(message.error.get("message", "")).lower()
    reason = data.get("reason") if isinstance(data, dict) else None
    if call.started_over or (reason != "invalid_request_state" if reason else "state" not in told):
        return False
    call.started_over, call.sent_state = True, False
    logger.warning("the server no longer knew a call whose asks were decided: it is started over, once")
    call.session.again(call, {("params", "inputResponses"): None, ("params", "requestState"): None})
    return True
