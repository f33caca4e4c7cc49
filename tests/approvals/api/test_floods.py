"""A flood by one server: turned away with the seconds to wait, and hardly felt by any other."""

import asyncio
import statistics
import time
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async

from accounts import servers
from approvals import intake
from approvals.api import lanes
from approvals.api.batcher import PORTION
from approvals.errors import TooMany
from approvals.intake.floods import MANY, Floods, floods
from approvals.models import Action
from tests.asks import item

from .conftest import refused

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _forgotten():
    floods.forget()
    yield
    floods.forget()


@pytest.fixture
def bounded(shop):
    async def bound(**bounds):
        for name, most in bounds.items():
            setattr(shop, name, most)
        await sync_to_async(shop.save)()

    return bound


async def test_one_too_many_is_429_with_the_seconds_to_wait(door, bounded, refund, alice):
    await bounded(per_minute=1)
    assert (await door.submit()).status_code == 201
    answer = await door.submit(key="k2")
    refused(answer, 429, "too_many")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert (await door.submit()).status_code == 200, "the same again is no new ask"


async def test_who_may_have_no_more_waiting_is_told_so(door, bounded, refund, alice, decide):
    await bounded(pending_most=1)
    action = await door.submitted()
    answer = await door.submit(key="k2")
    refused(answer, 429, "too_many")
    assert answer.headers["Retry-After"] == "30"
    await decide(action, "deny")
    assert (await door.submit(key="k2")).status_code == 201


def test_only_who_goes_on_long_after_the_first_no_is_told_without_a_look():
    known, no = Floods(), TooMany("wait", seconds=40, whole=True)
    for _ in range(MANY):
        assert known.refusal(1, at=AT) is None
        known.told(1, no, at=AT)
    again = known.refusal(1, at=AT + timedelta(seconds=10))
    assert (again.seconds, again.message, known.refusal(2, at=AT)) == (30, "wait", None)
    assert known.refusal(1, at=AT + timedelta(seconds=40)) is None, "there is a place again"
    assert known.refusal(1, at=AT) is None, "and what was is forgotten"


def test_a_bound_of_a_rule_says_nothing_about_other_asks():
    known = Floods()
    for _ in range(2 * MANY):
        known.told(1, TooMany("wait", seconds=40), at=AT)
    assert known.refusal(1, at=AT) is None


async def test_a_flood_by_one_server_hardly_delays_another(token, bounded, shop, refund, alice, now):
    """Ten thousand asks of the shop, 256 at a time, beside the bakery's one after the other.

    What delays an ask is what is answered before it: two small batches of the flood, whatever its size. The time is
    bounded too, loosely, because the machine may be busy with others.
    """
    await bounded(per_minute=50)
    bakery = await sync_to_async(servers.register)(name="bakery", at=now)
    one, other = await sync_to_async(item)(shop), await sync_to_async(item)(bakery)
    keys, submit, turned_away = iter(range(10_000)), lanes.here().submit, []

    async def timed(number: int) -> tuple[float, int]:
        began, before = time.perf_counter(), len(turned_away)
        await submit.ask(intake.Item(other.server, f"b{number}", other.submission))
        return time.perf_counter() - began, len(turned_away) - before

    async def flood() -> None:
        for key in keys:
            try:
                await submit.ask(intake.Item(one.server, f"f{key}", one.submission))
            except TooMany as no:
                turned_away.append(no)

    alone = [await timed(number) for number in range(60)]
    flooding = [asyncio.create_task(flood()) for _ in range(256)]
    beside = [await timed(number) for number in range(60, 120)]
    assert not all(task.done() for task in flooding), "the flood was over too soon to be felt"
    await asyncio.gather(*flooding)
    assert len(turned_away) == 9_950
    assert await Action.objects.filter(server=bakery, state="pending").acount() == 120
    assert statistics.median(others for _, others in beside) <= 3 * PORTION
    assert statistics.median(took for took, _ in beside) <= 1.2 * statistics.median(took for took, _ in alone) + 0.02
