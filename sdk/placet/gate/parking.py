"""Calls whose hosts cannot wait as long as people take.

A parked call was answered "pending approval …, ask again". What it asked for goes on waiting for its owner, and the
identical repeat takes it up where it stands: nothing is asked twice, and no first leg runs twice. Nothing runs for it
meanwhile, and a decision that nobody came back for in time is void.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from placet.gate import answers
from placet.gate.answers import Outcome
from placet.gate.calls import ROUND, Call, fingerprint

if TYPE_CHECKING:
    from placet.gate.delivery import Calls
    from placet.gate.messages import Key

#: Writes a call down so that it survives a restart: the call, its place, and the ids of its actions.
type Keep = Callable[[Call, str, list[str]], None]


def park(call: Call, actions: Sequence[str], *, keep: Keep | None) -> None:
    """Answer the host for now. Without `keep` only this very session can take the call up again."""
    session = call.session
    call.parked = place(session, call, lasting=keep is not None)
    told = answers.to_host(
        call.method, call.id, answers.pending(actions), modern=call.terms.modern, meta=answers.pending_meta(actions)
    )
    session.closed(call)
    call.attached.clear()
    session.shared.keep(session.shared.parked, call.parked, call)
    if keep:
        keep(call, call.parked, list(actions))
    call.lane.to_host(told, final=True)


def place(session: Calls, call: Call, *, lasting: bool) -> str:
    """Where a repeat finds it. What one server process has under way is found by its own session only."""
    scope = "" if lasting else session.id
    return fingerprint([session.shared.options.server, session.principal, scope, call.identity])


def take_up(session: Calls, call: Call, key: Key) -> bool:
    """Whether this request repeats one that was parked; if so, it goes on from there."""
    shared = session.shared
    if not shared.parked or not call.params.keys().isdisjoint(ROUND):
        return False
    places = [place(session, call, lasting=lasting) for lasting in (True, False)]
    parked = next((found for where in places if (found := shared.parked.pop(where, None))), None)
    if parked is None:
        return False
    _attach(session, parked, call)
    session.open[key] = parked
    if parked.answer is not None:
        session.deliver(parked, parked.answer)
    parked.attached.set()
    return True


def _attach(session: Calls, parked: Call, call: Call) -> None:
    """The parked call gets the repeat's listener, terms and metadata; everything else stays."""
    if parked.parked:
        session.shared.memory.drop(parked.parked)
    parked.session, parked.lane, parked.id, parked.raw = session, call.lane, call.id, call.raw
    parked.terms, parked.parked, parked.waiting = call.terms, None, True
    parked.reread()
    parked.amend(parked.amended)


async def attached(call: Call | None) -> bool:
    """Wait until the host listens. False when it did not come back in time, and nothing may happen any more."""
    if call is None or call.parked is None:
        return True
    try:
        async with asyncio.timeout(call.session.shared.options.remembered_for):
            await call.attached.wait()
    except TimeoutError:
        forget(call)
        return False
    return True


def write_down(answer: bytes, call: Call, where: str, actions: list[str]) -> None:
    """Keep a parked call beyond the process, together with the server's answer that asks (empty: it was never sent)."""
    call.session.shared.memory.park(where, answer=answer, actions=actions)


def void(call: Call, outcomes: Sequence[Outcome]) -> None:
    """Nobody came back for these in time."""
    for outcome in outcomes:
        call.session.shared.holding.report(outcome, "failed", "the host did not come back in time")


def keep_answer(call: Call, raw: bytes) -> None:
    """An answer that came while nobody listened is kept for a while."""
    call.answer = raw
    call.session.shared.spawn(_forgotten(call))


async def _forgotten(call: Call) -> None:
    await asyncio.sleep(call.session.shared.options.remembered_for)
    if not call.waiting:
        forget(call)


def forget(call: Call) -> None:
    if call.parked:
        call.session.shared.parked.pop(call.parked, None)
        call.session.shared.memory.drop(call.parked)
        call.parked = None
