"""Handing asks on, taking them, and naming more owners before the deadline: what each changes, and what is refused."""

from datetime import timedelta

import pytest

from accounts import absences, roles
from accounts.models import User
from approvals import deadlines, errors, handovers, reviews
from approvals.models import Entry, Finding, Handover, Timer
from approvals.queries import inbox
from approvals.queries.facets import Facets
from tests.asks import ask, submit
from tests.publishing import publish

from .browsing import action_page

pytestmark = pytest.mark.django_db
STEPS = [{"after_seconds": 100, "role": "data-owner"}, {"after_seconds": 300, "role": "chief"}]


def place(now, **said):
    return publish(checkpoint="shop/refund", pattern="refund", at=now, **{"deadline_seconds": 600} | said)


@pytest.fixture
def stepped(alice, bob, carol, shop, now):
    """A refund that asks carol after 100 s, the chief after 300 s, and warns a minute before its deadline."""
    place(now, escalation=STEPS, warn_seconds=60)
    return submit(shop, at=now).action


@pytest.fixture
def chief(db, now):
    person = User.objects.create_user("chief")
    roles.give(role="chief", user=person, at=now)
    return person


def mine(person, at) -> list:
    found = inbox.read(user=person, facets=Facets(), at=at)
    return [row.action.pk for section in found.sections if section.part == "mine" for row in section.rows]


def after(action, seconds):
    return action.created_at + timedelta(seconds=seconds)


def owners(action, why) -> list[str]:
    return sorted(action.assignments.filter(why=why).values_list("owner__username", flat=True))


def events(action) -> list[tuple[str, str]]:
    return list(Entry.objects.filter(action=action).values_list("event", "actor"))


# ── Escalation ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_step_asks_more_owners_when_it_is_due_and_not_before(stepped, alice, bob, carol, now):
    assert deadlines.sweep_timers(at=after(stepped, 99)) == 0
    assert deadlines.sweep_timers(at=after(stepped, 100)) == 1
    assert owners(stepped, "escalated") == ["carol"]
    assert events(stepped)[-1] == ("action.escalated", "console")
    assert mine(carol, after(stepped, 101)) == [stepped.pk] == mine(alice, after(stepped, 101))


def test_whoever_escalation_added_decides_and_says_in_which_role(stepped, carol):
    with pytest.raises(errors.NotFound):
        reviews.record(action_id=stepped.pk, reviewer=carol, verdict="approve", at=after(stepped, 99))
    deadlines.sweep_timers(at=after(stepped, 100))
    recorded = reviews.record(action_id=stepped.pk, reviewer=carol, verdict="approve", at=after(stepped, 101))
    assert recorded.state == "approved"
    assert stepped.reviews.get().role == "data-owner"


def test_who_joins_an_added_role_later_may_decide_too(stepped, mallory):
    deadlines.sweep_timers(at=after(stepped, 100))
    roles.give(role="data-owner", user=mallory, at=after(stepped, 100))
    said = reviews.record(action_id=stepped.pk, reviewer=mallory, verdict="deny", at=after(stepped, 101))
    assert said.state == "denied"


def test_the_delegate_of_an_added_owner_is_asked(stepped, carol, mallory, now):
    absences.declare(person=carol, delegates={"data-owner": mallory}, at=now)
    deadlines.sweep_timers(at=after(stepped, 100))
    named = stepped.assignments.get(why="escalated")
    assert (named.owner, named.on_behalf_of) == (mallory, carol)


def test_a_warning_is_given_once_and_asks_nobody(stepped, alice):
    deadlines.sweep_timers(at=after(stepped, 541))
    assert Timer.objects.get(action=stepped, step=0).fired_at == after(stepped, 541)
    assert [e for e, _ in events(stepped)].count("action.warned") == 1
    assert deadlines.sweep_timers(at=after(stepped, 542)) == 0


def test_steps_missed_by_a_sleeping_worker_fire_together(stepped, chief):
    assert deadlines.sweep_timers(at=after(stepped, 301)) == 2
    assert owners(stepped, "escalated") == ["carol", "chief"]


def test_nothing_fires_on_what_was_decided_or_has_expired(stepped, alice, shop, now):
    late = submit(shop, key="late", at=now).action
    reviews.record(action_id=stepped.pk, reviewer=alice, verdict="approve", at=after(stepped, 5))
    deadlines.sweep(at=after(late, 601))
    deadlines.sweep_timers(at=after(late, 601))
    assert owners(stepped, "escalated") == owners(late, "escalated") == []
    assert not Timer.objects.filter(fired_at=None).exists()


