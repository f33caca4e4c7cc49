"""The same work as ours, on any peer: submit, a script decides, the submitter holds the answer.

The load client is ours, and it hands the decision in itself, without a process of its own for that: a peer is spared
what our deciding script costs the two cores.
"""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from ..load import Tally, Wire, quantile, sustain

WARM, DECISIONS = 1.0, 60
type Pair = tuple[Wire, Wire]  # one to ask and wait on, one to decide on


class Peer(Protocol):
    """What a peer must be able to do; `begins_later` when an acknowledged ask does not wait for its decision yet."""

    begins_later: bool

    async def open(self) -> Pair: ...
    def listening(self) -> AbstractAsyncContextManager[object]: ...
    async def submit(self, wire: Wire) -> str: ...
    def begun(self) -> bool: ...
    async def decide(self, wire: Wire, key: str) -> None: ...
    async def decided(self, wire: Wire, key: str) -> None: ...
    def memory(self) -> float: ...


def measure(peer: Peer, seconds: float, note: Callable[[str, float], None]) -> None:
    """Every measure once; decisions first, while little is left waiting."""
    _run(round_trips(peer, concurrency=16, seconds=WARM))
    for concurrency in (16, 64):
        note(f"round trip c{concurrency}", _run(round_trips(peer, concurrency=concurrency, seconds=seconds)).rate)
    took = _run(wakings(peer, waiting=64))
    note("wake p50, 64 waiting", quantile(took, 0.5) * 1000)
    note("wake p99, 64 waiting", quantile(took, 0.99) * 1000)
    for concurrency in (1, 16, 64):
        acknowledged, begun = _run(submissions(peer, concurrency=concurrency, seconds=seconds))
        note(f"submit c{concurrency}", acknowledged)
        if peer.begins_later:
            note(f"begun c{concurrency}", begun)
    note("memory", peer.memory())


async def submissions(peer: Peer, *, concurrency: int, seconds: float) -> tuple[float, float]:
    """Asks a second that are durable when the answer comes; and that wait for a decision, after the last has begun."""
    count, started = itertools.count(), time.perf_counter()

    async def one(pair: Pair) -> None:
        await peer.submit(pair[0])
        next(count)

    tally = await _with_pairs(peer, concurrency, lambda pairs: sustain(one, pairs, seconds=seconds))
    while not await asyncio.to_thread(peer.begun):
        await asyncio.sleep(0.05)
    return tally.rate, next(count) / (time.perf_counter() - started)


async def round_trips(peer: Peer, *, concurrency: int, seconds: float) -> Tally:
    """Submitted, decided, and the submitter holds the answer; it waits while the decision is on its way, as ours."""

    async def one(pair: Pair) -> None:
        key = await peer.submit(pair[0])
        await asyncio.gather(peer.decide(pair[1], key), peer.decided(pair[0], key))

    return await _with_pairs(peer, concurrency, lambda pairs: sustain(one, pairs, seconds=seconds))


async def wakings(peer: Peer, *, waiting: int) -> list[float]:
    """Seconds from a verdict to the submitter's answer, one after another, while `waiting` submitters wait."""

    async def run(pairs: list[Pair]) -> list[float]:
        keys = await asyncio.gather(*(peer.submit(wire) for wire, _ in pairs))
        waits = [asyncio.create_task(_arrival(peer, wire, key)) for (wire, _), key in zip(pairs, keys, strict=True)]
        await asyncio.sleep(2)
        begun = []
        for (_, wire), key in zip(pairs, keys, strict=True):
            begun.append(time.monotonic())
            await peer.decide(wire, key)
        arrived = await asyncio.gather(*waits)
        return [there - then for there, then in zip(arrived, begun, strict=True)][:DECISIONS]

    return await _with_pairs(peer, waiting, run)


async def _arrival(peer: Peer, wire: Wire, key: str) -> float:
    await peer.decided(wire, key)
    return time.monotonic()


async def _with_pairs[Result](peer: Peer, count: int, work: Callable[[list[Pair]], Awaitable[Result]]) -> Result:
    async with peer.listening():
        pairs = [await peer.open() for _ in range(count)]
        try:
            return await work(pairs)
        finally:
            for wire in (wire for pair in pairs for wire in pair):
                wire.close()


def _run[Result](measure: Awaitable[Result]) -> Result:
    try:
        from uvloop import run
    except ImportError:
        run = asyncio.run
    return run(measure)
