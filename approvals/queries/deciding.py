"""Who decides an action, as its page shows it: need by need who said yes, who is asked, who stands in for whom."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from accounts.models import User
from accounts.roles import Holder

from .. import access, assignment, voicing
from ..errors import Refusal
from ..models import Action, Assignment, Duty, Handover, How, Review, State, Timer
from ..rules import quorum

SHOWN = 12  # people of one role whose names are shown


@dataclass(frozen=True, slots=True)
class Seat:
    """One person and their part: what they said, or since when they are asked; for whom; how they handed it on."""

    person_id: int
    username: str
    review: Review | None = None
    asked_at: datetime | None = None
    why: str = ""
    on_behalf_of: str = ""
    away: bool = False
    until: datetime | None = None
    passed: Handover | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """One need, or (with `count` 0) a role that escalation added at `added_at`. `turn` is whether it may vote now."""

    role: str
    count: int
    lacking: int
    turn: bool
    seats: list[Seat]
    more: int = 0
    added_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Deciding:
    """All of it. `refusal` is why this reader's yes would not count (None: it would), `voice` how it would.

    `may` is whether they have a say in it now, `asked` whether they were asked. `breaks` is whether they hold the role
    that may break the glass, `broken` who did. `edits` is whether they may change it before their yes.
    """

    stages: list[Stage] = field(default_factory=list)
    counted: quorum.Count | None = None
    sees: bool = False
    holds: bool = False
    voice: Holder | None = None
    refusal: Refusal | None = None
    breaks: bool = False
    edits: bool = False
    broken: Seat | None = None
    may: bool = False
    asked: bool = False
    passed: bool = False
    last: Handover | None = None
    handovers: list[Handover] = field(default_factory=list)
    candidates: list[str] = field(default_factory=list)
    following: Timer | None = None
    warned: bool = False

    @property
    def taken_by(self) -> User | None:
        """Who took it over last, while nobody handed it on since."""
        return self.last.person if self.last and self.last.how == How.TOOK_OVER else None

    @property
    def needed(self) -> int:
        return sum(stage.count for stage in self.stages)

    @property
    def yes(self) -> int:
        return self.needed - self.counted.missing if self.counted else 0


def read(user: User, action: Action, reviews: Sequence[Review], *, at: datetime) -> Deciding:
    """Read who decides the action, and what this reader may do about it; nine queries, fewer once it is settled."""
    known = access.rights(users=[user], action_ids=[action.pk], at=at)
    if action.policy is None:
        return Deciding(sees=known.sees(user, action), holds=known.holds(user, action))
    asked = Assignment.objects.filter(action=action, duty=Duty.APPROVAL).select_related("owner", "on_behalf_of")
    named = {each.owner_id: each for each in asked}
    timers = list(Timer.objects.filter(action=action).order_by("step"))
    handovers = list(Handover.objects.filter(action=action).select_related("person", "to"))
    pending = action.state == State.PENDING
    terms = known.terms(action)
    everybody = assignment.read_holders(terms.roles, at=at) if pending else assignment.read_holders((), at=at)
    votes = voicing.votes_of(reviews)
    table = _Table(action, terms, votes, reviews, named, handovers, everybody)
    voice, refusal = _voice(user, action, known, terms, votes)
    may = _has_a_say(user, action, known)
    return Deciding(
        stages=table.stages(timers), counted=quorum.count(terms, votes), sees=known.sees(user, action),
        holds=known.holds(user, action), voice=voice,
        refusal=refusal, breaks=known.may_break(user, action), broken=table.broken(), may=may, asked=user.pk in named,
        edits=_edits(user, action, known, terms),
        passed=user.pk in table.passed, last=handovers[-1] if handovers else None, handovers=handovers,
        candidates=table.candidates(without=user.pk) if pending and may else [],
        following=next((t for t in timers if t.role and t.fired_at is None), None) if pending else None,
        warned=pending and any(t.step == assignment.WARNING and t.fired_at for t in timers),
    )  # fmt: skip


def _voice(
    user: User, action: Action, known: access.Rights, terms: quorum.Terms, votes: Sequence[quorum.Vote]
) -> tuple[Holder | None, Refusal | None]:
    """How this reader's yes would count now; why it would not."""
    if action.state != State.PENDING or any(vote.person == user.pk for vote in votes):
        return None, None
    try:
        voices = access.may_decide(user=user, action=action, known=known)
        turn = voicing.in_turn(terms, votes, voicing.theirs(action, voices))
        return voicing.voice(terms, votes, turn, others=lambda _: {}), None
    except Refusal as refusal:
        return None, refusal


