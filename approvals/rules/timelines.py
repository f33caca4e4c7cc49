"""Time lines as numbers: the steps of one workflow on a common scale, a lane for each kind, and in it more rows where a
step would cover another. What happened stands beside the picture in words.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

WIDE, NARROW = 784, 328
NAMES = 112  # room for the names of lanes on a wide page; on a narrow one they stand above their lanes
EDGE = 12  # room at the right, for what ends there
ROW, LEAST = 22, 18  # how tall a row is; how wide a step at least, so that its number can be read
GAP = 6
NAME_ROW = 18
HEAD = 22  # room above, for the scale
PAUSE = 26  # how wide a long time is drawn in which nothing happened
PAUSES = 8  # so many of these at most, the longest
BUSY = 26  # how wide the time between two pauses is at least
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800)
_TICK_ROOM = 88  # from one moment on the scale to the next; what is named apart from it needs half of that


@dataclass(frozen=True, slots=True)
class Step:
    """One ask: its number, its lane, when it was asked, when it ended (None: it waits), used, and reported on."""

    number: int
    lane: str
    manner: str
    begins: datetime
    ends: datetime | None
    used: datetime | None = None
    reported: datetime | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Drawn:
    """A step in the picture. `tail` is where what came after the decision ends, None when nothing did."""

    number: int
    manner: str
    x: float
    y: float
    width: float
    used: float | None
    tail: float | None
    failed: bool

    @property
    def middle(self) -> float:
        return round(self.y + ROW / 2, 1)

    @property
    def right(self) -> float:
        return round(self.x + self.width, 1)


@dataclass(frozen=True, slots=True)
class Lane:
    name: str
    y: float
    height: float
    name_y: float


@dataclass(frozen=True, slots=True)
class Tick:
    x: float
    words: str


@dataclass(frozen=True, slots=True)
class Picture:
    """`pauses` are where time is left out."""

    width: int
    height: float
    left: int
    lanes: tuple[Lane, ...]
    steps: tuple[Drawn, ...]
    ticks: tuple[Tick, ...]
    pauses: tuple[float, ...]
    now: float | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which something happened, and where it is drawn."""

    begins: datetime
    ends: datetime
    left: float = 0.0
    right: float = 0.0

    def x(self, moment: datetime) -> float:
        whole = (self.ends - self.begins).total_seconds() or 1.0
        share = (moment - self.begins).total_seconds() / whole
        return round(self.left + min(max(share, 0.0), 1.0) * (self.right - self.left), 1)


def draw(steps: Sequence[Step], *, names: Sequence[str], at: datetime, width: int) -> Picture:
    """Lay the steps out; `names` are the lanes in their order. What waits reaches to `at`, where now is."""
    left = NAMES if width >= WIDE else 0
    stretches = _stretches(_spans(steps, at=at), left=left, right=width - EDGE)

    def x(moment: datetime) -> float:
        here = next((each for each in stretches if moment <= each.ends), stretches[-1])
        return here.x(moment)

    lanes, drawn, y = [], [], float(HEAD)
    for name in names:
        mine = [step for step in steps if step.lane == name]
        if not mine:
            continue
        top = y if left else y + NAME_ROW
        placed = _placed(mine, x=x, until=at, most=width - 2)
        drawn += [_drawn(step, start, end, top + row * ROW, x=x) for row, start, end, step in placed]
        height = top - y + (max(row for row, *_ in placed) + 1) * ROW + GAP
        lanes.append(Lane(name, y, height, y + (ROW / 2 + 4 if left else 13)))
        y += height
    pauses = tuple(round((one.right + other.left) / 2, 1) for one, other in pairwise(stretches))
    now = x(at) if any(step.ends is None for step in steps) else None
    return Picture(width, y, left, tuple(lanes), tuple(drawn), _ticks(stretches), pauses, now)


def _spans(steps: Sequence[Step], *, at: datetime) -> list[tuple[datetime, datetime]]:
    """When something was under way, in order and apart from each other."""
    found: list[tuple[datetime, datetime]] = []
    for step in sorted(steps, key=lambda each: each.begins):
        last = max(moment for moment in (step.begins, step.ends or at, step.used, step.reported) if moment)
        if found and step.begins <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], last)
        else:
            found.append((step.begins, last))
    return found


