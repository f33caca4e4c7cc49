"""Being out of office: said by the person themselves, and on record, because it moves authority to who stands in."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from placet import canonical

from accounts import absences
from accounts.models import Absence, User

from . import ledger


@transaction.atomic
def declare(
    *, person: User, delegates: Mapping[str, User], at: datetime, starts: datetime | None = None,
    until: datetime | None = None, note: str = "",
) -> Absence:  # fmt: skip
    """Say that this person is away; `delegates` is role -> who stands in. Refuses as `absences.declare` does."""
    made = absences.declare(
        person=person, delegates=delegates, starts=starts, until=until, note=note, by=person, at=at
    )  # fmt: skip
    said = {
        "person": person.urn, "from": made.starts_at.isoformat(), "until": until.isoformat() if until else None,
        "delegates": {role: delegate.urn for role, delegate in delegates.items()},
    }  # fmt: skip
    ledger.record(event="absence.declared", actor=person.urn, dig=canonical.digest("absence", said), at=at)
    return made


@transaction.atomic
def end(*, absence: Absence, by: User, at: datetime) -> Absence:
    """Say that this person is back; an absence that has not begun never does."""
    ended = absences.end(absence=absence, at=at)
    said = {"person": by.urn, "from": ended.starts_at.isoformat(), "until": ended.ends_at.isoformat()}
    ledger.record(event="absence.ended", actor=by.urn, dig=canonical.digest("absence", said), at=at)
    return ended
