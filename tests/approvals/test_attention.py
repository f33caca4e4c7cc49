"""Whether people still look: bursts and endless yeses become findings, once each; drills tell who looks."""

import json
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from accounts import servers
from approvals import attention, drills, findings, reviews, tallying
from approvals.errors import BadDrills, NotAnAdmin, NotFound, OwnFinding
from approvals.models import Action, Consent, Drill, Entry, Finding, Tally
from approvals.rules import drilling
from tests.asks import submit
from tests.publishing import publish


@pytest.fixture
def place(alice, bob, carol, shop, now):
    publish(checkpoint="shop/refund", pattern="refund", need=1, exceptions=["risk-owner"], at=now)


def says(person, shop, many, at, *, every=1.0, verdict="approve", key="k"):
    for n in range(many):
        when = at + timedelta(seconds=n * every)
        action = submit(shop, key=f"{key}{n}", at=when).action
        reviews.record(action_id=action.pk, reviewer=person, verdict=verdict, note="no" * (verdict == "deny"), at=when)


def codes():
    return sorted(Finding.objects.values_list("code", "about", "count"))


@pytest.mark.django_db
def test_a_burst_of_approvals_is_noted_once(place, alice, shop, now):
    says(alice, shop, attention.BURST_COUNT, now)
    after = now + timedelta(seconds=30)
    assert attention.watch(at=after) == 1 and attention.watch(at=after + timedelta(seconds=60)) == 0
    assert codes() == [("burst", "alice", 1)]
    later = now + timedelta(minutes=20)
    says(alice, shop, attention.BURST_COUNT, later, key="l")
    assert attention.watch(at=later + timedelta(seconds=30)) == 1
    assert codes() == [("burst", "alice", 2)]


@pytest.mark.django_db
@pytest.mark.parametrize(("many", "every", "verdict"), [(attention.BURST_COUNT - 1, 1, "approve"),
                                                       (attention.BURST_COUNT, 10, "approve"),
                                                       (attention.BURST_COUNT, 1, "deny")])  # fmt: skip
def test_who_takes_their_time_or_denies_is_left_alone(place, alice, shop, now, many, every, verdict):
    says(alice, shop, many, now, every=every, verdict=verdict)
    assert attention.watch(at=now + timedelta(seconds=many * every + 1)) == 0


@pytest.mark.django_db
def test_a_row_of_yeses_without_one_no_is_noted_once_and_a_no_ends_it(place, alice, shop, now, monkeypatch):
    monkeypatch.setattr(attention, "NO_DENIALS", 5)
    says(alice, shop, 5, now, every=20)
    after = now + timedelta(seconds=101)
    assert attention.watch(at=after) == 1 and attention.watch(at=after) == 0
    assert codes() == [("no_denials", "alice", 1)]
    says(alice, shop, 1, after, verdict="deny", key="n")
    says(alice, shop, 4, after + timedelta(seconds=1), every=20, key="m")
    assert attention.watch(at=after + timedelta(seconds=90)) == 0


@pytest.mark.django_db
def test_nobody_closes_a_finding_about_themselves(place, alice, carol, now):
    place_id = Action.objects.none() or None
    findings.record([findings.Noted(code="burst", about="alice", checkpoint_id=place_id)], at=now)
    alice.is_staff = carol.is_staff = True
    alice.save(), carol.save()
    finding = Finding.objects.get()
    with pytest.raises(OwnFinding):
        findings.resolve(finding_id=finding.pk, by=alice, resolution="fine", at=now)
    assert findings.resolve(finding_id=finding.pk, by=carol, resolution="talked", at=now)


@pytest.fixture
def practice(alice, bob, carol, now):
    carol.is_staff = True
    carol.save()
    return drills.enable(
        role="payments-owner", server="ledger-sync", exceptions="risk-owner", every_days=7, by=carol, at=now
    )


@pytest.fixture
def agreed(practice, alice, bob, now):
    for person in (alice, bob):
        drills.consent(practice_id=practice.pk, person=person, agrees=True, at=now)
    return practice


@pytest.mark.django_db
def test_nobody_is_drilled_until_everybody_agreed(practice, alice, bob, now):
    soon = now + timedelta(days=30)
    drills.consent(practice_id=practice.pk, person=alice, agrees=True, at=now)
    assert drills.run(at=soon) == 0
    drills.consent(practice_id=practice.pk, person=bob, agrees=True, at=now)
    assert drills.run(at=soon) == 1 and drills.run(at=soon) == 0  # one at a time


