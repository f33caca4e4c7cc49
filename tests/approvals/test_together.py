"""What several threads hand in at once goes in one call, and each is told its own."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from approvals.together import Together

WAIT = 10


class Slow:
    """Work whose first call waits until it is let go."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(self, items):
        self.calls.append(list(items))
        if len(self.calls) == 1:
            self.begun.set()
            assert self.go.wait(WAIT)
        if 13 in items:
            raise ValueError("unlucky")
        return [item * 2 for item in items]


def run(work: Slow, others: list[int], **terms):
    """One item first; while it is being worked on, the others come. Returns the answers, or what was raised."""
    shared = Together(work, limit=terms.pop("limit", 32), **terms)

    def told(item: int):
        try:
            return shared.ask(item)
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(len(others) + 1) as pool:
        first = pool.submit(told, 1)
        assert work.begun.wait(WAIT)
        rest = [pool.submit(told, other) for other in others]
        while len(shared._waiting) < len(others):
            pass
        work.go.set()
        return [future.result(WAIT) for future in (first, *rest)], shared


def test_who_comes_during_a_call_shares_the_next_one():
    work = Slow()
    answers, _ = run(work, [2, 3, 4, 5, 6])
    assert answers == [2, 4, 6, 8, 10, 12]
    assert [len(call) for call in work.calls] == [1, 5]


def test_one_alone_waits_for_nobody_and_the_door_stays_open():
    calls = []
    shared = Together(lambda items: calls.append(items) or items, limit=4)
    assert [shared.ask(item) for item in (7, 8)] == [7, 8]
    assert calls == [[7], [8]]


def test_a_call_takes_no_more_than_its_limit():
    work = Slow()
    answers, _ = run(work, [2, 3, 4, 5, 6], limit=2)
    assert sorted(answers) == [2, 4, 6, 8, 10, 12]
    assert max(map(len, work.calls)) == 2


def test_what_does_not_fit_goes_in_a_call_of_its_own():
    work = Slow()
    answers, _ = run(work, [2, 4, 5, 7], fits=lambda first, other: first % 2 == other % 2)
    assert sorted(answers) == [2, 4, 8, 10, 14]
    assert all(len({item % 2 for item in call}) == 1 for call in work.calls)


def test_one_failure_is_told_to_nobody_else():
    work = Slow()
    answers, shared = run(work, [2, 13, 4])
    assert answers == [2, 4, "unlucky", 8]
    assert shared.ask(5) == 10


def test_a_failure_of_all_is_told_to_all_without_another_try():
    work = Slow()
    answers, shared = run(work, [2, 13, 4], shared=(ValueError,))
    assert answers == [2, "unlucky", "unlucky", "unlucky"]
    assert [len(call) for call in work.calls] == [1, 3]
    assert shared.ask(5) == 10


def test_whoever_is_interrupted_leaves_nobody_waiting():
    def work(items):
        raise KeyboardInterrupt

    shared = Together(work, limit=4)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            shared.ask(1)
