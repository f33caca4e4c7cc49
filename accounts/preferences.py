"""What a person chose for themselves. Nothing here is law: whoever chose nothing reads the console as it comes.

On a page the row was read together with its person (`accounts.reading`), so asking for it costs no database turn.
"""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from django.conf import settings

from .models import Preference, User

KEEPABLE = frozenset({
    "language", "time_zone", "seen_language", "seen_zone", "sound", "motion", "tour_dismissed_at",
    "quiet_from", "quiet_until",
})  # fmt: skip


def of(person: User) -> Preference:
    """What this person chose; an unsaved row of defaults when they chose nothing."""
    cached = User._meta.get_field("preference").is_cached(person)
    found = person._state.fields_cache["preference"] if cached else Preference.objects.filter(person=person).first()
    return found or Preference(person=person)


def keep(*, person: User, **changes: object) -> Preference:
    """Keep these choices of theirs, and leave the others as they are."""
    unknown = changes.keys() - KEEPABLE
    if unknown:
        raise TypeError(f"nobody chooses {sorted(unknown)}")
    kept, _ = Preference.objects.update_or_create(person=person, defaults=changes)
    person._state.fields_cache["preference"] = kept
    return kept


def language(preference: Preference) -> str:
    """The language this person is written to in while they are not here."""
    return preference.language or preference.seen_language or settings.LANGUAGE_CODE


def zone(preference: Preference) -> tzinfo | None:
    """The zone this person reads times in: chosen, else learnt from their browser; None while nobody knows."""
    return zone_named(preference.time_zone) or zone_named(preference.seen_zone)


def zone_named(name: str) -> tzinfo | None:
    """A zone by its name in the time zone database; None when there is no such."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, LookupError):
        return None


def is_quiet(preference: Preference, *, at: datetime) -> bool:
    """Whether this moment is within the person's quiet hours."""
    if preference.quiet_from is None or preference.quiet_until is None:
        return False
    theirs = at.astimezone(zone(preference) or UTC).time()
    begins, ends = preference.quiet_from, preference.quiet_until
    return begins <= theirs < ends if begins <= ends else theirs >= begins or theirs < ends