@pytest.mark.django_db
def test_who_takes_back_their_consent_ends_it_for_all(agreed, alice, now):
    drills.consent(practice_id=agreed.pk, person=alice, agrees=False, at=now)
    assert drills.run(at=now + timedelta(days=30)) == 0
    assert Consent.objects.filter(withdrawn_at=None).count() == 1


@pytest.mark.django_db
def test_only_admins_set_drills_up_and_only_holders_agree(practice, alice, mallory, now):
    with pytest.raises(NotAnAdmin):
        drills.enable(role="r", server="x", exceptions="e", every_days=7, by=alice, at=now)
    with pytest.raises(NotFound):
        drills.consent(practice_id=practice.pk, person=mallory, agrees=True, at=now)
    with pytest.raises(NotAnAdmin):
        drills.end(practice_id=practice.pk, by=alice, at=now)


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"role": "nobody-holds-it"}, {"exceptions": "payments-owner"}, {"every_days": 0}])
def test_drills_that_make_no_sense_are_refused(alice, carol, now, wrong):
    carol.is_staff = True
    carol.save()
    asked = {"role": "payments-owner", "server": "x", "exceptions": "risk-owner", "every_days": 7} | wrong
    with pytest.raises(BadDrills):
        drills.enable(**asked, by=carol, at=now)


@pytest.mark.django_db
def test_a_missed_drill_is_told_at_once_noted_once_and_can_be_used_by_nobody(client, agreed, alice, now):
    drill = drills.ask(agreed, at=now)
    client.force_login(alice)
    address = reverse("action", args=[drill.action_id])
    assert "drill" not in client.get(address).text.replace("Drills", "").lower()
    done = reviews.record(action_id=drill.action_id, reviewer=alice, verdict="approve", at=now)
    assert done.receipt is not None
    page = client.get(address).text
    assert "This was a drill." in page and "You missed it." in page and drilling.words(drill.planted) in page
    drills.run(at=now), drills.run(at=now)
    assert codes() == [("drill", "alice", 1)]
    with pytest.raises(DatabaseError, match="no credential"), transaction.atomic():
        servers.issue_token(server=agreed.server, at=now)
    assert "drill.asked" in set(Entry.objects.values_list("event", flat=True))


@pytest.mark.django_db
def test_a_caught_drill_is_no_finding_and_counts_in_no_statistics(client, agreed, alice, now):
    drill = drills.ask(agreed, at=now)
    reviews.record(action_id=drill.action_id, reviewer=alice, verdict="deny", note="no", at=now)
    drills.run(at=now)
    assert codes() == [] and Drill.objects.get().told_at is not None
    client.force_login(alice)
    assert "You caught it." in client.get(reverse("action", args=[drill.action_id])).text
    tallying.run(at=now)
    assert not Tally.objects.filter(checkpoint=agreed.checkpoint).exists()


@pytest.mark.django_db
def test_the_page_of_drills_is_for_whom_they_concern(client, agreed, alice, carol, mallory):
    address = reverse("drills")
    for person, seen in ((alice, "I no longer agree"), (carol, "End these drills")):
        client.force_login(person)
        assert seen in client.get(address).text
    client.force_login(mallory)
    assert "payments-owner" not in client.get(address).text
    assert client.post(address, {"role": "payments-owner"}).status_code == 404
    assert client.post(reverse("drills_consent", args=[agreed.pk]), {"agrees": "yes"}).status_code == 404
    assert client.post(reverse("drills_end", args=[agreed.pk])).status_code == 404


def test_each_drill_plants_something_and_they_come_in_turn():
    planted = [drilling.choose(n, practice=3) for n in range(len(drilling.PLANTED))]
    assert sorted(each.code for each in planted) == sorted(each.code for each in drilling.PLANTED)
    for each in planted:
        assert json.dumps(drilling.ask(each, mark="1", nonce="n"))


def test_a_drill_comes_at_no_fixed_time(now):
    days = {drilling.due(now, every_days=10, practice=p, number=0) - now for p in range(40)}
    assert len(days) == 40 and min(days) >= timedelta(days=5) and max(days) <= timedelta(days=15)


@pytest.mark.django_db
def test_an_idle_console_is_asked_one_question(django_assert_num_queries, db, now):
    with django_assert_num_queries(1):
        assert attention.watch(at=now) == 0
    assert connection.vendor in ("sqlite", "postgresql")
