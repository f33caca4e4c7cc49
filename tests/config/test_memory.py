"""What stays for good is not looked through again and again; what becomes garbage later is still found."""

import gc
import weakref

import pytest

from config import memory


@pytest.fixture(autouse=True)
def _thawed():
    yield
    gc.unfreeze()


class Knot:
    def __init__(self) -> None:
        self.itself = self


def test_what_was_loaded_is_looked_at_no_more():
    memory.give_back()
    assert len(gc.get_objects()) < 1_000 < gc.get_freeze_count()


def test_knots_from_before_and_after_are_both_found():
    before = weakref.ref(Knot())
    memory.give_back()
    after = weakref.ref(Knot())
    gc.collect()
    assert before() is None and after() is None
