"""Group commit: what queued while the last batch was in flight goes in one call, and is answered only after that.

With one caller a batch has one item, and nothing waits. Under load batches grow by themselves: callers who were
answered together usually come again together, so the next batch waits a moment until three of four are there. Without
that the first to come back would take a commit alone, and all others would wait for it. Not for all: what one batch
costs before it has an ask is shared by more, and still some are read and answered while others are being committed.

Callers who belong together (a server's) take turns with others: each batch takes one of every one's in turn, and no one
has more than a share of the places to wait in. A batch of several lines is smaller than one of a single line. So what
one sends in bulk delays nobody else by more than a batch.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Executor

from django.db import InterfaceError, OperationalError

#: Raised by the database driver when the database is away, full or too slow; every item of the batch is told so.
UNAVAILABLE = (OperationalError, InterfaceError)


GATHER = 0.002  # seconds a batch waits at most for callers who were answered a moment ago
ALONE = 2  # callers; up to so many are not worth waiting for
PORTION = 16  # items of one line in a batch, while others wait too, or the line was refused something just now


class Overloaded(Exception):
    """More is waiting than can be answered in good time. Try again; nothing was stored."""


class Batcher[Item, Answer]:
    """Collects items of one event loop and hands them, in order of arrival, to `work` in one thread of `executor`.

    `work` returns one answer per item, in order; an answer that is an exception is raised to its caller alone. `whose`
    says who takes turns with whom; everybody with everybody unless told. One of them has at most `share` waiting.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Sequence[Answer | Exception]],
        *,
        executor: Executor,
        limit: int,
        backlog: int,
        whose: Callable[[Item], Hashable] = lambda item: None,
        share: int | None = None,
    ) -> None:
        self._work = work
        self._executor = executor
        self._limit = limit
        self._backlog = backlog
        self._whose, self._share = whose, share or backlog
        self._lines: OrderedDict[Hashable, deque[tuple[Item, asyncio.Future[Answer]]]] = OrderedDict()
        self._waiting = 0
        self._refused: set[Hashable] = set()
        self._running = False
        self._expected = 0
        self._timer: asyncio.TimerHandle | None = None

    async def ask(self, item: Item) -> Answer:
        """Return the answer to one item, or raise what `work` said of it."""
        line = self._lines.setdefault(self._whose(item), deque())
        if self._waiting >= self._backlog or len(line) >= self._share:
            raise Overloaded
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        line.append((item, future))
        self._waiting += 1
        if not self._running:
            self._running = True
            loop.call_soon(self._next, loop)
        elif self._timer is not None and self._waiting >= self._expected:
            self._timer.cancel()
            self._timer = None
            loop.call_soon(self._next, loop)
        return await future

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        """Send off what has gathered. `call_soon` lets requests that were read in the same turn join in."""
        self._timer = None
        batch = self._taken()
        if not batch:
            self._running = False
            return
        done = loop.run_in_executor(self._executor, self._run, [item for item, _ in batch])
        done.add_done_callback(lambda result: self._finish(loop, batch, result))

    def _taken(self) -> list[tuple[Item, asyncio.Future[Answer]]]:
        """Up to `limit` of those who wait: all of a line that is alone, else one of every line in turn."""
        batch: list[tuple[Item, asyncio.Future[Answer]]] = []
        alone = len(self._lines) == 1 and self._refused.isdisjoint(self._lines)
        most = self._limit if alone else min(self._limit, PORTION * len(self._lines))
        while self._lines and len(batch) < most:
            whose, line = next(iter(self._lines.items()))
            batch.append(line.popleft())
            if line:
                self._lines.move_to_end(whose)
            else:
                del self._lines[whose]
        self._waiting -= len(batch)
        return batch

    def _finish(
        self,
        loop: asyncio.AbstractEventLoop,
        batch: list[tuple[Item, asyncio.Future[Answer]]],
        result: "asyncio.Future[Sequence[Answer | Exception]]",
    ) -> None:
        error = asyncio.CancelledError() if result.cancelled() else result.exception()
        answers: Sequence[Answer | BaseException] = [error] * len(batch) if error else result.result()
        told = zip(batch, answers, strict=True)
        self._refused = {self._whose(item) for (item, _), answer in told if isinstance(answer, Exception)}
        self._expected = min(self._limit, (len(batch) + self._waiting) * 3 // 4)
        if len(batch) > ALONE and self._waiting < self._expected:
            self._timer = loop.call_later(GATHER, self._next, loop)
        else:
            self._next(loop)
        for (_, future), answer in zip(batch, answers, strict=True):
            _resolve(future, answer)

    def _run(self, items: list[Item]) -> Sequence[Answer | Exception]:
        """Run the batch; when it fails as a whole for a reason of its own, find out whose it was."""
        try:
            return self._work(items)
        except UNAVAILABLE:
            raise
        except Exception:
            if len(items) == 1:
                raise
            return [self._alone(item) for item in items]

    def _alone(self, item: Item) -> Answer | Exception:
        try:
            return self._work([item])[0]
        except Exception as error:
            return error


def _resolve[Answer](future: asyncio.Future[Answer], answer: Answer | BaseException) -> None:
    """Answer a caller, unless it has gone away: its ask is stored all the same, and its key finds it again."""
    if future.done():
        return
    if isinstance(answer, asyncio.CancelledError):
        future.cancel()
    elif isinstance(answer, BaseException):
        future.set_exception(answer)
    else:
        future.set_result(answer)
