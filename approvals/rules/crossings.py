"""The map as a picture: each server a line through the boundary, each kind of ask a place where it may cross."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

from .rendering import plain, render

WIDE, NARROW = 784, 328
HEAD, ROW = 52, 36
EDGE = {WIDE: 136, NARROW: 76}  # x of the boundary
ROOM = {WIDE: 18, NARROW: 10}  # letters of a server's name
SMALLEST, LARGEST = 3.0, 11.0  # radius of a dot: nothing asked, ten thousand and more


@dataclass(frozen=True, slots=True)
class Crossing:
    """How one server crosses in one kind. `manner`: owned, gap or closed."""

    manner: str
    asks: int = 0


@dataclass(frozen=True, slots=True)
class Dot:
    x: int
    y: int
    r: float
    manner: str
    asks: int


@dataclass(frozen=True, slots=True)
class Lane:
    name: str
    y: int
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    width: int
    lanes: tuple[Lane, ...]
    columns: tuple[int, ...]

    @property
    def edge(self) -> int:
        return EDGE[self.width]

    @property
    def height(self) -> int:
        return HEAD + ROW * len(self.lanes) - 4


def draw(rows: Sequence[tuple[str, Sequence[Crossing]]], *, width: int) -> Picture:
    """Lay out the lines of these servers; the first word of a lane is the server's name, cut where it is long."""
    count = max((len(crossings) for _, crossings in rows), default=0)
    room = (width - EDGE[width]) / max(count, 1)
    columns = tuple(round(EDGE[width] + room * (place + 0.5)) for place in range(count))
    lanes = []
    for index, (name, crossings) in enumerate(rows):
        y = HEAD + ROW * index
        placed = zip(columns, crossings, strict=True)
        dots = (Dot(x, y, _radius(each.asks), each.manner, each.asks) for x, each in placed)
        lanes.append(Lane(_short(name, ROOM[width]), y, tuple(dots)))
    return Picture(width, tuple(lanes), columns)


def _radius(asks: int) -> float:
    return round(min(LARGEST, SMALLEST + 2 * log10(1 + asks)), 1)


def _short(name: str, most: int) -> str:
    shown = plain(render(name))
    return shown if len(shown) <= most else shown[: most - 1] + "…"