def _stretches(spans: Sequence[tuple[datetime, datetime]], *, left: float, right: float) -> list[Stretch]:
    """Times apart by pauses, side by side: each is at least so wide, and the wider the longer it is."""
    busy = sum((end - begin for begin, end in spans), timedelta())
    gaps = sorted((later[0] - earlier[1] for earlier, later in pairwise(spans)), reverse=True)
    long = max([max(busy / 3, timedelta(seconds=30)), *gaps[PAUSES : PAUSES + 1]])
    whole = [Stretch(*spans[0])]
    for begin, end in spans[1:]:
        if begin - whole[-1].ends > long:
            whole.append(Stretch(begin, end))
        else:
            whole[-1] = Stretch(whole[-1].begins, end)
    seconds = [(each.ends - each.begins).total_seconds() + 1 for each in whole]
    free = right - left - PAUSE * (len(whole) - 1) - BUSY * len(whole)
    placed, x = [], left
    for each, lasts in zip(whole, seconds, strict=True):
        wide = BUSY + free * lasts / sum(seconds)
        placed.append(Stretch(each.begins, each.ends, x, x + wide))
        x += wide + PAUSE
    return placed


type Scale = Callable[[datetime], float]


def _placed(steps: Sequence[Step], *, x: Scale, until: datetime, most: float) -> list[tuple[int, float, float, Step]]:
    """(row, left, right, step): each in the first row where it covers nobody, none beyond `most`."""
    taken: list[float] = []
    placed = []
    for step in sorted(steps, key=lambda each: (each.begins, each.number)):
        start, end = x(step.begins), max(x(step.ends or until), x(step.begins) + LEAST)
        start, end = start - max(0, end - most), min(end, most)
        after = max([end] + [x(moment) + 6 for moment in (step.used, step.reported) if moment])
        row = next((n for n, used in enumerate(taken) if used <= start), len(taken))
        taken[row:] = [after + 2, *taken[row + 1 :]]
        placed.append((row, start, end, step))
    return placed


def _drawn(step: Step, start: float, end: float, y: float, *, x: Scale) -> Drawn:
    later = [x(moment) for moment in (step.used, step.reported) if moment]
    tail = max(later) if later else None
    return Drawn(
        step.number, step.manner, round(start, 1), y, round(end - start, 1),
        max(x(step.used), round(end, 1)) if step.used else None,
        max(tail, round(end, 1)) if tail is not None else None, step.failed,
    )  # fmt: skip


def _ticks(stretches: Sequence[Stretch]) -> tuple[Tick, ...]:
    """Round moments where there is room, else where something begins; a day's name where another day comes."""
    several = stretches[0].begins.date() != stretches[-1].ends.date()
    found: list[Tick] = []
    said = None
    for each in stretches:
        for moment, words in _moments(each):
            x = each.x(moment)
            if found and x - found[-1].x < _TICK_ROOM / 2:
                continue
            new = several and moment.date() != said
            found.append(Tick(x, f"{moment.day} {moment:%b}" if new else words))
            said = moment.date()
    return tuple(found)


def _moments(stretch: Stretch) -> list[tuple[datetime, str]]:
    """Round moments of a stretch, as a clock says them; its beginning when none of them finds room."""
    begins, most = stretch.begins, int((stretch.right - stretch.left) // _TICK_ROOM)
    lasts = (stretch.ends - begins).total_seconds()
    step = next((s for s in _STEPS if lasts / s <= most), int(lasts / most / 86_400 + 1) * 86_400) if most else 0
    if not step:
        return [(begins, f"{begins:%H:%M}")]
    first = -int(-begins.timestamp() // step) * step
    seconds = range(first, int(stretch.ends.timestamp()) + 1, step)
    form = "%H:%M:%S" if step < 60 else "%H:%M"
    found = [datetime.fromtimestamp(second, begins.tzinfo) for second in seconds]
    return [(moment, f"{moment:{form}}") for moment in found] or [(begins, f"{begins:{form}}")]
