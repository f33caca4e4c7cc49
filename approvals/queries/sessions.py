"""One delegated workflow: the asks of one session of one server, in their order, as far as a reader may see them."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, Q, QuerySet

from accounts.models import Server, User

from ..models import Action, Kind, State
from ..rules.sentences import Part
from . import asked, inbox, lean
from .facets import Desk

SIZE = 40  # steps on a page
COUNTED = 2_000  # steps that the totals count


@dataclass(frozen=True, slots=True)
class Step:
    """One ask of the session: as a list says it, with what became of it."""

    number: int
    row: inbox.Row
    used: datetime | None
    reported: datetime | None
    outcome: str

    @property
    def action(self) -> Action:
        return self.row.action

    @property
    def sentence(self) -> tuple[Part, ...]:
        return self.row.sentence

    @property
    def took(self) -> timedelta | None:
        return self.action.settled_at - self.action.created_at if self.action.settled_at else None


@dataclass(frozen=True, slots=True)
class Session:
    """A page of it. `states` count all its steps that the reader may see, `capped` only the first so many.

    `subjects` are for whom it happens, as the server says. `after` and `before` are where the next page and the one
    before it begin.
    """

    server: Server
    name: str
    steps: list[Step]
    states: Counter[str]
    capped: bool
    begun: datetime
    ended: datetime
    subjects: list[str]
    after: UUID | None
    first: bool

    @property
    def count(self) -> int:
        return sum(self.states.values())

    @property
    def endings(self) -> list[tuple[str, int]]:
        """How many are in which state, what waits first."""
        return [(state, self.states[state]) for state in State.values if self.states[state]]

    @property
    def pending(self) -> int:
        return self.states[State.PENDING]

    @property
    def deciders(self) -> list[tuple[str, int, int]]:
        """Who said how often yes and no on this page, by name."""
        said: dict[str, list[int]] = {}
        for step in self.steps:
            for review in [*step.row.reviews, *step.row.voided]:
                votes = said.setdefault(review.reviewer.username, [0, 0])
                votes[review.verdict == "deny"] += 1
        return [(name, yes, no) for name, (yes, no) in sorted(said.items())]

    @property
    def kinds(self) -> list[str]:
        here = {step.action.kind for step in self.steps}
        return [kind for kind in Kind.values if kind in here]


def read(*, user: User, server: str, name: str, after: UUID | None = None, at: datetime) -> Session | None:
    """Read a page of a session; None when there is none of which this person may see anything."""
    known = Server.objects.filter(name=server).first() if name else None
    if known is None:
        return None
    desk = Desk.of(user, at=at)
    theirs = Q(checkpoint_id__in=desk.held) | Exists(asked.by_name(user))
    of_session = Action.objects.filter(server=known, session=name).exclude(session="")  # as the index says it
    seen = of_session.filter(theirs)
    counted = list(seen.order_by("id").values_list("pk", "state", "subject", "created_at", "settled_at")[:COUNTED])
    if not counted:
        return None
    found = _page(seen, after)
    if not found:
        return None
    steps = _steps(found[:SIZE], first=_place(counted, found))
    moments = [moment for *_, asked_at, settled in counted for moment in (asked_at, settled) if moment]
    return Session(
        known, name, steps, Counter(state for _, state, *_ in counted), len(counted) == COUNTED,
        begun=min(moments), ended=max(moments),
        subjects=sorted({subject for _, _, subject, *_ in counted if subject})[:5],
        after=found[SIZE - 1].pk if len(found) > SIZE else None, first=after is None,
    )  # fmt: skip


def _page(seen: QuerySet[Action], after: UUID | None) -> list[Action]:
    """Its actions in the order in which they were asked."""
    later = seen.filter(pk__gt=after) if after else seen
    rows = lean.rows(later).select_related("consumption", "outcome", "server", "policy", "checkpoint")
    return list(rows.defer("body", "context").order_by("id")[: SIZE + 1])


def _place(counted: list[tuple], found: list[Action]) -> int:
    """Which number the first of this page has."""
    ids = [pk for pk, *_ in counted]
    return ids.index(found[0].pk) + 1 if found and found[0].pk in ids else COUNTED + 1


def _steps(actions: list[Action], *, first: int) -> list[Step]:
    rows = inbox.told(actions)
    return [
        Step(
            number, row, getattr(getattr(row.action, "consumption", None), "at", None),
            getattr(getattr(row.action, "outcome", None), "at", None),
            getattr(getattr(row.action, "outcome", None), "status", ""),
        )
        for number, row in enumerate(rows, first)
    ]  # fmt: skip
