"""Asks on their way to a decision: what is told about them, and how the host is kept patient meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from placet.gate import knowledge, messages, parking
from placet.gate.answers import Outcome
from placet.gate.calls import Call, fingerprint
from placet.gate.channels import Ask
from placet.gate.holding import Held
from placet.gate.parking import Keep
from placet.submissions import identifier

if TYPE_CHECKING:
    from placet.gate.delivery import Calls


async def settle(
    session: Calls, asks: Sequence[Ask], call: Call | None, *, known: Mapping[str, Held] | None = None,
    parkable: bool = True, keep: Keep | None = None, **more: Any,
) -> list[Outcome]:  # fmt: skip
    """Ask the console about each and wait for all. Asks that came together share a bundle.

    `known` are asks that the console already has, by what makes them the same. Cancelled, whatever is undecided is
    taken back, unless its host was told to come back for it.
    """
    group = {"id": f"b-{identifier()}", "size": len(asks)} if len(asks) > 1 or (asks and asks[0].key) else None
    held = [(known or {}).get(same(session, ask)) or _held(session, ask, call, group, more) for ask in asks]
    for one in held:
        one.outcome = asyncio.get_running_loop().create_task(session.shared.holding.settle(one))
    try:
        outcomes = await _patiently(held, call, parkable=parkable, keep=keep)
    except asyncio.CancelledError:
        await _stop(held, call)
        raise
    for one, outcome in zip(held, outcomes, strict=True):
        if call and outcome.released:
            knowledge.approve_definition(session, call, one.asked.get("definition"))
    return [_led(session, ask, outcome) for ask, outcome in zip(asks, outcomes, strict=True)]


def _led(session: Calls, ask: Ask, outcome: Outcome) -> Outcome:
    """A released link, led over the console's connect page: it shows its subject where it leads, and records it."""
    console = session.shared.options.connect
    if not console or ask.kind != "elicitation_url" or not outcome.released or outcome.answer is not None:
        return outcome
    params = (outcome.params or {}) | {"url": f"{console}/connect/{outcome.action}/"}
    return replace(outcome, params=params, edited=True)


def same(session: Calls, ask: Ask) -> str:
    """Equal for byte-identical asks of one principal."""
    return fingerprint([session.shared.options.server, session.principal, ask.kind, ask.method, ask.shown])


def injects(session: Calls, ask: Ask, call: Call | None) -> bool:
    """Whether the subject answers this on the console, because the host cannot ask its user."""
    terms = call.terms if call else session.terms
    return session.shared.options.inject and ask.kind.startswith("elicitation") and not terms.can_elicit(ask.kind)


def _held(
    session: Calls, ask: Ask, call: Call | None, group: dict[str, Any] | None, more: Mapping[str, Any]
) -> Held:  # fmt: skip
    options, terms = session.shared.options, call.terms if call else session.terms
    mcp: dict[str, Any] = {"method": ask.method, "params": ask.shown}
    if terms.revision:
        mcp["revision"] = terms.revision
    bundle = group | ({"key": ask.key[:256]} if ask.key else {}) if group else None
    chain = [name for name in (terms.client, session.server_name) if name]
    asked = {
        "kind": ask.kind, "mcp": mcp, "subject": session.subject, "session": session.id, "bundle": bundle,
        "timeout": options.timeout, "definition": knowledge.definition(session, call),
        "signals": _signals(options.shown, knowledge.hints(session, call)),
        "origin": call.origin(session.principal) if call else {"principal": session.principal[:256]},
        "identity": {"host": terms.client or "unnamed", "chain": chain},
        "answer": "console" if injects(session, ask, call) else None, **more,
    }  # fmt: skip
    return Held(asked, same=same(session, ask))


def _signals(server: str, hints: dict[str, bool]) -> dict[str, Any] | None:
    said: dict[str, Any] = ({"server": server[:300]} if server else {}) | ({"hints": hints} if hints else {})
    return said or None


async def _patiently(held: list[Held], call: Call | None, *, parkable: bool, keep: Keep | None) -> list[Outcome]:
    """Wait for all, telling a host that wants to know, and letting one go that cannot wait."""
    loop = asyncio.get_running_loop()
    waits: set[asyncio.Task[Any]] = {one.outcome for one in held if one.outcome}
    since = loop.time()
    while waits:
        if call is None or not parkable or call.task:
            await asyncio.wait(waits)
        elif not call.waiting:
            await _until_attached(waits, call)
            since = loop.time()
        else:
            await asyncio.wait(waits, timeout=_patience(call, loop.time() - since))
        waits = {task for task in waits if not task.done()}
        if waits and call and parkable and call.waiting and not call.task:
            _attend(call, held, waited=loop.time() - since, keep=keep)
    return [one.outcome.result() for one in held if one.outcome]


def _patience(call: Call, waited: float) -> float | None:
    """Seconds until the host has to hear something; None when it waits as long as it takes."""
    options = call.session.shared.options
    if call.token is not None:
        return options.progress_every
    return max(0.0, options.park_after - waited) if options.park_after else None


def _attend(call: Call, held: list[Held], *, waited: float, keep: Keep | None) -> None:
    if call.token is not None:
        progress(call)
    elif (left := _patience(call, waited)) is not None and left <= 0:
        parking.park(call, [one.action.id for one in held if one.action], keep=keep)


async def _until_attached(waits: set[asyncio.Task[Any]], call: Call) -> None:
    """Nobody listens: until something is settled, or the host comes back."""
    back = asyncio.ensure_future(call.attached.wait())
    try:
        await asyncio.wait({*waits, back}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        back.cancel()


async def _stop(held: list[Held], call: Call | None) -> None:
    promised = bool(call and call.parked and call.session.shared.memory.keeps(call.parked))
    stopped = []
    for one in held:
        one.left = promised
        if one.outcome and not one.outcome.done():
            one.outcome.cancel()
            stopped.append(one.outcome)
    if stopped:
        await asyncio.wait(stopped, timeout=10)


def progress(call: Call) -> None:
    """Tell the host that its call is alive. Progress has to grow, so it grows by next to nothing (MCP, progress)."""
    call.progress += 1e-6
    params = {"progressToken": call.token, "progress": round(call.progress, 6), "message": "Waiting for an approval"}
    call.lane.to_host(messages.notification("notifications/progress", params))
