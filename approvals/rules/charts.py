"""Charts as numbers: where each column, dot and label of a picture stands. What it says in words stands beside it.

Pictures are drawn twice, for a wide page and for a phone: text in a picture that shrinks cannot be read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

WIDE, NARROW = 784, 328
TALL = 168  # from the top of the scale to its foot
TOP, FOOT, SIDE = 12, 24, 44  # room above, for the labels below, for those at the left
EVERY_LABEL = 48  # a label below takes so much room
_STEPS = (1, 2, 5)
#: Lengths of time that a scale names: seconds -> words.
_MARKS = {
    1: "1 s",
    10: "10 s",
    60: "1 min",
    600: "10 min",
    3_600: "1 h",
    36_000: "10 h",
    86_400: "1 d",
    864_000: "10 d",
}


@dataclass(frozen=True, slots=True)
class Label:
    """Some words, and where on their axis they stand."""

    at: float
    words: str


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    manner: str


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Line:
    """Dots in their order, and the path that joins neighbours; where a value is missing the path breaks off."""

    manner: str
    dots: tuple[Dot, ...]
    path: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture `width` by `height`: what is drawn between `left` and `right`, its scale, and what stands below."""

    width: int
    scale: tuple[Label, ...]
    below: tuple[Label, ...]
    bars: tuple[Bar, ...] = ()
    lines: tuple[Line, ...] = ()

    @property
    def height(self) -> int:
        return TOP + TALL + FOOT

    @property
    def left(self) -> int:
        return SIDE

    @property
    def foot(self) -> int:
        return TOP + TALL

    @property
    def words_at(self) -> int:
        """Where the words below stand."""
        return TOP + TALL + 16


def columns(values: Sequence[Sequence[int]], *, manners: Sequence[str], labels: Sequence[str], width: int) -> Chart:
    """Stacked columns, one for each row of values; a value's manner is that of its place in the row."""
    top, step = _scale(max((sum(row) for row in values), default=0))
    room = (width - SIDE) / max(len(values), 1)
    bars = []
    for place, row in enumerate(values):
        y = float(TOP + TALL)
        for value, manner in zip(row, manners, strict=True):
            high = value / top * TALL
            y -= high
            if value:
                bars.append(
                    Bar(_near(SIDE + room * (place + 0.18)), _near(y), _near(room * 0.64), _near(max(high, 1)), manner)
                )
    scale = tuple(Label(_near(TOP + TALL - n / top * TALL), f"{n:,}") for n in range(0, top + 1, step))
    return Chart(width, scale, _below(labels, room), bars=tuple(bars))


def lasting(
    values: Sequence[Sequence[int | None]], *, manners: Sequence[str], labels: Sequence[str], width: int
) -> Chart:
    """Lengths of time in seconds on a scale by powers: a row of values for each place, a line for each manner."""
    known = [max(value, 1) for row in values for value in row if value is not None]
    marks = sorted(_MARKS)
    low = max((mark for mark in marks if mark <= min(known, default=1)), default=1)
    high = next((mark for mark in marks if mark >= max(known, default=60) and mark > low), marks[-1])
    room = (width - SIDE) / max(len(values), 1)

    def y(seconds: int) -> float:
        return _near(TOP + TALL - (log(max(seconds, 1)) - log(low)) / (log(high) - log(low)) * TALL)

    lines = []
    for place, manner in enumerate(manners):
        dots = [
            None if row[place] is None else Dot(_near(SIDE + room * (n + 0.5)), y(min(row[place], high)))
            for n, row in enumerate(values)
        ]
        lines.append(Line(manner, tuple(dot for dot in dots if dot), _joined(dots)))
    scale = tuple(Label(y(mark), _MARKS[mark]) for mark in marks if low <= mark <= high)
    return Chart(width, scale, _below(labels, room), lines=tuple(lines))


def shares(counts: Sequence[tuple[str, int]], *, width: int) -> list[Bar]:
    """One bar of the whole width, divided as the counts are; (manner, count) in order. What is nothing has no part."""
    whole, x, bars = sum(count for _, count in counts), 0.0, []
    for manner, count in counts:
        if count:
            wide = count / whole * width
            bars.append(Bar(_near(x), 0, _near(max(wide - 2, 1)), 12, manner))
            x += wide
    return bars


def _below(labels: Sequence[str], room: float) -> tuple[Label, ...]:
    """As many labels as find room, the last one among them."""
    step = max(1, -(-EVERY_LABEL // max(int(room), 1)))
    last = len(labels) - 1
    return tuple(
        Label(_near(SIDE + room * (place + 0.5)), words)
        for place, words in enumerate(labels)
        if (last - place) % step == 0
    )


def _joined(dots: Sequence[Dot | None]) -> str:
    drawn, new = [], True
    for dot in dots:
        if dot is not None:
            drawn.append(f"{'M' if new else 'L'}{dot.x} {dot.y}")
        new = dot is None
    return "".join(drawn)


def _scale(most: int) -> tuple[int, int]:
    """Where a scale ends that has room for `most`, at least 4, and its steps: three to five of a size people like."""
    power = 1
    while True:
        for step in _STEPS:
            for parts in (3, 4, 5):
                if step * power * parts >= max(most, 4):
                    return step * power * parts, step * power
        power *= 10


def _near(number: float) -> float:
    return round(number, 1)
