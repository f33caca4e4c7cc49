"""A time line draws every step where its time is: none covers another, long pauses are left out, now is marked."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from approvals.rules import timelines

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def step(number, begins, ends, *, lane="Tool call", used=None, reported=None):
    moments = (None if each is None else NOON + timedelta(seconds=each) for each in (begins, ends, used, reported))
    begins, ends, used, reported = moments
    return timelines.Step(number, lane, "approved", begins, ends, used, reported)


def draw(*steps, after=600, width=timelines.WIDE):
    names = ["Sampling", "Tool call"]
    return timelines.draw(steps, names=names, at=NOON + timedelta(seconds=after), width=width)


@pytest.mark.parametrize("width", [timelines.WIDE, timelines.NARROW])
def test_steps_of_one_moment_stand_in_rows_and_inside_the_picture(width):
    picture = draw(*(step(n, 0, 1) for n in range(1, 41)), width=width)
    assert len({each.y for each in picture.steps}) == 40
    assert all(each.x >= 0 and each.right <= width and each.width >= timelines.LEAST for each in picture.steps)
    assert picture.height > max(each.y for each in picture.steps)


def test_steps_that_follow_each_other_share_a_row():
    first, second = draw(step(1, 0, 100), step(2, 200, 300)).steps
    assert first.y == second.y and first.right < second.x


def test_lanes_stand_in_their_order_and_only_where_something_is():
    picture = draw(step(1, 0, 60), step(2, 0, 60, lane="Sampling"))
    assert [lane.name for lane in picture.lanes] == ["Sampling", "Tool call"]
    assert [lane.name for lane in draw(step(1, 0, 60)).lanes] == ["Tool call"]


def test_what_waits_reaches_to_now():
    picture = draw(step(1, 0, 60), step(2, 0, None))
    waiting = picture.steps[1]
    assert picture.now is not None and abs(waiting.right - picture.now) < 2
    assert draw(step(1, 0, 60)).now is None


def test_a_long_time_without_anything_is_left_out():
    picture = draw(step(1, 0, 60), step(2, 86_400 * 9, 86_400 * 9 + 60))
    first, second = picture.steps
    assert len(picture.pauses) == 1 and first.right < picture.pauses[0] < second.x
    assert first.width > 200 and second.width > 200
    assert [tick.words for tick in picture.ticks][:1] == ["23 Nov"] and "2 Dec" in [
        tick.words for tick in picture.ticks
    ]


def test_of_very_many_pauses_only_the_longest_are_left_out():
    steps = [step(n, n * 4_000 + n * n, n * 4_000 + n * n + 5) for n in range(40)]
    picture = draw(*steps, width=timelines.NARROW)
    assert len(picture.pauses) <= timelines.PAUSES
    assert all(each.right <= timelines.NARROW for each in picture.steps)


def test_use_and_report_stand_behind_the_decision():
    (drawn,) = draw(step(1, 0, 100, used=150, reported=200)).steps
    assert drawn.right <= drawn.used <= drawn.tail


@pytest.mark.parametrize("lasts", [0, 1, 59, 3_600, 86_400, 86_400 * 400])
def test_the_scale_never_crowds(lasts):
    ticks = draw(step(1, 0, lasts), after=lasts).ticks
    assert 1 <= len(ticks) <= 9
    assert all(after.x - before.x >= 40 for before, after in itertools.pairwise(ticks))
