"""One subscription for the whole process: it wakes long polls and sockets when something happened.

Everything here is a hint. Messages may be lost (Redis restarted, a publisher died after its commit), so whoever waits
subscribes first, reads the row after that, and reads it again now and then. A hub belongs to one event loop.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import redis.asyncio as redis
from django.conf import settings
from redis.exceptions import RedisError

CHANNEL = "placet.nudge"
ENDINGS = ("settled", "answered")  # what a server may be waiting for
QUIET = 15.0  # seconds without a message before the connection is asked for a sign of life
BACKOFF = (0.05, 0.2, 0.5, 1.0, 2.0)

Message = dict[str, Any]
Callback = Callable[[Message], None]
log = logging.getLogger(__name__)


class Hub:
    """The subscription of one event loop. `connected` says whether hints arrive now."""

    def __init__(self, *, url: str | None) -> None:
        self.connected = False
        self._url = url
        self._callbacks: set[Callback] = set()
        self._watchers: dict[str, set[asyncio.Event]] = {}
        self._tried = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name="placet hub")

    async def started(self) -> None:
        """Return once the first connection stands or has failed; never waits for a Redis that is away."""
        self.start()
        await self._tried.wait()

    def subscribe(self, callback: Callback) -> Callable[[], None]:
        self._callbacks.add(callback)
        self.start()
        return lambda: self._callbacks.discard(callback)

    @contextlib.asynccontextmanager
    async def watching(self, action_id: UUID) -> AsyncIterator[asyncio.Event]:
        """Yield an event that is set when that action may have been settled or answered.

        Clear it before reading again.
        """
        key, event = str(action_id), asyncio.Event()
        self._watchers.setdefault(key, set()).add(event)
        try:
            await self.started()
            yield event
        finally:
            self._forget(key, event)

    def _forget(self, key: str, event: asyncio.Event) -> None:
        events = self._watchers.get(key, set())
        events.discard(event)
        if not events:
            self._watchers.pop(key, None)

    async def _run(self) -> None:
        failures = 0
        if not self._url:
            self._tried.set()
            return
        while True:
            try:
                async for raw in self._messages():
                    failures = 0
                    self._hear(raw)
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("hub lost redis", extra={"error": type(error).__name__})
            finally:
                self._changed(connected=False)
            await asyncio.sleep(BACKOFF[min(failures, len(BACKOFF) - 1)])
            failures += 1

    async def _messages(self) -> AsyncIterator[bytes]:
        """Yield what is published; raise when the connection is lost or gives no sign of life."""
        async with redis.Redis.from_url(self._url, socket_connect_timeout=2) as client, client.pubsub() as pubsub:
            await pubsub.subscribe(CHANNEL)
            asked = False
            while True:
                message = await pubsub.get_message(timeout=QUIET)
                if message is None:
                    if asked:
                        raise TimeoutError
                    asked = True
                    await pubsub.ping()
                    continue
                asked = False
                if message["type"] == "subscribe":
                    self._changed(connected=True)
                elif message["type"] == "message":
                    yield message["data"]

    def _changed(self, *, connected: bool) -> None:
        """Wake everybody when the connection comes or goes: what was published in between was not heard."""
        self.connected = connected
        self._tried.set()
        for events in list(self._watchers.values()):
            for event in events:
                event.set()

    def _hear(self, raw: bytes) -> None:
        try:
            message = json.loads(raw)
            settled = message["actions"] if message["event"] in ENDINGS else ()
        except (ValueError, KeyError, TypeError):
            log.warning("hub heard something that is not a nudge")
            return
        for action_id in settled:
            for event in self._watchers.get(action_id, ()):
                event.set()
        for callback in list(self._callbacks):
            try:
                callback(message)
            except Exception:  # one page's fault must not silence the hub for all others
                log.exception("a subscriber failed")


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def here() -> Hub:
    """Return the hub of the running event loop."""
    loop = asyncio.get_running_loop()
    hub = _hubs.get(loop)
    if hub is None:
        hub = _hubs[loop] = Hub(url=settings.REDIS_URL)
    return hub


def subscribe(callback: Callback) -> Callable[[], None]:
    """Call `callback(message)` in this event loop for every nudge; returns the way to stop it."""
    return here().subscribe(callback)


async def started() -> None:
    await here().started()


def watching(action_id: UUID) -> contextlib.AbstractAsyncContextManager[asyncio.Event]:
    return here().watching(action_id)
