"""Sign-ins: one begins, is seen now and then, and is ended. Whoever is ended is signed out in every process at once.

The session is deleted with it, so the cookie opens nothing any more; nothing has to be asked about it elsewhere.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.dispatch import Signal

from .models import Session, SignIn, User

#: How far behind `seen_at` may be: it is written at most so often.
PATIENCE = timedelta(minutes=5)
#: Sent inside the transaction that ended sessions of `person`, so that whoever holds open sockets can look again.
ended = Signal()

_MOST = 10_000
_touched: dict[int, datetime] = {}


def began(*, person: User, address: str | None, browser: str, how: str, at: datetime) -> SignIn:
    """Write down that this person signed in."""
    return SignIn.objects.create(person=person, at=at, address=address, browser=browser[:80], how=how, seen_at=at)


def known(*, person: User, address: str | None, browser: str) -> bool:
    """Whether this person signed in from this address before, and with such a browser; also when they never did."""
    before = SignIn.objects.filter(person=person)
    if not before.exists():
        return True
    return before.filter(address=address).exists() and before.filter(browser=browser[:80]).exists()


def touch(sign_in: int, *, at: datetime) -> None:
    """The person of this sign-in was just here. Asked with every page, written every five minutes."""
    if (last := _touched.get(sign_in)) is not None and at - last < PATIENCE:
        return
    if len(_touched) >= _MOST:
        _touched.clear()
    _touched[sign_in] = at
    SignIn.objects.filter(pk=sign_in, seen_at__lte=at - PATIENCE).update(seen_at=at)


def going_on(*, person: User, at: datetime) -> list[SignIn]:
    """The sign-ins of this person whose sessions still open the console, the one seen last first."""
    return list(SignIn.objects.filter(person=person, sessions__expire_date__gt=at).order_by("-seen_at", "-id"))


def end(*, person: User, sign_in: int, by: User, at: datetime) -> bool:
    """End one sign-in of this person; False when they have no such one that goes on."""
    with transaction.atomic():
        found = Session.objects.filter(person=person, sign_in=sign_in).delete()[0]
        if found:
            _write_down(person, [sign_in], by=by, at=at)
    return bool(found)


def end_all(*, person: User, by: User | None, at: datetime, but: str | None = None) -> int:
    """End every session of this person, except the one with the key `but`; return how many were ended."""
    with transaction.atomic():
        sessions = Session.objects.filter(person=person).exclude(session_key=but or "")
        rows = list(sessions.select_for_update().values_list("session_key", "sign_in"))
        Session.objects.filter(session_key__in=[key for key, _ in rows]).delete()
        _write_down(person, [sign_in for _, sign_in in rows if sign_in], by=by, at=at)
    return len(rows)


def signed_out(*, sign_in: int, person: User, at: datetime) -> None:
    """The person signed out by themselves; their session is gone already."""
    _write_down(person, [sign_in], by=person, at=at)


def sweep(*, at: datetime) -> int:
    """Forget sessions that ran out; return how many."""
    return Session.objects.filter(expire_date__lt=at).delete()[0]


def _write_down(person: User, ids: list[int], *, by: User | None, at: datetime) -> None:
    SignIn.objects.filter(pk__in=ids, person=person, ended_at=None).update(ended_at=at, ended_by=by)
    ended.send(sender=SignIn, person=person)
