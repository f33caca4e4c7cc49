"""Deciding for somebody who is away, in turn, and in several roles: whose yes counts, and what is refused."""

import json
from base64 import urlsafe_b64decode
from datetime import timedelta
from uuid import UUID

import pytest

from accounts import absences, roles
from accounts.models import User
from approvals import access, assignment, errors, reviews, rows
from approvals.models import Action, Review
from tests.asks import ask, submit
from tests.publishing import publish

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def dan(db):
    return User.objects.create_user("dan", email="dan@example.org")


def place(now, **said):
    usual = {"needs": [{"role": "payments-owner", "count": 1}], "deadline_seconds": 600}
    return publish(checkpoint="shop/refund", pattern="refund", at=now, **usual | said)


def yes(action, person, at, **how):
    return reviews.record(action_id=action.pk, reviewer=person, verdict="approve", at=at, **how)


def no(action, person, at):
    return reviews.record(action_id=action.pk, reviewer=person, verdict="deny", at=at)


def away(person, delegate, at, role="payments-owner", **how):
    return absences.declare(person=person, delegates={role: delegate} if delegate else {}, at=at, **how)


def statements(recorded) -> list[dict]:
    payload = bytes(recorded.receipt.jws).split(b".")[1]
    return [each["stmt"] for each in json.loads(urlsafe_b64decode(payload + b"=="))["reviews"]]


# ── Standing in ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_delegate_decides_and_the_receipt_says_for_whom(alice, dan, shop, now, later):
    place(now)
    away(alice, dan, now)
    action = submit(shop, at=now).action
    (said,) = statements(yes(action, dan, later))
    assert (said["sub"], said["on_behalf_of"], said["role"]) == ("user:dan", "user:alice", "payments-owner")
    assert Review.objects.get().on_behalf_of == alice


def test_who_is_back_early_decides_in_their_own_name(alice, bob, dan, shop, now, later):
    place(now)
    away(alice, dan, now)
    (said,) = statements(yes(submit(shop, at=now).action, alice, later))
    assert said["on_behalf_of"] is None


def test_when_the_absence_is_over_the_delegate_finds_nothing(alice, bob, dan, shop, now, later):
    place(now)
    gone = away(alice, dan, now)
    action = submit(shop, at=now).action
    assert access.duties(dan, at=now) == {action.checkpoint_id: {"approval": "payments-owner"}}
    absences.end(absence=gone, at=later)
    assert access.duties(dan, at=later) == {}
    with pytest.raises((errors.NotFound, errors.NotAnOwner)):
        yes(action, dan, later)


def test_where_the_rule_says_so_nobody_stands_in(alice, bob, dan, shop, now, later):
    place(now, absence="none")
    away(alice, dan, now)
    assert access.duties(dan, at=now) == {}
    with pytest.raises(errors.NotFound):
        yes(submit(shop, at=now).action, dan, later)


def test_whoever_stands_in_sees_what_they_decide_and_nothing_that_is_only_logged(alice, carol, dan, shop, now):
    place(now, needs=[{"role": "data-owner", "count": 1}], logging=["payments-owner"])
    away(alice, dan, now)
    assert access.duties(dan, at=now) == {}
    with pytest.raises(errors.NotFound):
        access.action_seen_by(dan, submit(shop, at=now).action.pk, at=now)


def test_nobody_is_decided_for_by_whom_they_chose(alice, bob, dan, mallory, shop, now, later):
    place(now)
    away(alice, dan, now)
    away(dan, mallory, now)
    own, others = submit(shop, ask(subject="user:Dan"), at=now).action, submit(shop, key="k2", at=now).action
    assert not own.assignments.filter(owner=mallory).exists()
    with pytest.raises(errors.OwnAsk):
        yes(own, mallory, later)
    assert yes(others, mallory, later).state == "approved"


def test_somebody_and_their_delegate_are_one_voice(alice, bob, dan, shop, now, later):
    place(now, needs=[{"role": "payments-owner", "count": 2}])
    away(alice, dan, now)
    action = submit(shop, at=now).action
    assert yes(action, dan, later).state == "pending"
    with pytest.raises(errors.AlreadySpokenFor):
        yes(action, alice, later)
    assert yes(action, bob, later).state == "approved"


def test_who_is_back_may_still_say_no_after_their_delegate_said_yes(alice, bob, dan, shop, now, later):
    place(now, needs=[{"role": "payments-owner", "count": 2}])
    away(alice, dan, now)
    action = submit(shop, at=now).action
    yes(action, dan, later)
    assert no(action, alice, later).state == "denied"


@pytest.mark.parametrize("subject", ["dan", "alice", "user:dan", "mailto:dan@example.org"])
def test_nobody_decides_by_standing_in_what_happens_on_either_behalf(alice, bob, dan, shop, now, later, subject):
    place(now)
    away(alice, dan, now)
    action = submit(shop, ask(subject=subject), at=now).action
    with pytest.raises(errors.OwnAsk):
        yes(action, dan, later)
    assert yes(action, bob, later).state == "approved"


def test_the_owner_of_the_server_is_excluded_where_the_rule_says_so(alice, bob, dan, shop, now, later):
    place(now, exclude_server_owner=True)
    shop.owner = alice
    shop.save()
    away(alice, dan, now)
    action = submit(shop, at=now).action
    for person in (alice, dan):
        with pytest.raises(errors.OwnServer):
            yes(action, person, later)
    assert yes(action, bob, later).state == "approved"


def test_a_yes_stays_said_when_its_speaker_leaves_the_role(alice, bob, shop, now, later):
    place(now, needs=[{"role": "payments-owner", "count": 2}])
    action = submit(shop, at=now).action
    yes(action, alice, later)
    roles.take(role="payments-owner", user=alice, at=later)
    assert yes(action, bob, later).state == "approved"


