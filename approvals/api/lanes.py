"""The few threads in which the API talks to the database, each with a connection of its own that stays open.

Asks go through one lane in groups, reads through another in groups, everything else one by one. Long polls hold no
thread: a thousand of them wait in the event loop and share the reads.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from threading import Barrier
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import connection

from accounts.servers import Identity

from .. import intake, standing
from ..errors import Refusal
from .batcher import UNAVAILABLE, Batcher, Overloaded

SUBMIT_BATCH = 128
READ_BATCH = 500
BACKLOG = 4096
SHARE = BACKLOG // 2  # of the places to wait in, that one server may have
VERB_THREADS = 2
VERB_BACKLOG = 512

_writer = ThreadPoolExecutor(1, thread_name_prefix="placet-submit")
_reader = ThreadPoolExecutor(1, thread_name_prefix="placet-read")
_verbs = ThreadPoolExecutor(VERB_THREADS, thread_name_prefix="placet-verb")


def now() -> datetime:
    return datetime.now(UTC)


def once[Answer](work: Callable[[], Answer]) -> Answer:
    """Run `work` on this thread's connection, and throw the connection away when the database seems to be gone."""
    try:
        return work()
    except UNAVAILABLE:
        connection.close()
        raise


def again[Answer](work: Callable[[], Answer]) -> Answer:
    """Like `once`; work that may be repeated gets a second try when only the connection had died."""
    before = connection.connection
    try:
        return work()
    except UNAVAILABLE:
        # Leaving the transaction may have opened another connection already, when this one could not be rolled back.
        died = before is not None and (connection.connection is not before or not connection.is_usable())
        connection.close()
        if not died:
            raise
    return once(work)


def in_every_thread(work: Callable[..., None], *args: object) -> None:
    """Run `work` once in each thread that has a connection of its own."""
    gate = Barrier(VERB_THREADS)

    def held() -> None:
        gate.wait(5)
        work(*args)

    runs = [
        _writer.submit(work, *args),
        _reader.submit(work, *args),
        *(_verbs.submit(held) for _ in range(VERB_THREADS)),
    ]
    for run in runs:
        run.result(10)


def _submit(items: Sequence[intake.Item]) -> Sequence[intake.Admitted | Refusal]:
    return again(partial(intake.submit_many, items=items, at=now()))


def _read(wanted: Sequence[tuple[Identity, UUID]]) -> Sequence[standing.Standing | Refusal]:
    return again(partial(standing.read_many, wanted=wanted))


def _answered(wanted: Sequence[tuple[Identity, UUID]]) -> Sequence[bool | Refusal]:
    return again(partial(standing.read_answered, wanted=wanted, at=now()))


def _asking(item: intake.Item) -> int:
    return item.server.id


def _reading(wanted: tuple[Identity, UUID]) -> int:
    return wanted[0].id


class Lanes:
    """The lanes as seen from one event loop; the threads behind them are the process's."""

    def __init__(self) -> None:
        self.submit = Batcher(
            _submit, executor=_writer, limit=SUBMIT_BATCH, backlog=BACKLOG, whose=_asking, share=SHARE
        )
        self.read = Batcher(_read, executor=_reader, limit=READ_BATCH, backlog=BACKLOG, whose=_reading, share=SHARE)
        self.answered = Batcher(
            _answered, executor=_reader, limit=READ_BATCH, backlog=BACKLOG, whose=_reading, share=SHARE
        )
        self._busy = 0

    async def verb[**P, Answer](self, verb: Callable[P, Answer], *args: P.args, **words: P.kwargs) -> Answer:
        """Call one verb in a thread of its own turn."""
        if self._busy >= VERB_BACKLOG:
            raise Overloaded
        self._busy += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(_verbs, once, partial(verb, *args, **words))
        finally:
            self._busy -= 1


_lanes: WeakKeyDictionary[asyncio.AbstractEventLoop, Lanes] = WeakKeyDictionary()


def here() -> Lanes:
    """The lanes of the running event loop."""
    loop = asyncio.get_running_loop()
    lanes = _lanes.get(loop)
    if lanes is None:
        lanes = _lanes[loop] = Lanes()
    return lanes
