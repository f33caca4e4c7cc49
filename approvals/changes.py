"""Changes of the map, governed like actions: one admin proposes, another confirms, and each step is on record.

One change at a time: whoever decides one waits for whoever is deciding another. Changes are rare, and so two of them
never overwrite each other, and two rules that would tie never pass each other by.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from accounts import servers
from accounts.models import Server, User
from accounts.words import said

from . import governed, ledger, secrecy
from .errors import (
    BadChange,
    ChangeOver,
    NotAnAdmin,
    NotFound,
    NothingToChange,
    OwnChange,
    Refusal,
    StaleChange,
    TextMissing,
    TextTooLong,
)  # fmt: skip
from .governed import Document, stored
from .models import Change

TEXT_LIMIT = 1000
TOKEN_WAITS = timedelta(days=1)  # a confirmed token that its author has not fetched by then is not made
FURTHEST = timedelta(days=366)
LOCK = 0x706C6163_65740001  # of PostgreSQL's advisory locks: "placet", 1
OPEN = (Change.State.PROPOSED, Change.State.CONFIRMED)


def propose(
    *, author: User, about: str, subject: str, proposed: Document | None, note: str = "",
    effective_at: datetime | None = None, once: bool = False, at: datetime,
) -> Change:  # fmt: skip
    """Propose that this document shall stand (None: nothing shall) from `effective_at` on.

    With `once`, what waits just so is returned. The only admin's is confirmed by that; and applied, unless for later.
    """
    kind, starts = governed.kind(about), effective_at or at
    _check_words(note, starts, at=at)
    with transaction.atomic():
        _one_at_a_time()
        _require_author(author, about=about, subject=subject)
        wanted, stands = kind.read(subject=subject, document=proposed, at=at), kind.current(subject=subject, at=at)
        if governed.same(wanted, stands):
            raise NothingToChange()
        same = waiting(about=about, subject=subject, proposed=wanted) if once else None
        if same is not None and max(same.effective_at, at) == starts:
            return same
        kind.check(subject=subject, document=wanted, at=starts, proposing=True)
        change = stored.write(author, about, subject, stands, wanted, note=note.strip(), effective_at=starts, at=at)
        _record("proposed", change, by=author, at=at)
        if alone(at=at) and _is_admin(author):
            _confirm(change, by=author, note="", alone=True, at=at)
    return change


def confirm(*, change_id: int, by: User, note: str = "", at: datetime) -> Change:
    """Confirm another admin's change; it is applied, unless it is for later.

    StaleChange when something else stands by now; whatever speaks against it is refused as it was when proposed.
    """
    _check_words(note, at, at=at)
    with transaction.atomic():
        change = _opened(change_id, by=by, states=(Change.State.PROPOSED,))
        sole = alone(at=at)
        if change.author_id == by.pk and not sole:
            raise OwnChange()
        require_base(change, at=at)
        _confirm(change, by=by, note=note.strip(), alone=sole and change.author_id == by.pk, at=at)
    return change


def refuse(*, change_id: int, by: User, note: str, at: datetime) -> Change:
    """Refuse another admin's change, and say why. What was confirmed for later can be refused until then."""
    _check_words(note, at, at=at)
    if not note.strip():
        raise TextMissing(said("Say in a sentence why you refuse it."), pointer="/note")
    with transaction.atomic():
        change = _opened(change_id, by=by, states=OPEN)
        if change.author_id == by.pk:
            raise OwnChange(said("You proposed this. Withdraw it instead."))
        change.decided_by, change.decided_at = by, at
        _end(change, Change.State.REFUSED, answer=note.strip())
        governed.drop(change, by=by, at=at)
        _record("refused", change, by=by, at=at)
    return change


