"""Knocking: people hear on their channels that something waits for them, while they do not look at the console.

What they are to hear is found by query in what is recorded anyway, so that neither an ask nor a decision pays for it,
and nothing is lost when a worker or Valkey was away. A message names servers, kinds and ids, with links; never what was
asked. It goes at least once: twice when the worker dies between the other side's yes and our row, and only then.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import channels, notices, preferences, times
from accounts.channels import Unsent
from accounts.models import Channel, User
from accounts.words import said

from . import access, assignment, spoken
from .models import Action, Assignment, Duty, Handover, Kind, Knock, Review, State, Timer, Why
from .rules import quiet

#: After a message: what comes meanwhile goes together in the next one.
PAUSE = timedelta(minutes=1)
#: So long a worker has a channel for itself: longer than it takes to come to the last one of a slow dozen.
LEASE = timedelta(minutes=10)
#: How long to wait after each try that failed; after the last one the channel is given up, and its person told.
PATIENCE = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480))
#: So long before somebody's quiet hours they hear what is due within them.
AHEAD = timedelta(minutes=30)
MOST, LISTED = 20, 20

WORDS = {
    Knock.Why.ASKED: gettext_lazy("Waits for you"),
    Knock.Why.ESCALATED: gettext_lazy("Escalated to you"),
    Knock.Why.WARNED: gettext_lazy("Due soon"),
    Knock.Why.VOIDED: gettext_lazy("Edited since your yes, which counts no more"),
    Knock.Why.BEFORE_QUIET: gettext_lazy("Due within your quiet hours"),
}

KINDS = {
    Kind.SAMPLING: gettext_lazy("Sampling"),
    Kind.SAMPLING_RESULT: gettext_lazy("Sampling result"),
    Kind.ELICITATION_FORM: gettext_lazy("Form"),
    Kind.ELICITATION_URL: gettext_lazy("Link"),
    Kind.TOOL_CALL: gettext_lazy("Tool call"),
}

_LIVE = Q(ended_at=None, person__is_active=True)

type Found = Iterator[tuple[int, UUID, str, int, datetime]]
type HandOver = Callable[..., None]

log = logging.getLogger(__name__)


def test(*, person: User, at: datetime) -> int:
    """Owe a test on each channel of this person; return how many. It comes in quiet hours too: they asked for it."""
    found = Channel.objects.filter(person=person)
    found.filter(ended_at__isnull=False).update(ended_at=None, tries=0, free_at=at)
    made = [Knock(channel=each, why=Knock.Why.TEST, at=at, due_at=at) for each in found]
    Knock.objects.filter(channel__person=person, why=Knock.Why.TEST).delete()
    return len(Knock.objects.bulk_create(made))


def run(*, at: datetime, hand_over: HandOver = channels.hand_over) -> int:
    """Find who is to hear of what, and tell them; return how many messages were taken."""
    owe(at=at)
    return send_owed(at=at, hand_over=hand_over)


def owe(*, at: datetime) -> int:
    """Write down what people are to hear and have not been owed yet; return how many knocks are new."""
    open_ = list(Channel.objects.filter(_LIVE).select_related("person__preference"))
    if not open_:
        return 0
    theirs: dict[int, list[Channel]] = defaultdict(list)
    for channel in open_:
        theirs[channel.person_id].append(channel)
    known = set(
        Knock.objects.filter(channel__in=open_, action__state=State.PENDING).values_list(
            "channel_id", "action_id", "why", "edit"
        )
    )
    made = [
        Knock(channel=channel, action_id=action_id, why=why, edit=edit, at=at, due_at=at)
        for owner, action_id, why, edit, since in _news(theirs, at=at)
        for channel in theirs[owner]
        if since >= channel.created_at and (channel.pk, action_id, why, edit) not in known
    ]
    return len(Knock.objects.bulk_create(made, ignore_conflicts=True))


def _news(theirs: dict[int, list[Channel]], *, at: datetime) -> Found:
    """Yield whom, of which action, why, of which edit, and since when there is something to hear."""
    waiting = Assignment.objects.filter(
        owner__in=theirs, duty=Duty.APPROVAL, action__state=State.PENDING, action__deadline_at__gt=at
    )
    said = Review.objects.filter(action=OuterRef("action"), reviewer=OuterRef("owner"))
    silent = waiting.filter(~Exists(said)).values_list("owner_id", "action_id", "why", "at", "action__deadline_at")
    lately = _quiet_soon(theirs, at=at)
    for owner, action_id, why, since, deadline in silent:
        yield owner, action_id, Knock.Why.ESCALATED if why == Why.ESCALATED else Knock.Why.ASKED, 0, since
        begins, ends = lately.get(owner, (at, at))
        if begins <= deadline < ends:
            yield owner, action_id, Knock.Why.BEFORE_QUIET, 0, at
    warned = Timer.objects.filter(action=OuterRef("action"), step=assignment.WARNING, fired_at__isnull=False)
    due = waiting.filter(Exists(warned)).annotate(fired=Max("action__timers__fired_at", filter=_WARNING))
    for owner, action_id, since in due.values_list("owner_id", "action_id", "fired"):
        yield owner, action_id, Knock.Why.WARNED, 0, since
    yield from _voided(theirs, at=at)


_WARNING = Q(action__timers__step=assignment.WARNING)


def _voided(people: Collection[int], *, at: datetime) -> Found:
    yes = Review.objects.filter(
        reviewer__in=people, verdict="approve", action__state=State.PENDING, action__deadline_at__gt=at
    ).annotate(newest=Max("action__edits__number"), since=Max("action__edits__at"))
    for owner, action_id, edit, newest, since in yes.values_list("reviewer_id", "action_id", "edit", "newest", "since"):
        if newest and newest > edit:
            yield owner, action_id, Knock.Why.VOIDED, newest, since


def _quiet_soon(theirs: dict[int, list[Channel]], *, at: datetime) -> dict[int, tuple[datetime, datetime]]:
    """The quiet hours of those for whom they begin soon."""
    soon = {}
    for owner, mine in theirs.items():
        chosen = preferences.of(mine[0].person)
        if chosen.quiet_from is None or chosen.quiet_until is None:
            continue
        zone = preferences.zone(chosen) or UTC
        begins, ends = quiet.window(begins=chosen.quiet_from, ends=chosen.quiet_until, zone=zone, at=at)
        if begins - AHEAD <= at < begins:
            soon[owner] = (begins, ends)
    return soon


def send_owed(*, at: datetime, hand_over: HandOver = channels.hand_over) -> int:
    """Hand over what is owed by now; return how many messages were taken."""
    owed = Knock.objects.filter(channel=OuterRef("pk"), due_at__lte=at)
    free = Channel.objects.filter(_LIVE, Exists(owed), free_at__lte=at).select_related("person__preference")
    return sum(_send(channel, at=at, hand_over=hand_over) for channel in list(free.order_by("free_at", "pk")[:MOST]))


def _send(channel: Channel, *, at: datetime, hand_over: HandOver) -> bool:
    owed = _owed(channel, at=at)
    mine = Channel.objects.filter(pk=channel.pk, free_at=channel.free_at)
    if not owed or not mine.update(free_at=at + LEASE):
        return False  # it is night there, or another worker has it
    told = _waiting(channel.person, owed, at=at)
    pause = timedelta(0)
    if told:
        subject, text = _worded(channel.person, told, at=at)
        try:
            hand_over(channel, subject=subject, text=text)
        except Unsent as no:
            _again(channel, no, at=at)
            return False
        pause = PAUSE
    with transaction.atomic():
        Knock.objects.filter(pk__in=[each.pk for each in told]).update(sent_at=at)
        Knock.objects.filter(pk__in=[each.pk for each in owed]).update(due_at=None)
        said = {"tries": 0, "sent_at": at} if told else {}
        Channel.objects.filter(pk=channel.pk).update(free_at=at + pause, **said)
    return bool(told)


def _owed(channel: Channel, *, at: datetime) -> list[Knock]:
    found: QuerySet[Knock] = Knock.objects.filter(channel=channel, due_at__lte=at)
    if preferences.is_quiet(preferences.of(channel.person), at=at):
        found = found.filter(why=Knock.Why.TEST)
    read = found.select_related("action__server", "action__policy").defer("action__body", "action__context")
    return list(read.order_by("at", "id"))


def _waiting(person: User, owed: Sequence[Knock], *, at: datetime) -> list[Knock]:
    """Those that this person still has to hear: not of what ended, what they answered or handed on, or what is not
    theirs to decide any more.
    """
    ids = {each.action_id for each in owed if each.action_id}
    rights = access.rights(users=[person], action_ids=sorted(ids), at=at)
    reviews, handed = defaultdict(list), defaultdict(list)
    for review in Review.objects.filter(action__in=ids).only("action_id", "reviewer_id", "edit"):
        reviews[review.action_id].append(review)
    for handover in Handover.objects.filter(action__in=ids):
        handed[handover.action_id].append(handover)

    def waits(action: Action) -> bool:
        spoke = person.pk in {review.reviewer_id for review in spoken.current(reviews[action.pk])}
        if action.state != State.PENDING or action.deadline_at <= at or spoke:
            return False
        return person.pk not in assignment.passed_on(handed[action.pk]) and bool(rights.voices(person, action))

    return [each for each in owed if each.action is None or waits(each.action)]


def _again(channel: Channel, no: Unsent, *, at: datetime) -> None:
    """Try later; given up after the last try, its person reads it on their page."""
    log.warning("a message was not taken", extra={"channel": channel.kind, "error": type(no.__cause__ or no).__name__})
    tries = channel.tries + 1
    rows = Channel.objects.filter(pk=channel.pk)
    if tries <= len(PATIENCE):
        rows.update(free_at=at + PATIENCE[tries - 1], tries=tries)
        return
    with transaction.atomic():
        rows.update(ended_at=at, tries=tries)
        given_up = {
            Channel.Kind.MAIL: said("Mails did not reach you and were given up: {why}.", why=no.why),
            Channel.Kind.CHAT: said("Messages to your chat did not reach you and were given up: {why}.", why=no.why),
        }
        text = given_up[Channel.Kind(channel.kind)]
        notices.tell(person=channel.person, code="channel_ended", text=text, at=at)


def _worded(person: User, told: Sequence[Knock], *, at: datetime) -> tuple[str, str]:
    """Subject and text, in the person's language and zone."""
    chosen = preferences.of(person)
    with translation.override(preferences.language(chosen)), timezone.override(preferences.zone(chosen) or UTC):
        by_action: dict[Action, list[Knock]] = defaultdict(list)
        for knock in told:
            if knock.action:
                by_action[knock.action].append(knock)
        if not by_action:
            return _("Placet: a test"), _("This is a test. Asks that wait for you will be told here.")
        count = len(by_action)
        subject = ngettext("Placet: an ask waits for you", "Placet: {count} asks wait for you", count)
        subject = subject.format(count=count)
        lines = [_line(action, knocks, at=at) for action, knocks in list(by_action.items())[:LISTED]]
        if count > LISTED:
            lines.append(_("And {count} more: {link}").format(count=count - LISTED, link=f"{settings.PUBLIC_URL}/"))
        return subject, "\n\n".join([f"{subject}.", *lines])


def _line(action: Action, knocks: Iterable[Knock], *, at: datetime) -> str:
    why = "; ".join(dict.fromkeys(str(WORDS[Knock.Why(each.why)]) for each in knocks))
    until = f"{times.when(action.deadline_at, at=at)} {times.zone_name(action.deadline_at)}"
    said = _("{why}: {kind} from {server}, until {until}").format(
        why=why, kind=KINDS[Kind(action.kind)], server=action.server.name, until=until
    )
    return f"{said}\n{settings.PUBLIC_URL}{reverse('action', args=[action.pk])}"
