"""The directory: who held which role, stood in for whom, and signed with which passkeys, from when until when.

Whoever verifies reviews pins it: what a passkey signed is judged by what stood here when the statement was made. So
nothing leaves it that ever was. Times are seconds since 1970; `until` None is until further notice.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import F, Q
from placet import jws

from . import absences, passkeys
from .models import Absence, Delegation, Membership, Passkey, User

TYPE = "placet.directory.v1"

type Said = dict[str, Any]
type Span = tuple[int, int | None]


def export(*, at: datetime) -> Said:
    """Everybody who ever held a role or has a passkey, by name."""
    party = passkeys.relying_party()
    held, standing, keys = _held(), _standing_in(), _keys()
    people = User.objects.filter(pk__in={*held, *standing, *keys}).order_by("username")
    return {
        "@type": TYPE, "iss": settings.PUBLIC_URL, "rp": {"id": party.id, "origins": [party.origin]},
        "at": int(at.timestamp()),
        "people": [
            {
                "sub": each.urn, "roles": held.get(each.pk, []), "stands_in": standing.get(each.pk, []),
                "passkeys": keys.get(each.pk, []),
            }
            for each in people
        ],
    }  # fmt: skip


def _held() -> dict[int, list[Said]]:
    found: dict[int, list[Said]] = defaultdict(list)
    for each in _memberships():
        found[each.person_id].append({"role": each.role.name, **_window(_span(each.starts_at, each.ends_at))})
    return found


def _keys() -> dict[int, list[Said]]:
    found: dict[int, list[Said]] = defaultdict(list)
    for each in Passkey.objects.filter(live_from__isnull=False).order_by("person", "live_from", "id"):
        alg, jwk = passkeys.jwk(each.public_key)
        name = jws.encode(bytes(each.credential_id)).decode()
        window = _window(_span(each.live_from, each.revoked_at))
        found[each.person_id].append({"id": name, "jwk": jwk, "alg": alg, **window})
    return found


def _standing_in() -> dict[int, list[Said]]:
    """Whoever is named to stand in, and in their own absence whom they named, as far as that leads."""
    found: dict[int, list[Said]] = defaultdict(list)
    named: dict[tuple[int, int], list[Delegation]] = defaultdict(list)
    for each in Delegation.objects.select_related("absence", "role").order_by("absence__starts_at", "id"):
        named[each.absence.person_id, each.role_id].append(each)
    away: dict[int, list[Span]] = defaultdict(list)
    for absence in Absence.objects.order_by("starts_at"):
        away[absence.person_id].append(_span(absence.starts_at, absence.ends_at))
    for member in _memberships():
        absent, whole = member.person_id, _span(member.starts_at, member.ends_at)
        for who, span in _chain(absent, member.role_id, whole, named, away, links=0, seen=(absent,)):
            found[who].append({"for": member.person.urn, "role": member.role.name, **_window(span)})
    return found


def _chain(
    absent: int, role: int, within: Span, named: dict[tuple[int, int], list[Delegation]], away: dict[int, list[Span]],
    *, links: int, seen: tuple[int, ...],
) -> Iterator[tuple[int, Span]]:  # fmt: skip
    if links == absences.MOST_LINKS:
        return
    for each in named.get((absent, role), ()):
        span = _both(within, _span(each.absence.starts_at, each.absence.ends_at))
        who = each.delegate_id
        if span is None or who in seen:
            continue
        for free in _without(span, away[who]):
            yield who, free
        yield from _chain(who, role, span, named, away, links=links + 1, seen=(*seen, who))


def _memberships() -> Iterable[Membership]:
    lasting = Q(ends_at=None) | Q(ends_at__gt=F("starts_at"))
    return Membership.objects.filter(lasting).select_related("role", "person").order_by("person", "starts_at", "id")


def _span(starts: datetime, ends: datetime | None) -> Span:
    """Whole seconds, as statements say them: what began within a second holds from its beginning."""
    return int(starts.timestamp()), None if ends is None else -int(-ends.timestamp() // 1)


def _both(one: Span, other: Span) -> Span | None:
    ends = [end for end in (one[1], other[1]) if end is not None]
    until = min(ends) if ends else None
    since = max(one[0], other[0])
    return None if until is not None and until <= since else (since, until)


def _without(span: Span, gone: Iterable[Span]) -> Iterator[Span]:
    """What is left of a span without these, which stand in order."""
    since, until = span
    for begins, ends in gone:
        if _both((since, until), (begins, ends)) is None:
            continue
        if begins > since:
            yield since, begins
        if ends is None:
            return
        since = max(since, ends)
    if until is None or since < until:
        yield since, until


def _window(span: Span) -> Said:
    return {"from": span[0], "until": span[1]}