def withdraw(*, change_id: int, by: User, at: datetime) -> Change:
    """Take one's own change back, until it is applied."""
    with transaction.atomic():
        change = _opened(change_id, by=by, states=OPEN, author=True)
        if change.author_id != by.pk:
            raise OwnChange(said("Somebody else proposed this. Refuse it instead."))
        if change.decided_by_id is None:
            change.decided_by, change.decided_at = by, at
        _end(change, Change.State.WITHDRAWN)
        governed.drop(change, by=by, at=at)
        _record("withdrawn", change, by=by, at=at)
    return change


def due(*, at: datetime) -> int:
    """Apply what is confirmed and due, each by itself; return how many took effect.

    What cannot hold any more fails, with the reason on its page.
    """
    over = Q(effective_at__lte=at - TOKEN_WAITS, decided_at__lte=at - TOKEN_WAITS)  # of a token that nobody fetched
    waiting = Change.objects.filter(~Q(about=Change.About.TOKEN) | over, state=Change.State.CONFIRMED)
    ready = waiting.filter(effective_at__lte=at).order_by("effective_at", "id")
    return sum(_apply_due(change_id, at=at) for change_id in ready.values_list("id", flat=True))


def collect_token(*, change_id: int, by: User, at: datetime) -> str:
    """Make the token that was confirmed, and return it to the author of the change: this once, and nobody else."""
    with transaction.atomic():
        change = _opened(change_id, by=by, states=(Change.State.CONFIRMED,))
        if change.about != Change.About.TOKEN or change.author_id != by.pk:
            raise NotFound(said("There is no token for you here."))
        if at < change.effective_at:
            raise BadChange(said("This takes effect later. Come back then."))
        _check(change, at=at)
        token = servers.rotate_token(server=Server.objects.get(name=change.subject), at=at)
        _end(change, Change.State.APPLIED, applied_at=at)
        _record("applied", change, by=by, at=at)
    return token


def alone(*, at: datetime) -> bool:
    """Whether nobody else could confirm: there is one admin, or the operator wants no second one.

    Whoever was an admin and lost access still counts, until a change says that they are none: or an admin would only
    have to lock the others out to act alone.
    """
    return not settings.SECOND_ADMIN or User.objects.filter(is_staff=True).count() <= 1


def current(*, about: str, subject: str, at: datetime) -> Document | None:
    """Return what stands, as the document that a change of it starts from."""
    return governed.kind(about).current(subject=subject, at=at)


def consequences(*, about: str, subject: str, proposed: Document | None, at: datetime) -> list[str]:
    """Say in sentences what this change would bring about elsewhere. Refuses as proposing it would."""
    kind = governed.kind(about)
    wanted = kind.read(subject=subject, document=proposed, at=at)
    return kind.consequences(subject=subject, document=wanted, at=at)


def waiting(*, about: str, subject: str, proposed: Document | None) -> Change | None:
    """Return the change that would bring just this about and is not decided yet, or not in force yet."""
    same = Change.objects.filter(about=about, subject=subject, state__in=OPEN, proposed=stored.as_bytes(proposed))
    return same.select_related("author").first()


def documents(change: Change) -> tuple[Document | None, Document | None]:
    """Return what stood when it was proposed, and what shall stand, members in the order of their description."""
    stood, shall = stored.said(change.current), stored.said(change.proposed)
    return governed.ordered(change.about, stood), governed.ordered(change.about, shall)


def _apply_due(change_id: int, *, at: datetime) -> bool:
    with transaction.atomic():
        _one_at_a_time()
        change = _locked(change_id)
        if change is None or change.state != Change.State.CONFIRMED:
            return False
        if change.about == Change.About.TOKEN:
            return _forget_token(change, at=at)
        try:
            with transaction.atomic():
                require_base(change, at=at)
                _apply(change, at=at)
        except Refusal as refusal:
            _end(change, Change.State.FAILED, answer=refusal.message)
            _record("failed", change, by=None, at=at)
            return False
    return True


def _forget_token(change: Change, *, at: datetime) -> bool:
    _end(change, Change.State.FAILED, answer="Nobody fetched the token within a day.")
    _record("failed", change, by=None, at=at)
    return False


