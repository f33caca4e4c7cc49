"""Changes of the map: proposed by one admin, confirmed by another, applied once on what they were proposed on."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from placet import canonical

from accounts.models import User
from approvals import changes, errors, tasks
from approvals.models import Change, Entry, Policy
from config.celery import app
from tests import publishing

pytestmark = pytest.mark.django_db
REFUND = {
    "checkpoint": "shop/refund", "kind": "tool_call", "pattern": "refund",
    "needs": [{"role": "payments-owner"}],
}  # fmt: skip


@pytest.fixture(autouse=True)
def owners(alice, bob):
    return alice, bob


def propose(author, *, at, proposed=REFUND, subject="shop/refund", about="checkpoint", **said):
    return changes.propose(author=author, about=about, subject=subject, proposed=proposed, at=at, **said)


def events():
    return list(Entry.objects.filter(event__startswith="change.").values_list("event", "actor"))


def state(change):
    return Change.objects.get(pk=change.pk).state


def test_a_change_takes_effect_when_a_second_admin_confirms_it(ann, ben, now, later):
    change = propose(ann, at=now, note="refunds need an owner")
    assert change.state == "proposed" and not Policy.objects.exists()
    changes.confirm(change_id=change.pk, by=ben, note="yes", at=later)
    change.refresh_from_db()
    made = Policy.objects.get()
    assert (change.state, change.answer, change.applied_at, change.alone) == ("applied", "yes", later, False)
    assert (made.created_by, made.confirmed_by, made.created_at) == (ann, ben, later)
    assert [event for event, _ in events()] == ["change.proposed", "change.confirmed", "change.applied"]
    assert set(Entry.objects.filter(event__startswith="change.").values_list("dig", flat=True)) == {change.dig}


def test_what_stands_and_what_shall_stand_are_kept_as_canonical_bytes(ann, ben, now, later):
    first = propose(ann, at=now)
    changes.confirm(change_id=first.pk, by=ben, at=now)
    second = propose(ben, at=later, proposed=REFUND | {"deadline_seconds": 60})
    assert bytes(second.current) == bytes(first.proposed) == canonical.canonical(changes.documents(second)[0])
    assert changes.documents(second)[1]["deadline_seconds"] == 60 and first.current is None
    assert list(changes.documents(second)[1]) == ["checkpoint", "kind", "pattern", "needs", "deadline_seconds"]


def test_nobody_confirms_their_own_change(ann, ben, now):
    change = propose(ann, at=now)
    with pytest.raises(errors.OwnChange):
        changes.confirm(change_id=change.pk, by=ann, at=now)
    assert state(change) == "proposed"


def test_the_database_takes_no_confirmation_by_the_author(ann, ben, now):
    change = propose(ann, at=now)
    with pytest.raises(IntegrityError, match="nobody_confirms_their_own_change"), transaction.atomic():
        Change.objects.filter(pk=change.pk).update(state="confirmed", decided_by=ann)


@pytest.mark.parametrize("name", ["alice", "mallory"])
def test_who_is_no_admin_neither_proposes_nor_decides(ann, ben, mallory, now, name):
    person, change = User.objects.get(username=name), propose(ann, at=now)
    for verb in (
        lambda: propose(person, at=now), lambda: changes.confirm(change_id=change.pk, by=person, at=now),
        lambda: changes.refuse(change_id=change.pk, by=person, note="no", at=now),
        lambda: changes.withdraw(change_id=change.pk, by=person, at=now),
    ):  # fmt: skip
        with pytest.raises(errors.NotAnAdmin):
            verb()


@pytest.mark.parametrize("lost", ["is_staff", "is_active"])
def test_who_is_no_admin_any_more_cannot_confirm(ann, ben, now, lost):
    change = propose(ann, at=now)
    User.objects.filter(pk=ben.pk).update(**{lost: False})
    with pytest.raises(errors.NotAnAdmin):
        changes.confirm(change_id=change.pk, by=ben, at=now)


def test_a_change_is_decided_once(ann, ben, now):
    change = propose(ann, at=now)
    changes.confirm(change_id=change.pk, by=ben, at=now)
    for verb in (
        lambda: changes.confirm(change_id=change.pk, by=ben, at=now),
        lambda: changes.refuse(change_id=change.pk, by=ben, note="no", at=now),
        lambda: changes.withdraw(change_id=change.pk, by=ann, at=now),
    ):
        with pytest.raises(errors.ChangeOver, match="applied already"):
            verb()
    assert Policy.objects.count() == 1


def test_what_was_withdrawn_or_refused_is_not_confirmed(ann, ben, now):
    withdrawn, refused = propose(ann, at=now), propose(ann, at=now)
    changes.withdraw(change_id=withdrawn.pk, by=ann, at=now)
    changes.refuse(change_id=refused.pk, by=ben, note="Two approvals, please.", at=now)
    for change in (withdrawn, refused):
        with pytest.raises(errors.ChangeOver):
            changes.confirm(change_id=change.pk, by=ben, at=now)
    assert Change.objects.get(pk=refused.pk).answer == "Two approvals, please."
    assert events()[-2:] == [("change.withdrawn", ann.urn), ("change.refused", ben.urn)]
    assert not Policy.objects.exists()


def test_a_refusal_says_why_and_is_another_admins(ann, ben, now):
    change = propose(ann, at=now)
    with pytest.raises(errors.TextMissing):
        changes.refuse(change_id=change.pk, by=ben, note=" ", at=now)
    with pytest.raises(errors.OwnChange, match="Withdraw it"):
        changes.refuse(change_id=change.pk, by=ann, note="no", at=now)
    with pytest.raises(errors.OwnChange, match="Refuse it"):
        changes.withdraw(change_id=change.pk, by=ben, at=now)


def test_a_change_of_what_no_longer_stands_is_never_applied(ann, ben, now, later):
    one = propose(ann, at=now, proposed=REFUND | {"deadline_seconds": 60})
    other = propose(ann, at=now, proposed=REFUND | {"deadline_seconds": 90})
    changes.confirm(change_id=one.pk, by=ben, at=now)
    with pytest.raises(errors.StaleChange):
        changes.confirm(change_id=other.pk, by=ben, at=later)
    assert state(other) == "proposed" and Policy.objects.get().deadline_seconds == 60


def test_a_change_for_later_is_applied_then_and_not_before(ann, ben, now):
    noon = now + timedelta(hours=1)
    change = propose(ann, at=now, effective_at=noon)
    changes.confirm(change_id=change.pk, by=ben, at=now)
    assert state(change) == "confirmed"
    assert changes.due(at=noon - timedelta(seconds=1)) == 0 and not Policy.objects.exists()
    assert changes.due(at=noon) == 1 and changes.due(at=noon) == 0
    assert state(change) == "applied" and Policy.objects.get().confirmed_by == ben


def test_a_change_for_later_can_be_stopped_until_then(ann, ben, now):
    noon = now + timedelta(hours=1)
    one, other = propose(ann, at=now, effective_at=noon), propose(ann, at=now, effective_at=noon)
    for change in (one, other):
        changes.confirm(change_id=change.pk, by=ben, at=now)
    changes.refuse(change_id=one.pk, by=ben, note="I was wrong.", at=now)
    changes.withdraw(change_id=other.pk, by=ann, at=now)
    assert changes.due(at=noon) == 0 and not Policy.objects.exists()


def test_a_change_for_later_fails_aloud_when_something_else_stands_by_then(ann, ben, now):
    noon = now + timedelta(hours=1)
    change = propose(ann, at=now, effective_at=noon)
    changes.confirm(change_id=change.pk, by=ben, at=now)
    publishing.publish(checkpoint="shop/refund", pattern="refund", need=2, at=now)
    assert changes.due(at=noon) == 0
    change.refresh_from_db()
    assert change.state == "failed" and "no longer what this was proposed on" in change.answer
    assert events()[-1] == ("change.failed", "console")


def test_the_only_admin_acts_alone_and_it_says_so(ann, now):
    change = propose(ann, at=now)
    assert (change.state, change.alone, change.decided_by) == ("applied", True, ann)
    assert (Policy.objects.get().created_by, Policy.objects.get().confirmed_by) == (ann, None)


def test_the_only_admins_change_for_later_waits_for_its_time(ann, now):
    noon = now + timedelta(hours=1)
    assert propose(ann, at=now, effective_at=noon).state == "confirmed"
    assert changes.due(at=noon) == 1 and Change.objects.get().alone


def test_an_operator_who_wants_no_second_admin_lets_each_act_alone(ann, ben, now, settings):
    settings.SECOND_ADMIN = False
    assert propose(ann, at=now).alone and Policy.objects.get().confirmed_by is None


def test_an_admin_who_locks_the_other_out_does_not_act_alone(ann, ben, now):
    User.objects.filter(pk=ben.pk).update(is_active=False)
    assert not changes.alone(at=now)
    assert propose(ann, at=now).state == "proposed"


def test_a_checkpoint_is_retired_and_comes_back(ann, now, later):
    propose(ann, at=now)
    propose(ann, at=later, proposed=None)
    assert Policy.objects.filter(retired=True).count() == 1
    assert changes.current(about="checkpoint", subject="shop/refund", at=later) is None
    propose(ann, at=later)
    assert changes.current(about="checkpoint", subject="shop/refund", at=later) == REFUND


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"proposed": None}, errors.NothingToChange),
        ({"subject": "shop/other"}, errors.BadChange),
        ({"about": "weather"}, errors.BadChange),
        ({"proposed": REFUND | {"needs": []}}, errors.BadPolicy),
        ({"proposed": REFUND | {"checkpoint": "x" * 130}, "subject": "x" * 130}, errors.BadChange),
        ({"proposed": REFUND | {"pattern": "a\0b"}}, errors.BadChange),
        ({"note": "x" * 1001}, errors.TextTooLong),
    ],
)
def test_what_cannot_be_is_not_proposed(ann, ben, now, said, refusal):
    with pytest.raises(refusal):
        propose(ann, at=now, **said)
    assert not Change.objects.exists()


def test_nothing_takes_effect_in_the_past(ann, ben, now):
    with pytest.raises(errors.BadChange):
        propose(ann, at=now, effective_at=now - timedelta(seconds=1))


def test_true_and_one_are_two_things(ann, now):
    propose(ann, at=now, proposed=REFUND | {"arguments": {"properties": {"fast": {"const": 1}}}})
    fast = REFUND | {"arguments": {"properties": {"fast": {"const": True}}}}
    assert propose(ann, at=now, proposed=fast).state == "applied"


def test_what_stands_already_is_not_proposed_again(ann, now):
    propose(ann, at=now)
    with pytest.raises(errors.NothingToChange):
        propose(ann, at=now)
    with pytest.raises(errors.NotFound):
        changes.confirm(change_id=999_999, by=ann, at=now)


@pytest.mark.parametrize("sender", ["ann", "ben"])
def test_a_form_that_is_sent_twice_proposes_one_change(ann, ben, now, later, sender):
    first = propose(ann, at=now, once=True)
    assert propose({"ann": ann, "ben": ben}[sender], at=later, once=True) == first == Change.objects.get()
    assert [event for event, _ in events()] == ["change.proposed"]
    other = propose(ann, at=later, effective_at=later + timedelta(days=1), once=True)
    assert other != first, "for another moment it is another change"


def test_a_second_token_is_proposed_when_the_first_was_fetched(ann, ben, shop, now, later):
    token = {"about": "token", "subject": "shop", "proposed": {"server": "shop"}, "once": True}
    first = propose(ann, at=now, **token)
    changes.confirm(change_id=first.pk, by=ben, at=now)
    assert propose(ann, at=later, **token) == first
    changes.collect_token(change_id=first.pk, by=ann, at=later)
    assert propose(ann, at=later, **token) != first


def test_what_waits_for_an_admin_who_is_none_any_more_is_confirmed_alone(ann, ben, now):
    change = propose(ann, at=now)
    User.objects.filter(pk=ben.pk).update(is_staff=False)
    changes.confirm(change_id=change.pk, by=ann, at=now)
    change.refresh_from_db()
    assert (change.state, change.alone) == ("applied", True)


def test_the_beat_applies_what_is_due(ann, ben, valkey):
    begun = datetime.now(UTC) - timedelta(hours=1)
    change = propose(ann, at=begun, effective_at=begun + timedelta(minutes=30))
    changes.confirm(change_id=change.pk, by=ben, at=begun)
    tasks.sweep()
    assert state(change) == "applied" and tasks.recheck() == 0
    named = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert {tasks.SWEEP, tasks.RECHECK} <= named <= set(app.tasks)
