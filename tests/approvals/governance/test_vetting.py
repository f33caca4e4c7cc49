"""Rules that nobody could meet are refused, with the reason in words; and found when people leave."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts import absences, roles
from accounts.models import Role, Server
from approvals import changes, errors, findings, vetting
from approvals.models import Change, Finding
from tests import publishing

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 11, 27, 17, tzinfo=UTC)


@pytest.fixture
def monday():
    return datetime(2026, 11, 23, 9, tzinfo=UTC)


def rule(**said):
    return publishing.rule(**{"checkpoint": "shop/payout", "pattern": "payout", **said})


def needs(*counted):
    return {"needs": [{"role": role, "count": count} for role, count in counted]}


def refused(at, **said):
    with pytest.raises(errors.Unsatisfiable) as caught:
        vetting.vet(rule=rule(**said), at=at)
    return caught.value.message


def test_a_rule_with_people_enough_passes(alice, bob, monday):
    assert vetting.vet(rule=rule(need=1), at=monday) == []


def test_too_few_people_are_counted_in_the_refusal(alice, bob, monday):
    assert refused(monday, need=3) == "shop/payout needs 3 distinct people of payments-owner, it has 2."
    assert refused(monday, **needs(("nobody-owner", 1))) == "shop/payout needs 1 person of nobody-owner, it has none."


def test_who_is_away_is_named_with_the_day_of_return(alice, bob, monday):
    absences.declare(person=bob, delegates={}, at=monday, until=FRIDAY)
    assert refused(monday, need=2) == (
        "shop/payout needs 2 distinct people of payments-owner, it has 2, one of them away until Friday 27 Nov."
    )
    assert vetting.vet(rule=rule(need=2), at=FRIDAY)


def test_who_stands_in_counts_and_nobody_counts_twice(alice, bob, carol, monday):
    absences.declare(person=bob, delegates={"payments-owner": carol}, at=monday, until=FRIDAY)
    vetting.vet(rule=rule(need=2), at=monday)
    both = needs(("payments-owner", 2), ("data-owner", 1))
    assert "those who hold these roles are 2, none of whom counts twice" in refused(monday, **both)


def test_where_nobody_stands_in_who_is_away_is_asked_as_usual(alice, bob, monday):
    absences.declare(person=bob, delegates={}, at=monday)
    vetting.vet(rule=rule(need=2, absence="none"), at=monday)


def test_a_person_in_two_roles_counts_for_one_need(alice, bob, monday):
    roles.give(role="data-owner", user=alice, at=monday)
    vetting.vet(rule=rule(**needs(("payments-owner", 1), ("data-owner", 1))), at=monday)
    said = refused(monday, **needs(("payments-owner", 2), ("data-owner", 1)))
    assert said == (
        "shop/payout needs 2 of payments-owner and 1 of data-owner, 3 distinct people, and those who hold these roles"
        " are 2, none of whom counts twice."
    )


def test_an_owner_of_the_server_does_not_count_where_the_rule_excludes_them(alice, bob, carol, shop, monday):
    Server.objects.update(owner=bob)
    vetting.vet(rule=rule(need=2, server=shop), at=monday)
    said = refused(monday, need=2, server=shop, exclude_server_owner=True)
    assert said.endswith("it has 1, not counting the owner of shop.")
    absences.declare(person=bob, delegates={"payments-owner": carol}, at=monday)
    assert "it has 1" in refused(monday, need=2, server=shop, exclude_server_owner=True), "nor who stands in for them"


def test_a_role_with_nobody_to_spare_is_warned_of(alice, bob, monday):
    (told,) = vetting.vet(rule=rule(need=2), at=monday)
    assert told.startswith("payments-owner has nobody to spare")


def test_other_duties_without_people_are_warned_of(alice, bob, monday):
    Role.objects.create(name="night-owner")
    told = vetting.vet(
        rule=rule(logging=["log-owner"], escalation=[{"after_seconds": 60, "role": "night-owner"}]), at=monday
    )
    assert told == [
        "Nobody holds log-owner, which has the duty of logging.", "Nobody holds night-owner, to which it escalates.",
    ]  # fmt: skip


def test_escalation_to_a_role_that_is_not_there_is_refused(alice, monday):
    said = refused(monday, escalation=[{"after_seconds": 60, "role": "night-owner"}])
    assert said == "shop/payout would escalate to night-owner: there is no such role."


def test_breaking_the_glass_needs_somebody_who_can_and_somebody_who_looks(alice, carol, monday):
    assert "nobody holds it" in refused(monday, break_glass="glass-owner", exceptions=["data-owner"])
    assert "looked at afterwards" in refused(monday, break_glass="data-owner")
    said = vetting.vet(rule=rule(break_glass="data-owner", exceptions=["data-owner"]), at=monday)
    assert said[-1].endswith("nobody else would look at it.")
    said = vetting.vet(rule=rule(break_glass="data-owner", exceptions=["payments-owner"]), at=monday)
    assert not any("look at it" in each for each in said)


def test_rules_without_reviews_need_nobody(monday):
    assert vetting.vet(rule=rule(effect="deny"), at=monday) == []


def test_a_rule_too_few_could_meet_is_neither_proposed_nor_confirmed(ann, ben, alice, bob, monday):
    with pytest.raises(errors.Unsatisfiable):
        changes.propose(
            author=ann, about="checkpoint", subject="shop/payout", proposed=rule(need=3).document, at=monday
        )
    change = changes.propose(
        author=ann, about="checkpoint", subject="shop/payout", proposed=rule(need=2).document, at=monday
    )
    roles.take(role="payments-owner", user=bob, at=monday)
    with pytest.raises(errors.Unsatisfiable, match="it has 1"):
        changes.confirm(change_id=change.pk, by=ben, at=monday)


def test_a_rule_for_later_fails_with_the_reason_when_people_have_left_by_then(ann, ben, alice, bob, monday):
    change = changes.propose(
        author=ann, about="checkpoint", subject="shop/payout", proposed=rule(need=2).document, effective_at=FRIDAY,
        at=monday,
    )  # fmt: skip
    changes.confirm(change_id=change.pk, by=ben, at=monday)
    roles.take(role="payments-owner", user=bob, at=monday)
    assert changes.due(at=FRIDAY) == 0
    change.refresh_from_db()
    assert change.state == "failed" and change.answer.endswith("of payments-owner, it has 1.")


def test_a_rule_is_proposed_beside_the_role_that_will_meet_it_and_confirmed_after_it(ann, ben, alice, bob, monday):
    members = [{"person": "alice"}, {"person": "bob"}]
    role = changes.propose(
        author=ann, about="role", subject="night-owner", proposed={"role": "night-owner", "members": members}, at=monday
    )
    document = rule(**needs(("night-owner", 2))).document
    made = changes.propose(author=ann, about="checkpoint", subject="shop/payout", proposed=document, at=monday)
    assert not Role.objects.filter(name="night-owner").exists(), "trying it left nothing behind"
    with pytest.raises(errors.Unsatisfiable):
        changes.confirm(change_id=made.pk, by=ben, at=monday)
    changes.confirm(change_id=role.pk, by=ben, at=monday)
    changes.confirm(change_id=made.pk, by=ben, at=monday)
    assert set(Change.objects.values_list("state", flat=True)) == {"applied"}


def test_rules_are_checked_again_when_people_leave_and_found_once(alice, bob, carol, monday):
    publishing.publish(checkpoint="shop/payout", pattern="payout", need=2, exceptions=["data-owner"], at=monday)
    publishing.publish(checkpoint="shop/refund", pattern="refund", need=1, at=monday)
    assert vetting.recheck(at=monday) == 0
    absences.declare(person=bob, delegates={}, at=monday, until=FRIDAY)
    assert vetting.recheck(at=monday) == 1 and vetting.recheck(at=monday) == 0
    found = Finding.objects.get()
    assert found.detail.endswith("one of them away until Friday 27 Nov.") and found.count == 1
    findings.resolve(finding_id=found.pk, by=carol, resolution="Bob is back on Friday.", at=monday)
    assert vetting.recheck(at=monday + timedelta(hours=1)) == 0
    assert vetting.recheck(at=monday + vetting.AGAIN) == 1, "and again when nothing came of it"


def test_checking_all_rules_takes_a_constant_number_of_queries(alice, bob, monday, django_assert_num_queries):
    for number in range(12):
        publishing.publish(checkpoint=f"place/{number}", pattern=f"tool{number}", need=1, at=monday)
    rules = [each.rule for each in vetting.in_force()]
    with django_assert_num_queries(2):
        assert vetting.unsatisfiable(rules=rules, at=monday) == {}


def test_a_rule_for_later_counts_who_will_hold_the_role_by_then(ann, ben, alice, bob, carol, monday):
    roles.give(role="payments-owner", user=carol, starts=FRIDAY, at=monday)
    document = rule(need=3).document
    with pytest.raises(errors.Unsatisfiable):
        changes.propose(author=ann, about="checkpoint", subject="shop/payout", proposed=document, at=monday)
    change = changes.propose(
        author=ann, about="checkpoint", subject="shop/payout", proposed=document, effective_at=FRIDAY, at=monday
    )
    changes.confirm(change_id=change.pk, by=ben, at=monday)
    assert changes.due(at=FRIDAY) == 1


PROMISES = [
    ({"passkey": "required"}, "/passkey", "it has none with a passkey"),
    ({"edit": ["/ok", "amount"]}, "/edit/1", "no JSON pointer"),
    ({"edit": ["/a~2"]}, "/edit/0", "no JSON pointer"), ({"edit": ["/a"], "effect": "deny"}, "/edit", "people decide"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "pointer", "why"), PROMISES)
def test_a_rule_promises_nothing_that_is_not_kept(alice, said, pointer, why, now):
    with pytest.raises(errors.BadPolicy, match=why) as refused:
        vetting.vet(rule=publishing.rule(checkpoint="pay", pattern="pay", **said), at=now)
    assert refused.value.pointer == pointer


def test_a_rule_says_what_may_be_changed_and_by_whom(alice, carol, now):
    rule = publishing.rule(checkpoint="pay", pattern="pay", edit=["/amount", ""], editors="payments-owner")
    assert not any("change" in warning for warning in vetting.vet(rule=rule, at=now))
    other = publishing.rule(checkpoint="pay", pattern="pay", edit=["/amount"], editors="data-owner")
    assert "Nobody of data-owner may say yes here, so nobody could change anything." in vetting.vet(rule=other, at=now)


def test_a_right_to_change_it_that_no_role_holds_is_refused(alice, now):
    rule = publishing.rule(checkpoint="pay", pattern="pay", edit=["/amount"], editors="nobody-yet")
    with pytest.raises(errors.Unsatisfiable, match="no such role") as refused:
        vetting.vet(rule=rule, at=now)
    assert refused.value.pointer == "/editors"


def test_who_may_change_nothing_needs_no_role(alice):
    with pytest.raises(errors.BadPolicy) as refused:
        publishing.rule(checkpoint="pay", pattern="pay", editors="payments-owner")
    assert refused.value.pointer == "/editors"
