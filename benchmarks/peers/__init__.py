"""What Placet is measured against, on the same work in the same run.

`sh benchmarks/peers/install.sh` installs the peers in a folder of their own; the product needs none of them.
A peer that is not installed is not measured, and the report says so.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

from . import holdmyagent, restate, work


@dataclass(frozen=True)
class Entry:
    """A peer as it is run: its name in the report, whether it is here, and how to start it, empty."""

    name: str
    installed: Callable[[], bool]
    running: Callable[[], AbstractContextManager[work.Peer]]


PEERS = (
    Entry("Restate", restate.installed, restate.running),
    Entry("Restate tuned", restate.installed, partial(restate.running, tuned=True)),
    Entry("Hold My Agent", holdmyagent.installed, holdmyagent.running),
)


def measure(seconds: float, note: Callable[[str, float], None]) -> None:
    """Run every installed peer, one after another, each on its own; `note` gets measure and figure."""
    here = [entry for entry in PEERS if entry.installed()]
    if not here:
        print("  no peer measured: `sh benchmarks/peers/install.sh` installs them", flush=True)
    for entry in here:
        with entry.running() as peer:
            work.measure(peer, seconds, partial(_note, note, entry.name))


def _note(note: Callable[[str, float], None], name: str, measure: str, figure: float) -> None:
    note(f"{name}: {measure}", figure)
