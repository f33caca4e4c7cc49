"""Erasing payloads: what was asked, edited, answered and commented goes; digests, verdicts, receipt and ledger stay.

Only what is decided and cannot be used any more. Nobody erases what they had a say in. Every erasure is a row that says
who and why, and a line of the ledger.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts import words
from accounts.models import User

from . import access, ledger
from .errors import NotFound, TextMissing, TextTooLong
from .errors.sealed import AlreadyErased, NotErasable, OwnWord
from .models import Action, Answer, Comment, Duty, Edit, Erasure, Outcome, Question, Receipt, Review, State
from .sealing import ERASED

REASON_LIMIT = 400
BATCH = 200
KEPT_LONG_ENOUGH = "kept for as long as this console keeps what is decided"


def erase(*, action_id: UUID, person: User, reason: str, at: datetime) -> None:
    """Erase one action's payloads for a person who answers for the log of its checkpoint, in their own right."""
    said = _worded(reason)
    with transaction.atomic():
        action = may_erase(action_id=action_id, person=person, at=at, locked=True)
        _erase([action], person=person, actor=person.urn, reason=said, at=at)


def may_erase(*, action_id: UUID, person: User, at: datetime, locked: bool = False) -> Action:
    """The action, when this person may erase it now; a refusal says why not. Not yours means not found."""
    access.action_seen_by(person, action_id, at=at)
    rows = Action.objects.select_for_update(of=("self",)) if locked else Action.objects
    action = rows.defer("context").get(pk=action_id)
    if not logs(person, action, at=at):
        raise NotFound()
    if action.is_erased:
        raise AlreadyErased()
    if not _over(Action.objects.filter(pk=action_id), at=at).exists():
        raise NotErasable()
    if _had_a_say(person, action):
        raise OwnWord()
    return action


def logs(person: User, action: Action, *, at: datetime) -> bool:
    """Whether this person answers for the log of the action's checkpoint."""
    return Duty.LOGGING in access.duties(person, at=at).get(action.checkpoint_id, {})


def erase_many(*, wanted: QuerySet[Action], actor: str, reason: str, at: datetime, limit: int = BATCH) -> int:
    """Erase up to `limit` of these, the oldest first; return how many. What can still be used is left alone.

    For operators and the rule for keeping; `actor` is how the ledger names who did it.
    """
    said = _worded(reason)
    with transaction.atomic():
        rows = Action.objects.select_for_update(of=("self",), skip_locked=True)
        found = list(rows.filter(pk__in=_over(wanted, at=at).values("pk")).order_by("id").only("id", "dig")[:limit])
        if found:
            _erase(found, person=None, actor=actor, reason=said, at=at)
    return len(found)


def left(*, wanted: QuerySet[Action], at: datetime) -> int:
    """How many of these could be erased now."""
    return _over(wanted, at=at).count()


def sweep(*, at: datetime, days: int) -> int:
    """Erase what was decided more than so many days ago; 0 keeps everything."""
    if not days:
        return 0
    old = Action.objects.filter(settled_at__lte=at - timedelta(days=days))
    return erase_many(wanted=old, actor="console", reason=KEPT_LONG_ENOUGH, at=at)


def scrub() -> None:
    """Have the database give up what it no longer shows: rows that nobody sees, and its write-ahead log.

    Outside of transactions only.
    """
    if connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            for model in (Action, Edit, Answer, Comment):
                cursor.execute(f"VACUUM {model._meta.db_table}")


def _over(wanted: QuerySet[Action], *, at: datetime) -> QuerySet[Action]:
    """Those that are decided, and of which nothing can come any more: no use, and no answer."""
    erased = Exists(Erasure.objects.filter(action=OuterRef("pk")))
    usable = Exists(Receipt.objects.filter(action=OuterRef("pk"), expires_at__gt=at))
    reported = Exists(Outcome.objects.filter(action=OuterRef("pk")))
    asking = Exists(Question.objects.filter(action=OuterRef("pk"), until__gt=at))
    settled = wanted.exclude(state=State.PENDING).filter(~erased)
    return settled.filter(~Q(state=State.APPROVED) | reported | (~usable & ~asking))


def _erase(actions: Sequence[Action], *, person: User | None, actor: str, reason: str, at: datetime) -> None:
    ids = [action.pk for action in actions]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")  # freed pages are overwritten
    Erasure.objects.bulk_create([Erasure(action_id=pk, person=person, reason=reason, at=at) for pk in ids])
    Action.objects.filter(pk__in=ids).update(body=ERASED, context=ERASED)
    Edit.objects.filter(action_id__in=ids).update(body=ERASED)
    Answer.objects.filter(pk__in=ids, content__isnull=False).update(content=None)
    Comment.objects.filter(action_id__in=ids).update(text=ERASED)
    for action in actions:
        ledger.record(event="action.erased", actor=actor, action_id=action.pk, dig=action.dig, at=at)


def _had_a_say(person: User, action: Action) -> bool:
    said = Review.objects.filter(action=action).filter(Q(reviewer=person) | Q(on_behalf_of=person)).exists()
    return said or Edit.objects.filter(action=action, editor=person).exists()


def _worded(reason: str) -> str:
    said = reason.strip()
    if not said:
        raise TextMissing(words.said("Say why it is erased: the reason stays."), pointer="/reason")
    if len(said) > REASON_LIMIT:
        raise TextTooLong(
            words.said("Keep the reason under {reason_limit} characters.", reason_limit=REASON_LIMIT), pointer="/reason"
        )
    return said
