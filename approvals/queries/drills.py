"""Drills, for those who are drilled, those who hear of it, and admins. One that waits never shows."""

from dataclasses import dataclass
from datetime import datetime

from accounts import roles
from accounts.models import User

from .. import access
from ..models import Consent, Drill, Duty, Practice, State
from ..rules import drilling

SHOWN = 20  # results of a practice


@dataclass(frozen=True, slots=True)
class Result:
    drill: Drill
    words: str
    who: str

    @property
    def caught(self) -> bool:
        return self.drill.action.state == State.DENIED


@dataclass(frozen=True, slots=True)
class Row:
    """Drills of a role. `people` is who would be asked, each with whether they agreed; `mine` whether the reader is one
    of them (None when not), `hears` whether results are theirs to see.
    """

    practice: Practice
    people: list[tuple[str, bool]]
    mine: bool | None
    hears: bool
    caught: int
    missed: int
    results: list[Result]

    @property
    def agreed(self) -> int:
        return sum(agreed for _, agreed in self.people)

    @property
    def begun(self) -> bool:
        return bool(self.people) and self.agreed == len(self.people)


def listed(*, user: User, at: datetime) -> list[Row]:
    """The drills that concern this person."""
    held, rows = access.duties(user, at=at), []
    practices = list(Practice.objects.select_related("server", "checkpoint", "created_by", "ended_by"))
    people = roles.holders({each.role for each in practices if not each.ended_at}, at=at)
    for practice in practices:
        holders = [] if practice.ended_at else people[practice.role]
        asked = {each.user_id: each.username for each in holders}
        hears = Duty.EXCEPTIONS in held.get(practice.checkpoint_id, {})
        if access.is_admin(user) or hears or user.pk in asked:
            rows.append(_row(practice, asked, hears=hears, user=user))
    return rows


def _row(practice: Practice, asked: dict[int, str], *, hears: bool, user: User) -> Row:
    agreed = set(Consent.objects.filter(practice=practice, withdrawn_at=None).values_list("person_id", flat=True))
    over = practice.drills.exclude(action__state=State.PENDING)
    caught = over.filter(action__state=State.DENIED).count()
    found = list(over.select_related("action").prefetch_related("action__reviews__reviewer")[:SHOWN]) if hears else []
    return Row(
        practice, sorted((name, pk in agreed) for pk, name in asked.items()),
        user.pk in agreed if user.pk in asked else None, hears, caught, over.count() - caught,
        [Result(drill, drilling.words(drill.planted), _who(drill)) for drill in found],
    )  # fmt: skip


def _who(drill: Drill) -> str:
    said = list(drill.action.reviews.all())
    return said[-1].reviewer.username if said else "nobody"