# ── Several roles ────────────────────────────────────────────────────────────────────────────────────────────────────

BOTH = [{"role": "payments-owner", "count": 1}, {"role": "data-owner", "count": 1}]


def test_one_of_each_role_approves_and_two_of_one_do_not(alice, bob, carol, shop, now, later):
    place(now, needs=BOTH)
    action = submit(shop, at=now).action
    assert yes(action, alice, later).approvals == 1
    with pytest.raises(errors.EnoughOfYourRole):
        yes(action, bob, later)
    assert yes(action, carol, later).state == "approved"


def test_somebody_with_two_roles_counts_for_the_one_that_would_be_missed(alice, carol, shop, now, later):
    place(now, needs=BOTH)
    roles.give(role="data-owner", user=alice, at=now)
    roles.take(role="data-owner", user=carol, at=now)
    roles.give(role="payments-owner", user=carol, at=now)
    action = submit(shop, at=now).action
    yes(action, alice, later)
    assert Review.objects.get().role == "data-owner"
    assert yes(action, carol, later).state == "approved"


def test_a_sequence_refuses_who_comes_too_soon_and_asks_them_when_it_is_their_turn(alice, carol, shop, now, later):
    place(now, needs=BOTH, order="sequential")
    action = submit(shop, at=now).action
    for verdict in (yes, no):
        with pytest.raises(errors.NotYourTurn):
            verdict(action, carol, later)
    yes(action, alice, later)
    named = action.assignments.get(owner=carol)
    assert (named.role, named.at) == ("data-owner", later)
    assert yes(action, carol, later).state == "approved"


def test_a_whole_sequence_in_one_batch(alice, carol, shop, now, later):
    place(now, needs=BOTH, order="sequential")
    action = submit(shop, at=now).action
    both = [reviews.Given(action_id=action.pk, reviewer=who, verdict="approve") for who in (alice, carol)]
    assert [answer.state for answer in reviews.record_many(given=both, at=later)] == ["pending", "approved"]
    assert Action.objects.get().state == "approved"


# ── Who is asked ─────────────────────────────────────────────────────────────────────────────────────────────────────


def plan(policy, now, *, seconds=600, **said):
    action = Action(id="01890000-0000-7000-8000-000000000000")
    item = assignment.Item(
        action_id=action.pk, policy=policy, deadline_at=now + timedelta(seconds=seconds), subject="dana", **said
    )
    return assignment.plan([item], at=now)


def named(made) -> list[tuple]:
    return [(each.owner_id, each.role, each.why, each.on_behalf_of_id) for each in made.named]


def test_present_members_are_asked_and_delegates_for_the_absent(alice, bob, dan, now):
    away(alice, dan, now)
    made = plan(place(now), now)
    assert named(made) == [
        (bob.pk, "payments-owner", "owner", None), (dan.pk, "payments-owner", "delegate", alice.pk),
    ]  # fmt: skip
    assert made.named[1].membership_id == alice.memberships.get().pk


def test_where_nobody_stands_in_the_absent_are_asked_as_usual(alice, bob, dan, now):
    away(alice, dan, now)
    assert [each.owner_id for each in plan(place(now, absence="none"), now).named] == [alice.pk, bob.pk]


def test_who_is_away_is_asked_when_nobody_else_is_there(alice, now):
    away(alice, None, now)
    made = plan(place(now), now)
    assert [each.owner_id for each in made.named] == [alice.pk] and not made.hopeless


def test_an_ask_that_nobody_could_complete_is_hopeless(alice, carol, now):
    two = [{"role": "payments-owner", "count": 2}]
    assert plan(place(now, needs=two), now).hopeless
    assert plan(place(now, needs=[{"role": "nobody", "count": 1}]), now).hopeless
    assert plan(place(now), now, principal="user:alice").hopeless
    alone = place(now, exclude_server_owner=True)
    assert plan(alone, now, server_owner_id=alice.pk).hopeless and not plan(alone, now).hopeless
    helped = place(now, needs=two, escalation=[{"after_seconds": 60, "role": "data-owner"}])
    assert not plan(helped, now).hopeless
    assert plan(helped, now, seconds=60).hopeless, "the step that would help comes too late"


def test_a_sequence_asks_its_first_role_alone(alice, carol, now):
    assert [each.owner_id for each in plan(place(now, needs=BOTH, order="sequential"), now).named] == [alice.pk]


def test_steps_that_come_too_late_are_left_out_and_the_warning_comes_earlier(alice, carol, now):
    steps = [{"after_seconds": 100, "role": "data-owner"}, {"after_seconds": 300, "role": "chief"}]
    policy = place(now, escalation=steps, warn_seconds=60)

    def due(seconds):
        made = plan(policy, now, seconds=seconds).timers
        return [(each.step, each.role, (each.due_at - now).total_seconds()) for each in made]

    assert due(600) == [(0, "", 540), (1, "data-owner", 100), (2, "chief", 300)]
    assert due(300) == [(0, "", 270), (1, "data-owner", 100)]


def test_however_many_asks_and_roles_two_questions_find_their_people(alice, bob, carol, dan, now, monkeypatch):
    away(alice, dan, now)
    policies = [place(now), publish(checkpoint="b", pattern="b", needs=BOTH, at=now)]
    items = [
        assignment.Item(action_id=UUID(int=n), policy=policies[n % 2], deadline_at=now + DAY, subject=f"s{n}")
        for n in range(40)
    ]
    turns, turn = [], rows.turn
    monkeypatch.setattr(rows, "turn", lambda *steps: turns.append(len(steps)) or turn(*steps))
    made = assignment.plan(items, at=now)
    assert turns == [1]
    assert len(made.named) == 20 * 2 + 20 * 3 and not made.hopeless
