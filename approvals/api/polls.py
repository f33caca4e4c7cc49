"""Long polls: hold an answer until the action is decided or answered, the time is up, or nobody listens any more."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from .. import hub
from ..models import State
from ..standing import Standing

LONGEST = 30.0
WAIT = r"^[0-9]{1,6}s$"
#: Hints may be lost, so a parked poll reads its row again after this many seconds; sooner while no hints arrive.
LOOK_AGAIN, LOOK_OFTEN = 5.0, 1.0


class Gone(Exception):
    """The client hung up; there is nobody to answer."""


def seconds(text: str) -> float:
    """Read `25s`, which matches WAIT: at most 30 s are granted, and a longer wish is cut to that."""
    return min(float(text.removesuffix("s")), LONGEST)


async def decided(
    read: Callable[[], Awaitable[Standing]],
    *,
    action_id: UUID,
    wait: float,
    gone: Callable[[], Awaitable[None]],
) -> Standing:
    """Return the row once it is decided, or as it is when `wait` seconds are over."""
    return await held(read, lambda row: row.state != State.PENDING, action_id=action_id, wait=wait, gone=gone)


async def held[Read](
    read: Callable[[], Awaitable[Read]],
    is_enough: Callable[[Read], bool],
    *,
    action_id: UUID,
    wait: float,
    gone: Callable[[], Awaitable[None]],
) -> Read:
    """Return what is read once it is enough, or as it is when `wait` seconds are over."""
    loop = asyncio.get_running_loop()
    until = loop.time() + wait
    async with hub.watching(action_id) as woken:
        # Subscribed first, so what happens between this read and the wait still sets the event.
        found = await read()
        if is_enough(found):
            return found
        hung_up = loop.create_task(gone())
        hung_up.add_done_callback(lambda _: woken.set())
        try:
            while not is_enough(found) and (left := until - loop.time()) > 0:
                await _either(woken, left)
                if hung_up.done():
                    raise Gone
                found = await read()
            return found
        finally:
            hung_up.cancel()


async def _either(woken: asyncio.Event, left: float) -> None:
    """Wait until woken or until it is time to look again."""
    pause = LOOK_AGAIN if hub.here().connected else LOOK_OFTEN
    try:
        async with asyncio.timeout(min(left, pause)):
            await woken.wait()
    except TimeoutError:
        pass
    woken.clear()
