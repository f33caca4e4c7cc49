"""People join and leave roles, go away and name delegates, asks come in and are decided, rules change, time passes.

In whatever order that happens, no decision is made by somebody who may not make it, no quorum is skipped, no voice
counts twice, no circle of delegates names anybody, nothing is approved from its deadline on, and every no has a name.

The machine keeps a plain model of its own (sets and loops, no SQL), and compares.
"""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from accounts import absences, errors, roles, servers
from accounts.models import Absence, Membership, User
from approvals import access, deadlines, handovers, reviews
from approvals.models import Action, Assignment, Receipt, Review, Timer
from tests.asks import ask, submit
from tests.publishing import publish

NAMES = ("ann", "ben", "cyd", "dov", "eve")
ROLES = ("pay", "data", "chief")
BEGIN = datetime(2026, 11, 23, 9, tzinfo=UTC)
PEOPLE, HELD = st.sampled_from(NAMES), st.sampled_from(ROLES)
NEEDS = st.sampled_from([(("pay", 1),), (("pay", 2),), (("pay", 1), ("data", 1))])
VERDICTS = st.sampled_from(["approve", "approve", "approve", "deny"])
DEADLINE = 600


class Owners(RuleBasedStateMachine):
    """`self.members`, `self.away` are the model; the database is what is compared with it."""

    @initialize(
        needs=NEEDS, order=st.sampled_from(["parallel", "sequential"]), gone=st.sampled_from(["", "ann", "cyd"])
    )
    def begin(self, needs, order, gone) -> None:
        self.sid = transaction.savepoint_create()
        self.at, self.count = BEGIN, itertools.count()
        self.people = {name: User.objects.create_user(name) for name in NAMES}
        self.shop = servers.register(name="shop", at=self.at)
        self.members: set[tuple[str, str]] = set()
        self.away: dict[str, tuple[Absence, dict[str, str]]] = {}
        self.asked: list[tuple[Action, str]] = []
        for name, role in (("ann", "pay"), ("ben", "pay"), ("cyd", "data"), ("dov", "chief")):
            self.join(name, role)
        self.revise(needs, order, "delegate")
        if gone:
            self.go_away(gone, {"pay": "eve", "data": "eve"})
        self.ask("")

    def teardown(self) -> None:
        if hasattr(self, "sid"):
            transaction.savepoint_rollback(self.sid)

    # ── What happens ─────────────────────────────────────────────────────────────────────────────────────────────────

    @rule(name=PEOPLE, role=HELD)
    def join(self, name, role) -> None:
        roles.give(role=role, user=self.people[name], at=self.at)
        self.members.add((name, role))

    @rule(name=PEOPLE, role=HELD)
    def leave(self, name, role) -> None:
        roles.take(role=role, user=self.people[name], at=self.at)
        self.members.discard((name, role))

    @rule(name=PEOPLE, delegates=st.dictionaries(HELD, PEOPLE, max_size=2))
    def go_away(self, name, delegates) -> None:
        named = {role: self.people[who] for role, who in delegates.items()}
        try:
            gone = absences.declare(person=self.people[name], delegates=named, at=self.at)
        except errors.OverlappingAbsence:
            assert name in self.away
        except errors.BadDelegate:
            assert name in delegates.values()
        else:
            assert name not in self.away and name not in delegates.values()
            self.away[name] = gone, delegates

    @rule(name=PEOPLE)
    def come_back(self, name) -> None:
        if name in self.away:
            absences.end(absence=self.away.pop(name)[0], at=self.at)

    @rule(needs=NEEDS, order=st.sampled_from(["parallel", "sequential"]), absence=st.sampled_from(["delegate", "none"]))
    def revise(self, needs, order, absence) -> None:
        publish(
            checkpoint="shop/refund", pattern="refund", deadline_seconds=DEADLINE, at=self.at, order=order,
            needs=[{"role": role, "count": count} for role, count in needs], absence=absence,
            escalation=[{"after_seconds": 200, "role": "chief"}], warn_seconds=60,
        )  # fmt: skip

    @rule(subject=st.sampled_from(["", "ann", "ben"]))
    @precondition(lambda self: len(self.asked) < 3)
    def ask(self, subject) -> None:
        admitted = submit(self.shop, ask(subject=subject or "dana"), key=f"k{next(self.count)}", at=self.at)
        self.asked.append((admitted.action, subject))

    @rule(seconds=st.sampled_from([1, 1, 150, 300]))
    def wait(self, seconds) -> None:
        self.at += timedelta(seconds=seconds)

    @rule()
    def sweep(self) -> None:
        deadlines.sweep(at=self.at)
        deadlines.sweep_timers(at=self.at)

    @rule(name=PEOPLE, verdict=VERDICTS, place=st.integers(0, 2))
    @precondition(lambda self: self.asked)
    def anybody_votes(self, name, verdict, place) -> None:
        self.vote(name, verdict, *self.asked[place % len(self.asked)])

    @rule(pick=st.integers(0, 4), verdict=VERDICTS)
    @precondition(lambda self: self.asked)
    def somebody_votes_who_may(self, pick, verdict) -> None:
        action, subject = self.asked[-1]
        found = Action.objects.select_related("policy").get(pk=action.pk)
        if able := [name for name in NAMES if self.voices(name, found)]:
            self.vote(able[pick % len(able)], verdict, action, subject)

    @rule(pick=st.integers(0, 4))
    @precondition(lambda self: self.asked)
    def somebody_says_yes_who_may(self, pick) -> None:
        self.somebody_votes_who_may(pick, "approve")

    def vote(self, name, verdict, action, subject) -> None:
        before = Action.objects.select_related("policy").get(pk=action.pk)
        voices = self.voices(name, before)
        said = Review.objects.filter(action=action, reviewer=self.people[name]).exists()
        (answer,) = reviews.record_many(
            given=[reviews.Given(action_id=action.pk, reviewer=self.people[name], verdict=verdict)], at=self.at
        )
        if isinstance(answer, errors.Refusal):
            assert type(answer) is not errors.Refusal and answer.code != "refused"
            return
        assert before.state == "pending" and self.at < before.deadline_at
        assert voices and name != subject and not said
        review = Review.objects.select_related("on_behalf_of").get(action=action, reviewer=self.people[name])
        absent = review.on_behalf_of.username if review.on_behalf_of else None
        assert (review.role, absent) in voices and absent != subject

    @rule(name=PEOPLE, to=PEOPLE, how=st.sampled_from(["pass", "take", "hand", "escalate"]), place=st.integers(0, 2))
    @precondition(lambda self: self.asked)
    def hand_on(self, name, to, how, place) -> None:
        given = {"action_id": self.asked[place % len(self.asked)][0].pk, "person": self.people[name], "at": self.at}
        try:
            if how == "hand":
                handovers.reassign(**given, to=self.people[to])
            else:
                {"pass": handovers.pass_on, "take": handovers.take_over, "escalate": handovers.escalate}[how](**given)
        except errors.Refusal as refusal:
            assert refusal.code != "refused"

    # ── The model ────────────────────────────────────────────────────────────────────────────────────────────────────

    def stands_in(self, absent: str, role: str) -> str | None:
        path = [absent]
        while len(path) <= 3 and path[-1] in self.away:
            following = self.away[path[-1]][1].get(role)
            if following is None or following in path:
                return None
            path.append(following)
        return path[-1] if path[-1] not in self.away else None

    def voices(self, name: str, action: Action) -> set[tuple[str, str | None]]:
        """(role, for whom) by which this person may decide it now."""
        if action.policy is None:
            return set()
        said = action.policy.rule
        added = set(Timer.objects.filter(action=action, fired_at__isnull=False).values_list("role", flat=True))
        found: set[tuple[str, str | None]] = set()
        for role in {need.role for need in said.needs} | added - {""}:
            if (name, role) in self.members:
                found.add((role, None))
            elif said.absence == "delegate":
                absent = [who for who, held in self.members if held == role and who in self.away]
                found |= {(role, who) for who in absent if self.stands_in(who, role) == name}
        return found

    # ── What always holds ────────────────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def the_same_people_hold_a_role_by_either_way_of_looking(self) -> None:
        if not hasattr(self, "people"):
            return
        found = roles.holders(ROLES, at=self.at)
        for role in ROLES:
            present = {name for name, held in self.members if held == role and name not in self.away}
            stand = {self.stands_in(n, role) for n, held in self.members if held == role and n in self.away} - {None}
            assert {held.username for held in found[role]} == present | stand
        everybody = access.rights(users=list(self.people.values()), action_ids=[], at=self.at).held
        for name, person in self.people.items():
            held = {(each.role, each.on_behalf_of or None) for each in everybody.get(person.pk, ())}
            own = {(role, None) for who, role in self.members if who == name}
            lent = {
                (role, who) for who, role in self.members
                if who in self.away and (name, role) not in self.members and self.stands_in(who, role) == name
            }  # fmt: skip
            assert held == own | lent

    @invariant()
    def what_is_approved_has_all_its_voices_and_was_in_time(self) -> None:
        for action, subject in getattr(self, "asked", ()):
            found = Action.objects.select_related("policy").get(pk=action.pk)
            given = list(Review.objects.filter(action=action).select_related("reviewer", "on_behalf_of"))
            yes = [each for each in given if each.verdict == "approve"]
            authorities = [(each.on_behalf_of or each.reviewer).username for each in yes]
            assert len({each.reviewer_id for each in given}) == len(given)
            assert len(set(authorities)) == len(authorities) and subject not in authorities
            assert (found.state == "denied" and found.reason == "owner_denied") == (len(yes) < len(given))
            assert Receipt.objects.filter(action=action).exists() == (found.state != "pending")
            if found.state == "approved":
                assert found.settled_at < found.deadline_at
                assert _complete(found, yes)
            elif found.state == "pending":
                assert not _complete(found, yes)

    @invariant()
    def nobody_is_asked_about_what_is_theirs(self) -> None:
        for action, subject in getattr(self, "asked", ()):
            if subject:
                asked = Assignment.objects.filter(action=action)
                assert not asked.filter(owner__username=subject).exists()
                assert not asked.filter(on_behalf_of__username=subject).exists()

    @invariant()
    def whoever_may_decide_may_see(self) -> None:
        for action, _ in getattr(self, "asked", ()):
            found = Action.objects.select_related("policy").get(pk=action.pk)
            known = access.rights(users=list(self.people.values()), action_ids=[action.pk], at=self.at)
            for name, person in self.people.items():
                assert bool(known.voices(person, found)) == bool(self.voices(name, found))
                assert known.sees(person, found) or not self.voices(name, found)


def _complete(action: Action, yes: list[Review]) -> bool:
    """Whether some way to seat these voices fills every place: tried one by one."""
    places = [need.role for need in action.policy.rule.needs for _ in range(need.count)]
    added = set(Timer.objects.filter(action=action, fired_at__isnull=False).values_list("role", flat=True)) - {""}
    seatings = itertools.permutations([each.role for each in yes], len(places))
    return any(all(a == b or a in added for a, b in zip(order, places, strict=True)) for order in seatings)


@pytest.mark.django_db
def test_no_reachable_state_holds_a_decision_that_nobody_could_make():
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        Owners,
        settings=settings(
            max_examples=14, stateful_step_count=22, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    assert not Membership.objects.exists(), "each run leaves nothing behind"
