"""What happens to signing keys: published a day before use, used, retired by the next one, revoked.

Each change is written into the folder of keys, into the record and into the ledger; the folder last, as the last act of
the transaction. If the commit fails after that, or the process dies, the folder is ahead: `enter` makes up for it.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from placet import canonical, jws
from placet.receipts import history as past

from . import keys, ledger
from .errors import KeyOver, KeyTooNew, ReasonMissing, UnknownKey
from .keys import folder, halves
from .models import KeyChange

NOTICE = timedelta(days=1)  # from the publication of a key to its use: verifiers fetch keys less often than receipts
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Told:
    """Keys before the change's end and the one that is meant."""

    key: past.Key
    history: past.History


def enter(*, at: datetime) -> int:
    """Bring record and ledger up to what the folder has; return how many changes were missing.

    Raises `keys.Unusable` where the folder came from a backup, and its key was retired or revoked since.
    """
    state = keys.state()
    digs = [canonical.digest_bytes(change.encode()) for change in state.history.changes]
    _refuse_older(state.history, digs)
    if KeyChange.objects.filter(dig__in=digs).count() == len(digs):
        return 0
    with folder.alone(state.where), transaction.atomic():
        return _enter(keys.state().history.changes, at=at)


def _refuse_older(history: past.History, digs: list[str]) -> None:
    """What the record has beyond the folder counts if the folder's own key signed it: nobody else could have."""
    known = past.read(history.changes)
    for row in KeyChange.objects.exclude(dig__in=digs):
        try:
            known.add(bytes(row.jws).decode(errors="replace"))
        except past.BadHistory:
            continue
        raise keys.Unusable(f"{settings.KEYS_DIR} is older than the record of keys: bring its newest copy back")


def prepare(*, by: str, at: datetime) -> Told:
    """Publish the next key, unless one waits for its use already."""
    with _changing(at=at, by=by) as desk:
        if desk.history.next is None:
            desk.publish()
        key = desk.history.next
    assert key is not None
    return Told(key, keys.state().history)


def rotate(*, by: str, at: datetime, now: bool = False, reason: str = "") -> Told:
    """Use the next key, and retire the one in use. Before a day has passed only `now`, for a `reason`.

    Raises `KeyTooNew`, `ReasonMissing`.
    """
    if now:
        reason = _reason(reason)
    with _changing(at=at, by=by) as desk:
        waiting = desk.history.next
        if not now and (waiting is None or at.timestamp() < waiting.published + NOTICE.total_seconds()):
            raise KeyTooNew(_when(waiting))
        if waiting is None:
            waiting = desk.publish(reason)
        desk.use(waiting, reason)
    return Told(keys.state().history.keys[waiting.kid], keys.state().history)


def revoke(*, kid: str, reason: str, by: str, at: datetime) -> Told:
    """Say of a key that its signatures count no more. If it is in use, the next one, or a new one, is used at once."""
    reason = _reason(reason)
    with _changing(at=at, by=by) as desk:
        key = desk.history.keys.get(kid)
        if key is None:
            raise UnknownKey
        if key.state == "revoked":
            raise KeyOver
        if key.state == "current":
            desk.use(desk.history.next or desk.publish(reason), reason)
        desk.revoke(key, reason)
    return Told(keys.state().history.keys[kid], keys.state().history)


class _Desk:
    """The changes of one transaction, each signed by the key in use before it."""

    def __init__(self, where: Path, *, at: datetime) -> None:
        state = keys.state()
        self.history, self.places, self._signer = past.read(state.history.changes), dict(state.places), keys.signer()
        self._where, self._at = where, int(at.timestamp())
        self.over: list[str] = []

    def publish(self, reason: str = "") -> past.Key:
        place, held = halves.make(self._where, number=len(self.history.keys) + 1)
        self.places[held.kid] = place
        self._add("published", held.public_jwk(), reason)
        return self.history.keys[held.kid]

    def use(self, key: past.Key, reason: str = "") -> None:
        held = halves.load(self._where, self.places.get(key.kid, ""), kid=key.kid)  # a key that cannot sign stays next
        self.over.append(self.places.pop(self.history.current, ""))
        self._add("used", key.jwk, reason)
        self._signer = held

    def revoke(self, key: past.Key, reason: str) -> None:
        self._add("revoked", key.jwk, reason)
        self.over.append(self.places.pop(key.kid, ""))

    def _add(self, what: past.What, jwk: dict[str, str], reason: str) -> None:
        claims = self.history.claims(what, jwk=jwk, at=self._at, reason=reason)
        self.history.add(jws.seal(claims, typ=past.TYPE, signer=self._signer).decode())


@contextmanager
def _changing(*, at: datetime, by: str):
    """A change whole or not at all: if the commit fails, the folder is what it was."""
    where = Path(settings.KEYS_DIR)
    keys.state()
    with folder.alone(where):
        keys.forget()
        before = folder.read(where)
        desk = _Desk(where, at=at)
        try:
            with transaction.atomic():
                yield desk
                _enter(desk.history.changes, at=at, by=by)
                folder.replace(where, folder.Kept(desk.history.changes, desk.places))
        except BaseException:
            if folder.read(where) != before:
                folder.replace(where, before)
            raise
        finally:
            keys.forget()
        for place in filter(None, desk.over):
            halves.remove(where, place)


def _enter(changes: list[str], *, at: datetime, by: str = "console") -> int:
    """Record and ledger have a line each for every change, in one transaction."""
    named = {canonical.digest_bytes(change.encode()): change for change in changes}
    known = set(KeyChange.objects.filter(dig__in=named).values_list("dig", flat=True))
    missing = {dig: change for dig, change in named.items() if dig not in known}
    for dig, change in missing.items():
        said = canonical.parse(jws.split(change.encode()).payload)
        KeyChange.objects.create(dig=dig, kid=said["kid"], what=said["what"], jws=change.encode(), at=at)
        ledger.record(event=f"key.{said['what']}", actor=by, dig=dig, at=at)
    return len(missing)


def _reason(text: str) -> str:
    text = " ".join(text.split())
    if not text or len(text) > LONGEST_REASON:
        raise ReasonMissing
    return text


def _when(waiting: past.Key | None) -> str:
    if waiting is None:
        return "No next key is published yet: `keys prepare`, and a day later `keys rotate`."
    due = datetime.fromtimestamp(waiting.published, UTC) + NOTICE
    return (
        f"The next key may be used from {due:%Y-%m-%d %H:%M} UTC, a day after it was published: by then, whoever "
        "checks receipts has it. In an emergency: --now --reason."
    )
