"""Sequencers at once, and entries that come late, on PostgreSQL: one leaf an entry, one number a leaf."""

import threading
from datetime import timedelta

import pytest
from django.db import connections, transaction
from placet.tlog import tree as merkle

from approvals import ledger, sequencing
from approvals.models import Entry, Leaf
from approvals.queries import tree

from .test_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def write(count: int, at) -> None:
    for number in range(count):
        ledger.record(event="test.written", actor=f"user:w{number}", at=at)


def whole() -> None:
    """Every entry has one leaf, the numbers are without a gap, and the newest head is the root of all."""
    leaves = list(Leaf.objects.order_by("number"))
    assert [leaf.number for leaf in leaves] == list(range(len(leaves)))
    assert len(leaves) == Entry.objects.count()
    peaks = merkle.Peaks()
    for leaf in leaves:
        peaks.append(bytes(leaf.hash))
    assert (tree.newest().size, tree.newest().root) == (peaks.size, peaks.root)


def test_sequencers_and_writers_at_once_number_every_entry_once(now):
    for n in range(6):
        at = now + timedelta(seconds=2 * n)
        turns = [lambda at=at: sequencing.run(at=at) for _ in range(3)]
        at_once(*turns, *[lambda at=at: write(25, at) for _ in range(3)])
    sequencing.run(at=now + timedelta(minutes=1))
    whole()


class Slow:
    """A transaction in a thread of its own that has written its entry, and ends when told."""

    def __init__(self, at, *, keep: bool) -> None:
        self._wrote, self._end = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, args=(at, keep))
        self._thread.start()
        assert self._wrote.wait(10)

    def _run(self, at, keep: bool) -> None:
        with transaction.atomic():
            write(1, at)
            self._wrote.set()
            self._end.wait(10)
            transaction.set_rollback(not keep)
        connections.close_all()

    def end(self) -> None:
        self._end.set()
        self._thread.join(10)


def test_an_entry_whose_transaction_ends_late_is_not_passed_over(now):
    write(1, now)
    slow = Slow(now, keep=True)
    write(1, now)
    assert sequencing.run(at=now) == 2, "nobody waits for the slow one"
    first = tree.newest()
    slow.end()
    write(1, now)
    assert sequencing.run(at=now + timedelta(seconds=2)) == 2
    order = list(Leaf.objects.order_by("number").values_list("entry_id", flat=True))
    assert order == [order[0], order[0] + 2, order[0] + 1, order[0] + 3]
    assert first.through < order[2] and tree.newest().through == order[3]
    whole()


def test_an_id_that_was_given_and_undone_is_waited_for_no_longer_than_needed(now):
    write(1, now)
    Slow(now, keep=False).end()
    write(1, now)
    sequencing.run(at=now)
    assert tree.newest().through == Entry.objects.latest("id").pk
    whole()
