"""Asks on their way to a decision: what is told about them, and how the host is kept patient meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
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

LONG = 3600.0


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
    return outcomes


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
        "signals": {"server": options.shown[:300]} if options.shown else None,
        "origin": call.origin(session.principal) if call else {"principal": session.principal[:256]},
        "identity": {"host": terms.client or "unnamed", "chain": chain},
        "answer": "console" if injects(session, ask, call) else None, **more,
    }  # fmt: skip
    return Held(asked, same=same(session, ask))


async def _patiently(held: list[Held], call: Call | None, *, parkable: bool, keep: Keep | None) -> list[Outcome]:
    """Wait for all, telling a host that wants to know, and letting one go that cannot wait."""
    loop = asyncio.get_running_loop()
    everything = asyncio.gather(*[one.outcome for one in held if one.outcome])
    options = call.session.shared.options if call else None
    park_at = loop.time() + options.park_after if options and options.park_after and parkable else None
    while not everything.done():
        seconds = LONG
        if call and options and call.waiting and not call.task:
            listens = call.token is not None
            seconds = options.progress_every if listens else max(0.0, park_at - loop.time()) if park_at else LONG
        await asyncio.wait({everything}, timeout=seconds)
        if everything.done() or call is None or not call.waiting or call.task:
            continue
        if call.token is not None:
            progress(call)
        elif park_at and loop.time() >= park_at:
            parking.park(call, [one.action.id for one in held if one.action], keep=keep)
    return await everything


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