def _edits(user: User, action: Action, known: access.Rights, terms: quorum.Terms) -> bool:
    """Whether they may change it, apart from whether their yes would count: in a sequence, whoever is asked first."""
    if action.state != State.PENDING or not action.policy.rule.edit or not known.may_edit(user, action):
        return False
    first = quorum.turn(terms, quorum.count(terms, ()))
    return any(each.role in first for each in known.voices(user, action))


def _has_a_say(user: User, action: Action, known: access.Rights) -> bool:
    """Whether a role is theirs by which it is decided, and the ask is another's."""
    try:
        return bool(voicing.theirs(action, access.may_decide(user=user, action=action, known=known)))
    except Refusal:
        return False


class _Table:
    """Everybody who has to do with one action, to be seated by role."""

    def __init__(
        self, action: Action, terms: quorum.Terms, votes: Sequence[quorum.Vote], reviews: Sequence[Review],
        named: dict[int, Assignment], handovers: Iterable[Handover], everybody: assignment.Everybody,
    ) -> None:  # fmt: skip
        self.action, self.terms, self.reviews = action, terms, reviews
        self.named, self.handovers, self.everybody = named, list(handovers), everybody
        self.passed = assignment.passed_on(self.handovers)
        self.counted = quorum.count(terms, votes)
        self.turn = set(quorum.turn(terms, self.counted)) if action.state == State.PENDING else set()
        self.said = {review.reviewer_id for review in reviews}
        self.item = assignment.item_of(action)

    def stages(self, timers: Iterable[Timer]) -> list[Stage]:
        until = self.action.settled_at  # a step that came due later was found settled, and asked nobody
        fired = {t.role: t.fired_at for t in timers if t.role and t.fired_at and (until is None or t.fired_at < until)}
        needs = [
            self._stage(need.role, need.count, lack, fired.get(need.role))
            for need, lack in zip(self.terms.needs, self.counted.lacking, strict=True)
        ]
        roles = {need.role for need in self.terms.needs}
        return needs + [self._stage(role, 0, 0, at) for role, at in fired.items() if role not in roles]

    def broken(self) -> Seat | None:
        """Who approved it alone: theirs is the last review, in a role that no need names."""
        last = self.reviews[-1] if self.action.reason == "break_glass" and self.reviews else None
        return self._spoken(last) if last else None

    def candidates(self, *, without: int) -> list[str]:
        """Names of those to whom it may be handed: they may decide it now, and have not."""
        able = {held.user_id: held for role in self.terms.roles if role in self.turn for held in self._able(role)}
        return sorted(
            held.username for held in able.values() if not held.away and held.user_id not in (self.said | {without})
        )

    def _stage(self, role: str, count: int, lacking: int, added_at: datetime | None) -> Stage:
        seats = [self._spoken(review) for review in self.reviews if review.role == role]
        if self.action.state == State.PENDING:
            seats += [self._asked(held) for held in self._able(role) if held.user_id not in self.said]
        else:
            seats += [
                self._left(each) for each in self.named.values() if each.role == role and each.owner_id not in self.said
            ]
        return Stage(role, count, lacking, role in self.turn, seats[:SHOWN], max(0, len(seats) - SHOWN), added_at)

    def _able(self, role: str) -> list[Holder]:
        held = self.everybody.of(role, rule=self.action.policy.rule)
        return [each for each in held if assignment.allows(self.item, each)]

    def _spoken(self, review: Review) -> Seat:
        absent = review.on_behalf_of.username if review.on_behalf_of else ""
        return Seat(review.reviewer_id, review.reviewer.username, review=review, on_behalf_of=absent)

    def _asked(self, held: Holder) -> Seat:
        asked = self.named.get(held.user_id)
        return Seat(
            held.user_id, held.username, asked_at=asked.at if asked else None, why=asked.why if asked else "",
            on_behalf_of=held.on_behalf_of, away=held.away, until=held.until, passed=self._handed(held.user_id),
        )  # fmt: skip

    def _left(self, asked: Assignment) -> Seat:
        absent = asked.on_behalf_of.username if asked.on_behalf_of else ""
        return Seat(
            asked.owner_id, asked.owner.username, asked_at=asked.at, why=asked.why, on_behalf_of=absent,
            passed=self._handed(asked.owner_id),
        )  # fmt: skip

    def _handed(self, person_id: int) -> Handover | None:
        """How this person handed it on, while they have not got it back."""
        mine = [each for each in self.handovers if each.person_id == person_id and each.how != How.TOOK_OVER]
        return mine[-1] if person_id in self.passed else None
