"""Group commit: what gathers while a batch is in flight goes together, and each is answered for itself."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError

from approvals.api.batcher import Batcher, Overloaded


class Work:
    """Doubles numbers, slowly when told to; "bad" fails alone, "poison" fails whatever batch it is in."""

    def __init__(self) -> None:
        self.batches: list[list] = []
        self.go = threading.Event()
        self.go.set()

    def __call__(self, items):
        self.batches.append(list(items))
        assert self.go.wait(5)
        if "away" in items:
            raise OperationalError("gone")
        if "poison" in items:
            raise ValueError("poison")
        return [KeyError("bad") if item == "bad" else item * 2 for item in items]


@pytest.fixture
def work():
    return Work()


@pytest.fixture
def batcher(work):
    with ThreadPoolExecutor(1) as executor:
        yield Batcher(work, executor=executor, limit=8, backlog=20)


async def gather(batcher, items):
    return await asyncio.gather(*(batcher.ask(item) for item in items), return_exceptions=True)


async def test_asks_of_one_turn_share_a_batch(batcher, work):
    assert await gather(batcher, range(5)) == [0, 2, 4, 6, 8]
    assert work.batches == [[0, 1, 2, 3, 4]]


async def test_what_comes_while_a_batch_is_in_flight_makes_the_next(batcher, work):
    work.go.clear()
    first = asyncio.create_task(batcher.ask(1))
    await asyncio.sleep(0.05)
    rest = asyncio.create_task(gather(batcher, range(2, 14)))
    await asyncio.sleep(0.05)
    work.go.set()
    assert await first == 2 and await rest == [n * 2 for n in range(2, 14)]
    assert [len(batch) for batch in work.batches] == [1, 8, 4]


async def test_callers_who_were_answered_together_are_waited_for(batcher, work):
    await gather(batcher, range(6))
    first = asyncio.create_task(batcher.ask(1))
    await asyncio.sleep(0)
    rest = asyncio.create_task(gather(batcher, range(5)))
    assert await first == 2 and len(await rest) == 5
    assert [len(batch) for batch in work.batches] == [6, 6]


async def test_nobody_waits_long_for_those_who_do_not_come(batcher, work):
    await gather(batcher, range(6))
    async with asyncio.timeout(0.5):
        assert await batcher.ask(1) == 2
    assert [len(batch) for batch in work.batches] == [6, 1]


async def test_a_refused_item_is_told_alone(batcher):
    one, bad, two = await gather(batcher, [1, "bad", 2])
    assert (one, two) == (2, 4) and isinstance(bad, KeyError)


async def test_an_item_that_breaks_its_batch_breaks_only_itself(batcher, work):
    one, poison, two = await gather(batcher, [1, "poison", 2])
    assert (one, two) == (2, 4) and isinstance(poison, ValueError)
    assert work.batches == [[1, "poison", 2], [1], ["poison"], [2]]


async def test_a_database_that_is_away_is_told_to_everybody_once(batcher, work):
    answers = await gather(batcher, [1, "away", 2])
    assert all(isinstance(answer, OperationalError) for answer in answers) and len(work.batches) == 1
    assert await batcher.ask(1) == 2


async def test_beyond_the_backlog_callers_are_sent_away(batcher, work):
    work.go.clear()
    waiting = asyncio.create_task(gather(batcher, range(28)))
    await asyncio.sleep(0.05)
    work.go.set()
    answers = await waiting
    assert sum(isinstance(answer, Overloaded) for answer in answers) == 8


async def test_a_caller_who_left_does_not_hold_up_the_others(batcher, work):
    work.go.clear()
    leaving, staying = asyncio.create_task(batcher.ask(1)), asyncio.create_task(batcher.ask(2))
    await asyncio.sleep(0.05)
    leaving.cancel()
    work.go.set()
    assert await staying == 4 and work.batches == [[1, 2]]


@pytest.fixture
def fair(work):
    """A batcher of items of lines: `(whose, number)`."""
    with ThreadPoolExecutor(1) as executor:
        yield Batcher(work, executor=executor, limit=8, backlog=40, whose=lambda item: item[0], share=20)


async def test_callers_of_different_lines_take_turns(fair, work):
    work.go.clear()
    first = asyncio.create_task(fair.ask(("a", -1)))
    await asyncio.sleep(0.05)
    rest = asyncio.create_task(gather(fair, [*(("a", n) for n in range(18)), ("b", 0), ("c", 0), ("b", 1)]))
    await asyncio.sleep(0.05)
    work.go.set()
    await first
    await rest
    assert work.batches[1] == [("a", 0), ("b", 0), ("c", 0), ("a", 1), ("b", 1), ("a", 2), ("a", 3), ("a", 4)]
    assert [len(batch) for batch in work.batches] == [1, 8, 8, 5]


async def test_one_line_may_not_take_all_places_to_wait_in(fair, work):
    work.go.clear()
    first = asyncio.create_task(fair.ask(("a", -1)))
    await asyncio.sleep(0.05)
    flood = asyncio.create_task(gather(fair, [("a", n) for n in range(50)]))
    await asyncio.sleep(0.05)
    other = asyncio.create_task(fair.ask(("b", 0)))
    await asyncio.sleep(0.05)
    work.go.set()
    await first
    assert sum(isinstance(answer, Overloaded) for answer in await flood) == 30
    assert await other == ("b", 0, "b", 0) and ("b", 0) in work.batches[1]