def _confirm(change: Change, *, by: User, note: str, alone: bool, at: datetime) -> None:
    change.state, change.decided_by, change.decided_at = Change.State.CONFIRMED, by, at
    change.answer, change.alone = note, alone
    change.save(update_fields=["state", "decided_by", "decided_at", "answer", "alone"])
    _record("confirmed", change, by=by, at=at)
    if change.effective_at <= at and change.about != Change.About.TOKEN:
        _apply(change, at=at)
    else:
        _check(change, at=at)


def _apply(change: Change, *, at: datetime) -> None:
    _check(change, at=at)
    confirmed_by = None if change.alone else change.decided_by
    governed.kind(change.about).put(
        governed.Confirmed(
            subject=change.subject, proposed=stored.said(change.proposed), author=change.author,
            confirmed_by=confirmed_by, at=at,
        )
    )  # fmt: skip
    _end(change, Change.State.APPLIED, applied_at=at)
    _record("applied", change, by=change.decided_by, at=at)


def _check(change: Change, *, at: datetime) -> None:
    """As things will stand when it takes effect, as far as that is known now."""
    kind, starts = governed.kind(change.about), max(at, change.effective_at)
    kind.check(subject=change.subject, document=stored.said(change.proposed), at=starts, proposing=False)


def require_base(change: Change, *, at: datetime) -> None:
    """Compare with what stands at this moment, under the lock; that time has passed is no difference."""
    kind = governed.kind(change.about)
    base = kind.since(document=stored.said(change.current), at=at)
    if not governed.same(base, kind.current(subject=change.subject, at=at)):
        raise StaleChange()


def _end(change: Change, state: str, *, answer: str | None = None, applied_at: datetime | None = None) -> None:
    change.state, change.applied_at = state, applied_at
    change.answer = change.answer if answer is None else answer[:TEXT_LIMIT]
    change.save(update_fields=["state", "answer", "decided_by", "decided_at", "applied_at"])


def _opened(change_id: int, *, by: User, states: tuple[str, ...], author: bool = False) -> Change:
    """Lock the change for this admin, in one of these states. Deciding twice finds it decided.

    With `author`, whoever registered a passkey may open what waits for it, too.
    """
    _one_at_a_time()
    change = _locked(change_id)
    theirs = author and change is not None and change.about == Change.About.PASSKEY and change.author_id == by.pk
    if not theirs:
        _require_admin(by)
    if change is None:
        raise NotFound(said("There is no such change here."))
    if change.state not in states:
        raise ChangeOver(state=change.state)
    return change


def _locked(change_id: int) -> Change | None:
    found = Change.objects.select_for_update(of=("self",)).select_related("author", "decided_by")
    return found.filter(pk=change_id).first()


def _require_admin(person: User) -> None:
    if not _is_admin(person):
        raise NotAnAdmin()


def _is_admin(person: User) -> bool:
    """Asked of the database, inside the transaction: who was one a moment ago may be none by now."""
    return User.objects.filter(pk=person.pk, is_staff=True, is_active=True).exists()


def _require_author(author: User, *, about: str, subject: str) -> None:
    """An admin; of a passkey, the person themselves, who proposes it by registering it."""
    if about != Change.About.PASSKEY:
        _require_admin(author)
    elif author.username != subject:
        raise NotFound(said("There is no such passkey of yours."))


def _one_at_a_time() -> None:
    """Wait for whoever is changing the map. SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _record(step: str, change: Change, *, by: User | None, at: datetime) -> None:
    ledger.record(event=f"change.{step}", actor=by.urn if by else "console", dig=change.dig, at=at)


def _check_words(note: str, starts: datetime, *, at: datetime) -> None:
    if len(note) > TEXT_LIMIT:
        raise TextTooLong(said("Keep it to {text_limit} characters.", text_limit=TEXT_LIMIT), pointer="/note")
    secrecy.require_none(note, at="/note", who="change")
    if not at <= starts <= at + FURTHEST:
        raise BadChange(said("A change takes effect now or within a year."), pointer="/effective_at")
