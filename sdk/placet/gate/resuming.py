"""Calls that were parked by a gate process that is gone: the identical repeat takes them up where they stood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from placet.gate import channels, links, messages, own, parking, rounds
from placet.gate.calls import ROUND, Call
from placet.gate.channels import Asking
from placet.gate.holding import Held
from placet.gate.messages import Key

if TYPE_CHECKING:
    from placet.gate.session import Session


def take_up(session: Session, call: Call, key: Key) -> bool:
    """Whether this request was parked in an earlier life; if so, it goes on with the decisions that were made since."""
    memory = session.shared.memory
    if not memory.lasting or not memory.parked_anything() or not call.params.keys().isdisjoint(ROUND):
        return False
    kept = memory.unpark(parking.place(session, call, lasting=True))
    if kept is None:
        return False
    answer, asks = kept
    known = {same: Held({}, same=same, action=action, decided=outcome) for same, (action, outcome) in asks.items()}
    if not answer:
        return own.from_host(session, call, key, known)
    message = messages.read(answer)
    found = channels.of_response(message, method=call.method, tools=session.shared.options.tools)
    if not isinstance(found, Asking):
        return False
    session.open[key] = call
    begin = links.begin if found.channel == "url_error" else rounds.begin
    begin(call, message, found, known)
    return True
