"""What all sessions of one gate process share: the console, the memory, and what hosts were told to come back for."""

from __future__ import annotations

import asyncio
import enum
import logging
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from placet.gate.listing import Listing
from placet.gate.memory import Memory
from placet.gate.options import Options

if TYPE_CHECKING:
    from placet.gate.calls import Call
    from placet.gate.holding import Holding
    from placet.gate.rounds import Release
    from placet.gate.server_tasks import ServerTask
    from placet.gate.tasks import OwnTask

logger = logging.getLogger("placet.gate")

#: Rounds, tasks and definitions that are remembered at once, the oldest first to go.
MOST_KEPT = 1024


class Verdict(enum.Enum):
    PASS = "pass"  # noqa: S105 - a word, no password
    TAKEN = "taken"


class Shared:
    """One for each gate process. Whatever is found here is found under a principal, so that nothing leaks."""

    def __init__(self, options: Options, *, holding: Holding, memory: Memory) -> None:
        self.options = options
        self.holding = holding
        self.memory = memory
        self.parked: dict[str, Call] = {}
        #: Rounds that were handed to their hosts, and the keys of asks that were not, by what a retry repeats.
        self.releases: dict[str, Release] = {}
        self.withheld: dict[str, set[str]] = {}
        #: Held calls that were let go and whose server asked for another round, by what their one retry repeats.
        self.legs: dict[str, Call] = {}
        self.tasks: dict[tuple[str, str], OwnTask] = {}
        self.server_tasks: dict[tuple[str, str], ServerTask] = {}
        #: Definitions as they were seen, or only their digests where they are large.
        self.definitions: dict[tuple[str, str], dict[str, Any] | str] = {}
        self.listing = Listing(holding)
        self._flows: set[asyncio.Task[None]] = set()

    def spawn(self, words: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a flow that belongs to this process. What goes wrong in it is told, and ends nothing else."""
        task = asyncio.get_running_loop().create_task(words)
        self._flows.add(task)
        task.add_done_callback(self._ended)
        return task

    def keep[Key, Value](self, shelf: dict[Key, Value], key: Key, value: Value) -> None:
        """Put something on a shelf of bounded length."""
        shelf[key] = value
        if len(shelf) > MOST_KEPT:
            shelf.pop(next(iter(shelf)))

    async def ended(self) -> None:
        """Let the flows that were stopped finish their last words."""
        mine = [task for task in self._flows if task.cancelling()]
        if mine:
            await asyncio.wait(mine, timeout=10)

    async def close(self) -> None:
        """The process ends. Parked calls stay in a lasting memory; without one, their asks are withdrawn too."""
        flows = list(self._flows)
        for task in flows:
            task.cancel()
        if flows:
            await asyncio.wait(flows, timeout=10)
        await self.holding.close()
        self.memory.close()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._flows.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("an ask went wrong in the gate and was not released", exc_info=error)
