"""Flat combining: what several threads hand in at the same moment goes in one call, by whoever came first.

With one thread at a time a call has one item, and nothing waits. Those who come while a call is running form the next
one, so under load calls grow by themselves: a commit is shared, as asks share theirs.

Source: D. Hendler, I. Incze, N. Shavit, M. Tzafrir, "Flat Combining and the Synchronization-Parallelism Tradeoff",
SPAA 2010.
"""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Event, Lock


class _Place[Item, Answer]:
    """Where one thread waits: for its answer, or to be the next that calls."""

    __slots__ = ("answer", "error", "item", "leads", "woken")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.woken = Event()
        self.leads = False
        self.answer: Answer | None = None
        self.error: BaseException | None = None


class Together[Item, Answer]:
    """`work` takes up to `limit` items and returns an answer for each, in order.

    When it fails with several, it is called again with each alone, so that nobody is told of another's failure; except
    for `shared` errors, which say that no call would do better.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Sequence[Answer]],
        *,
        limit: int,
        fits: Callable[[Item, Item], bool] = lambda first, other: True,
        shared: tuple[type[Exception], ...] = (),
    ) -> None:
        self._work, self._limit, self._fits, self._shared = work, limit, fits, shared
        self._waiting: deque[_Place[Item, Answer]] = deque()
        self._busy = False
        self._lock = Lock()

    def ask(self, item: Item) -> Answer:
        """Return the answer to this item, or raise what `work` raised for it. Blocks."""
        place = _Place[Item, Answer](item)
        with self._lock:
            if self._busy:
                self._waiting.append(place)
            else:
                self._busy = place.leads = True
        if not place.leads:
            place.woken.wait()
        if place.leads:
            self._lead(place)
        if place.error is not None:
            raise place.error
        return place.answer  # type: ignore[return-value]

    def _lead(self, mine: _Place[Item, Answer]) -> None:
        """Call for all who wait and fit, then let the next one lead."""
        places = [mine, *self._joining(mine)]
        try:
            self._answer(places)
        except BaseException as error:
            for place in places:
                place.error = place.error or error
        finally:
            self._hand_over()
            for place in places[1:]:
                place.woken.set()

    def _joining(self, mine: _Place[Item, Answer]) -> list[_Place[Item, Answer]]:
        joining: list[_Place[Item, Answer]] = []
        with self._lock:
            while self._waiting and len(joining) < self._limit - 1 and self._fits(mine.item, self._waiting[0].item):
                joining.append(self._waiting.popleft())
        return joining

    def _hand_over(self) -> None:
        with self._lock:
            following = self._waiting.popleft() if self._waiting else None
            self._busy = following is not None
        if following is not None:
            following.leads = True
            following.woken.set()

    def _answer(self, places: list[_Place[Item, Answer]]) -> None:
        try:
            answers = self._work([place.item for place in places])
        except Exception as error:
            if len(places) == 1 or isinstance(error, self._shared):
                raise
            for place in places:
                self._alone(place)
            return
        for place, answer in zip(places, answers, strict=True):
            place.answer = answer

    def _alone(self, place: _Place[Item, Answer]) -> None:
        try:
            (place.answer,) = self._work([place.item])
        except Exception as error:
            place.error = error
