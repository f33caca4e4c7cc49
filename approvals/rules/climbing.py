"""The picture of a proof: from a leaf at the foot up to the root, at each rung the hash that stands beside."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, RUNG, BOX, TALL = 328, 52, 104, 30
MIDDLE = WIDTH // 2
TOP = 20


@dataclass(frozen=True, slots=True)
class Rung:
    """One hash beside the way: its box, where the two meet above, and what stands in the box."""

    number: int
    x: int
    y: int
    words: str
    short: str

    @property
    def center(self) -> int:
        return self.x + BOX // 2

    @property
    def above(self) -> int:
        return self.y - RUNG


@dataclass(frozen=True, slots=True)
class Climb:
    height: int
    foot: int
    rungs: tuple[Rung, ...]


def draw(steps: Sequence[tuple[bool, int, int, str]]) -> Climb:
    """Lay out the steps (left, first leaf, last leaf, the hash in short), the nearest first."""
    foot = TOP + RUNG * len(steps)
    rungs = [
        Rung(number, 0 if left else WIDTH - BOX, foot - RUNG * (number - 1), _leaves(first, last), short)
        for number, (left, first, last, short) in enumerate(steps, 1)
    ]
    return Climb(foot + TALL + 10, foot, tuple(rungs))


def _leaves(first: int, last: int) -> str:
    return f"leaf {first:,}" if first == last else f"{first:,} to {last:,}"
