"""What a simulation has found so far: counts only, kept in its row between two slices, so that another worker goes on.

Waits are counted by the second, from an hour on by the minute: the median is exact to that, and the row stays small.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

EXAMPLES = 3  # for each way to differ, and of each checkpoint: a reader sees those of their own checkpoints
FINE = 3600
PLACES = 50  # checkpoints of which examples are kept


@dataclass(frozen=True, slots=True)
class Ask:
    """A recorded ask that the draft touches: what became of it, what would, and who was and would be asked.

    `waited` is how many seconds people took to decide it, None when they did not.
    """

    id: str
    checkpoint_id: int | None
    was: str
    would: str
    met: bool
    differs: bool
    asked: tuple[int, ...] = ()
    waited: int | None = None
    cut: bool = False


@dataclass(slots=True)
class Tally:
    """`ways` is "was|would" -> [how many, whether they differ, {checkpoint id: ids}]; people are ids -> asks."""

    asks: int = 0
    met: int = 0
    touched: int = 0
    differ: int = 0
    cut: int = 0
    ways: dict[str, list[Any]] = field(default_factory=dict)
    waits: Counter[str] = field(default_factory=Counter)
    less: Counter[str] = field(default_factory=Counter)
    more: Counter[str] = field(default_factory=Counter)

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Self:
        """Take up what `said` returned."""
        known = {name: said[name] for name in cls.__slots__ if name in said}
        for counter in ("waits", "less", "more"):
            known[counter] = Counter(known.get(counter, {}))
        return cls(**known)

    def said(self) -> dict[str, Any]:
        """The tally as JSON."""
        return {name: getattr(self, name) for name in self.__slots__}

    def add(self, ask: Ask) -> None:
        self.touched += 1
        self.met += ask.met
        self.differ += ask.differs
        self.cut += ask.cut
        way = self.ways.setdefault(f"{ask.was}|{ask.would}", [0, ask.differs, {}])
        way[0] += 1
        self._example(way[2], ask)
        self.more.update(map(str, ask.asked))
        if ask.waited is not None:
            self.waits[str(ask.waited if ask.waited < FINE else ask.waited // 60 * 60)] += 1

    def spare(self, owners: Iterable[tuple[int, int]]) -> None:
        """So often these people (by id) were asked about what the draft touches."""
        for owner_id, count in owners:
            self.less[str(owner_id)] += count

    @property
    def median(self) -> int | None:
        """The median of the waits in seconds; None when people decided nothing."""
        left = (self.waits.total() + 1) // 2
        for seconds, count in sorted((int(text), count) for text, count in self.waits.items()):
            left -= count
            if left <= 0:
                return seconds
        return None

    def _example(self, kept: dict[str, list[str]], ask: Ask) -> None:
        """The first few of each checkpoint. What no checkpoint stopped has no page, and so is only counted."""
        if ask.checkpoint_id is None:
            return
        place = str(ask.checkpoint_id)
        if place in kept or len(kept) < PLACES:
            ids = kept.setdefault(place, [])
            if len(ids) < EXAMPLES:
                ids.append(ask.id)