def test_an_owner_escalates_at_once_and_step_by_step(stepped, alice, chief):
    at = after(stepped, 5)
    assert handovers.escalate(action_id=stepped.pk, person=alice, at=at) == "data-owner"
    assert handovers.escalate(action_id=stepped.pk, person=alice, at=at) == "chief"
    assert owners(stepped, "escalated") == ["carol", "chief"]
    assert events(stepped)[-1] == ("action.escalated", "user:alice")
    assert Timer.objects.filter(fired_by=alice, fired_at=at).count() == 2
    with pytest.raises(errors.NothingToEscalate):
        handovers.escalate(action_id=stepped.pk, person=alice, at=at)
    assert deadlines.sweep_timers(at=after(stepped, 301)) == 0, "a step fires once"


def test_a_stranger_escalates_nothing(stepped, mallory):
    with pytest.raises(errors.NotFound):
        handovers.escalate(action_id=stepped.pk, person=mallory, at=after(stepped, 5))


# ── The wrong person ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_i_pass_on_leaves_my_list_and_no_other(asked, alice, bob, later):
    handovers.pass_on(action_id=asked.pk, person=alice, note="ask bob", at=later)
    assert (mine(alice, later), mine(bob, later)) == ([], [asked.pk])
    assert Handover.objects.get().note == "ask bob"
    with pytest.raises(errors.AlreadyPassedOn):
        handovers.pass_on(action_id=asked.pk, person=alice, at=later)


def test_whoever_passed_it_on_may_still_decide_and_may_take_it_back(asked, alice, later):
    handovers.pass_on(action_id=asked.pk, person=alice, at=later)
    handovers.take_over(action_id=asked.pk, person=alice, at=later)
    assert mine(alice, later) == [asked.pk]
    assert reviews.record(action_id=asked.pk, reviewer=alice, verdict="approve", at=later).state == "approved"


def test_when_nobody_is_left_the_next_step_fires_at_once(stepped, alice, bob):
    handovers.pass_on(action_id=stepped.pk, person=alice, at=after(stepped, 5))
    assert owners(stepped, "escalated") == []
    handovers.pass_on(action_id=stepped.pk, person=bob, at=after(stepped, 6))
    assert owners(stepped, "escalated") == ["carol"]
    assert not Finding.objects.exists()


def test_when_nobody_is_left_and_no_step_either_the_exceptions_owner_finds_it(asked, alice, bob, later):
    for person in (alice, bob):
        handovers.pass_on(action_id=asked.pk, person=person, at=later)
    found = Finding.objects.get()
    assert (found.code, found.action_id, found.checkpoint_id) == ("nobody_left", asked.pk, asked.checkpoint_id)


def test_who_is_left_of_an_earlier_turn_is_not_left_for_this_one(alice, bob, carol, chief, shop, now, later):
    needs = [{"role": "payments-owner", "count": 1}, {"role": "data-owner", "count": 1}]
    place(now, needs=needs, order="sequential", escalation=STEPS[1:])
    action = submit(shop, at=now).action
    reviews.record(action_id=action.pk, reviewer=alice, verdict="approve", at=later)
    handovers.pass_on(action_id=action.pk, person=carol, at=later)
    assert owners(action, "escalated") == ["chief"]


def test_who_said_yes_is_no_wrong_person(asked_payout, alice, later):
    reviews.record(action_id=asked_payout.pk, reviewer=alice, verdict="approve", at=later)
    with pytest.raises(errors.AlreadyReviewed):
        handovers.pass_on(action_id=asked_payout.pk, person=alice, at=later)


# ── Handing over, taking over ────────────────────────────────────────────────────────────────────────────────────────


def test_an_ask_is_handed_to_somebody_who_may_decide_it(asked, alice, bob, later):
    handovers.reassign(action_id=asked.pk, person=alice, to=bob, note="your order", at=later)
    assert (mine(alice, later), mine(bob, later)) == ([], [asked.pk])
    assert events(asked)[-1] == ("action.reassigned", "user:alice")
    handovers.reassign(action_id=asked.pk, person=bob, to=alice, at=later)
    assert (mine(alice, later), mine(bob, later)) == ([asked.pk], [])


def test_who_joined_the_role_after_the_ask_is_named_when_it_is_handed_to_them(asked, alice, mallory, later):
    roles.give(role="payments-owner", user=mallory, at=later)
    handovers.reassign(action_id=asked.pk, person=alice, to=mallory, at=later)
    assert owners(asked, "reassigned") == ["mallory"]
    assert mine(mallory, later) == [asked.pk]


@pytest.mark.parametrize("name", ["carol", "mallory"])
def test_it_is_not_handed_to_somebody_without_a_role_for_it(asked, alice, carol, mallory, later, name):
    with pytest.raises(errors.NotEligible):
        handovers.reassign(action_id=asked.pk, person=alice, to=User.objects.get(username=name), at=later)
    assert not Handover.objects.exists()


def test_it_is_handed_neither_to_its_subject_nor_to_who_said_yes_nor_to_oneself(payout, alice, bob, shop, now, later):
    theirs = submit(shop, ask(tool="payout", subject="bob"), key="b", at=now).action
    assert theirs.state == "denied", "alice alone could never complete it"
    roles.give(role="payments-owner", user=User.objects.create_user("dan"), at=now)
    theirs = submit(shop, ask(tool="payout", subject="bob"), key="c", at=now).action
    with pytest.raises(errors.NotEligible):
        handovers.reassign(action_id=theirs.pk, person=alice, to=bob, at=later)
    with pytest.raises(errors.BadHandover):
        handovers.reassign(action_id=theirs.pk, person=alice, to=alice, at=later)
    other = submit(shop, ask(tool="payout"), key="d", at=now).action
    reviews.record(action_id=other.pk, reviewer=bob, verdict="approve", at=later)
    with pytest.raises(errors.NotEligible):
        handovers.reassign(action_id=other.pk, person=alice, to=bob, at=later)


def test_others_see_who_took_it_over_and_may_decide_as_before(client, asked, alice, bob, later):
    handovers.take_over(action_id=asked.pk, person=bob, at=later)
    client.force_login(alice)
    assert "bob took this over" in client.get("/").text
    assert "bob took this over" in client.get(action_page(asked)).text
    assert mine(alice, later) == [asked.pk]
    assert reviews.record(action_id=asked.pk, reviewer=alice, verdict="deny", at=later).state == "denied"


def test_nothing_is_handed_on_once_it_is_settled_or_over(asked, asked_payout, alice, bob, later):
    reviews.record(action_id=asked.pk, reviewer=bob, verdict="approve", at=later)
    for verb in (handovers.pass_on, handovers.take_over):
        with pytest.raises(errors.AlreadySettled):
            verb(action_id=asked.pk, person=alice, at=later)
        with pytest.raises(errors.AlreadySettled):
            verb(action_id=asked_payout.pk, person=alice, at=asked_payout.deadline_at)
    assert not Handover.objects.exists()


def test_a_stranger_hands_nothing_on(asked, alice, mallory, later):
    for act in (
        lambda: handovers.pass_on(action_id=asked.pk, person=mallory, at=later),
        lambda: handovers.take_over(action_id=asked.pk, person=mallory, at=later),
        lambda: handovers.reassign(action_id=asked.pk, person=mallory, to=alice, at=later),
    ):
        with pytest.raises(errors.NotFound):
            act()


VERBS = {
    "escalate": handovers.escalate, "reassign": handovers.reassign, "take_over": handovers.take_over,
    "pass_on": handovers.pass_on,
}  # fmt: skip


def act(verb, action, person, *, to):
    more = {"to": to} if verb == "reassign" else {}
    return VERBS[verb](action_id=action.pk, person=person, at=after(action, 5), **more)


@pytest.mark.parametrize("verb", VERBS)
def test_nobody_chooses_who_decides_what_is_asked_on_their_behalf(client, alice, bob, carol, shop, now, verb):
    place(now, escalation=STEPS)
    own = submit(shop, ask(subject="alice"), at=now).action
    with pytest.raises(errors.OwnAsk):
        act(verb, own, alice, to=bob)
    assert not Handover.objects.exists() and owners(own, "escalated") == []
    client.force_login(alice)
    assert "Hand it on" not in client.get(action_page(own)).text


@pytest.mark.parametrize("verb", ["escalate", "reassign", "take_over"])
def test_who_left_the_role_only_passes_on_what_they_were_asked(client, stepped, alice, bob, verb):
    roles.take(role="payments-owner", user=alice, at=stepped.created_at)
    with pytest.raises(errors.NotAnOwner):
        act(verb, stepped, alice, to=bob)
    client.force_login(alice)
    page = client.get(action_page(stepped)).text
    assert "I am the wrong person" in page and "Hand over" not in page and 'value="escalated"' not in page
    assert act("pass_on", stepped, alice, to=bob).person == alice


def test_who_only_logs_takes_nothing_over(alice, bob, carol, shop, now, later):
    place(now, logging=["data-owner"])
    action = submit(shop, at=now).action
    with pytest.raises(errors.NotAnOwner):
        handovers.take_over(action_id=action.pk, person=carol, at=later)
