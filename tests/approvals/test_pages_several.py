"""Several at once: each verdict is its own, what one ask refuses stops no other, and a yes needs a low-risk class."""

from datetime import timedelta

import pytest
from django.urls import reverse

from approvals import reviews, settlement, several
from approvals.models import Action, Look, Review
from approvals.rules import policies
from tests.asks import ask, submit
from tests.publishing import publish

pytestmark = pytest.mark.django_db
LARGE = {"name": "ping", "arguments": {"log": "line\n" * 2_000}}
HIDDEN = {"name": "ping", "arguments": {"to": "pay\u202eroll"}}


def low(now, **said):
    return publish(
        checkpoint="shop/ping", kind="tool_call", pattern="ping", deadline_seconds=600, at=now,
        **{"need": 1, "risk": "low"} | said,
    )  # fmt: skip


def pings(shop, now, *, count=3, **mcp):
    params = mcp or {"name": "ping", "arguments": {"to": "lamp"}}
    value = ask(mcp={"method": "tools/call", "params": params})
    return [submit(shop, value, key=f"p{n}{len(params)}", at=now).action for n in range(count)]


def seen(action):
    return f"{action.pk} {settlement.shown(action, policy=action.policy)}"


def say(client, who, verdict, actions, **more):
    client.force_login(who)
    told = {"verdict": verdict, "seen": [seen(action) for action in actions], **more}
    return client.post(reverse("several"), told, follow=True)


def states(actions):
    found = Action.objects.in_bulk([action.pk for action in actions])
    return [found[action.pk].state for action in actions]


def test_the_page_names_each_that_is_chosen_before_anything_is_said(client, refund, alice, bob, shop, now):
    actions = [submit(shop, key=key, at=now).action for key in "abc"]
    client.force_login(alice)
    text = client.get(reverse("several"), {"verdict": "deny", "action": [a.pk for a in actions]}).text
    assert "Deny 3 asks?" in text
    assert all(seen(action) in text for action in actions)
    assert not Review.objects.exists()


def test_a_no_to_several_is_a_verdict_on_each(client, refund, alice, bob, shop, now):
    actions = [submit(shop, key=key, at=now).action for key in "abc"]
    answer = say(client, alice, "deny", actions, reason="this was not agreed", note="A drill.")
    assert states(actions) == ["denied"] * 3
    assert {review.note for review in Review.objects.all()} == {"this was not agreed: A drill."}
    assert len({bytes(review.stmt) for review in Review.objects.all()}) == 3
    assert "You denied 3 asks" in answer.text


def test_what_changed_or_is_gone_is_reported_and_stops_no_other(client, refund, alice, bob, carol, shop, now):
    actions = [submit(shop, key=key, at=now).action for key in "abc"]
    reviews.record(action_id=actions[0].pk, reviewer=bob, verdict="deny", note="", at=now)
    client.force_login(alice)
    sent = [seen(actions[0]), f"{actions[1].pk} {'A' * 43}", seen(actions[2])]
    answer = client.post(reverse("several"), {"verdict": "deny", "seen": sent, "note": "no"}, follow=True)
    assert states(actions) == ["denied", "pending", "denied"]
    assert "You denied 1 ask; 2 were not taken" in answer.text
    assert reviews.StaleView.message in answer.text
    answer = say(client, carol, "deny", actions[1:2], note="no")
    assert "no longer yours to see" in answer.text and states(actions[1:2]) == ["pending"]


def test_a_secret_in_the_reason_is_refused_for_all_of_them(client, refund, alice, bob, shop, now):
    actions = [submit(shop, key=key, at=now).action for key in "ab"]
    answer = say(client, alice, "deny", actions, note="AKIA" + "IOSFODNN7ABCDEFG")
    assert answer.status_code == 422 and 'id="note-wrong"' in answer.text
    assert states(actions) == ["pending"] * 2 and not Review.objects.exists()


def test_a_yes_to_several_of_a_low_risk_class_is_a_verdict_on_each(client, alice, bob, shop, now):
    low(now)
    actions = pings(shop, now)
    client.force_login(alice)
    page = client.get(reverse("several"), {"verdict": "approve", "action": [a.pk for a in actions]}).text
    assert "Approve 3 asks?" in page and page.count("lamp") >= 3
    answer = say(client, alice, "approve", actions)
    assert states(actions) == ["approved"] * 3
    assert "Your yes is recorded for 3 asks" in answer.text


@pytest.mark.parametrize("risk", ["normal", "high"])
def test_a_yes_to_several_is_refused_by_name_where_the_class_is_not_low_risk(client, alice, bob, shop, now, risk):
    low(now, risk=risk)
    actions = pings(shop, now)
    answer = say(client, alice, "approve", actions)
    assert states(actions) == ["pending"] * 3
    assert "does not call it low-risk" in answer.text


def test_a_class_that_stopped_being_low_risk_while_the_page_was_open_takes_no_yes(client, alice, bob, shop, now):
    low(now)
    actions = pings(shop, now, count=2)
    low(now, risk="high")
    assert "does not call it low-risk" in say(client, alice, "approve", actions).text
    assert states(actions) == ["pending"] * 2
    assert "You denied 2 asks" in say(client, alice, "deny", actions, note="no").text


@pytest.mark.parametrize("params", [LARGE, HIDDEN], ids=["large", "hidden"])
def test_what_has_to_be_opened_is_approved_on_its_own_page(client, alice, bob, shop, now, params):
    low(now)
    (plain,), (odd,) = pings(shop, now, count=1), pings(shop, now, count=1, **params, _meta={})
    answer = say(client, alice, "approve", [plain, odd])
    assert states([plain, odd]) == ["approved", "pending"]
    assert "given on its own page" in answer.text


def test_a_passkey_and_a_time_to_look_hold_for_each(client, alice, bob, shop, now):
    low(now, passkey="required")
    actions = pings(shop, now, count=1)
    assert "signed with a passkey" in say(client, alice, "approve", actions).text
    assert states(actions) == ["pending"]
    low(now, dwell_seconds=60)
    (later,) = pings(shop, now, count=1, name="ping", arguments={}, _meta={})
    client.force_login(alice)
    client.post(reverse("several"), {"verdict": "approve", "seen": seen(later)})
    assert not Look.objects.exists(), "who sends a yes was shown nothing by that"
    client.get(reverse("several"), {"verdict": "approve", "action": later.pk})
    assert Look.objects.filter(action=later, person=alice).exists()
    assert "looked at" in say(client, alice, "approve", [later]).text and states([later]) == ["pending"]


def test_a_quorum_of_two_waits_for_the_second_of_each(client, alice, bob, shop, now):
    low(now, need=2)
    actions = pings(shop, now, count=2)
    assert "1 of 2" in say(client, alice, "approve", actions).text
    assert states(actions) == ["pending"] * 2
    say(client, bob, "approve", actions)
    assert states(actions) == ["approved"] * 2


def test_nobody_says_yes_for_more_than_are_taken_at_once(refund, alice, bob, shop, now):
    actions = [submit(shop, key=f"k{n}", at=now).action for n in range(3)]
    given = [(a.pk, settlement.shown(a, policy=a.policy)) for a in actions] * 40
    assert len(several.decide(person=alice, verdict="deny", note="no", given=given, at=now)) == 3


def test_a_report_claims_nothing_that_is_not_on_record(client, refund, alice, bob, shop, now):
    action = submit(shop, at=now).action
    client.force_login(alice)
    text = client.get(reverse("several"), {"verdict": "deny", "done": f"{action.pk}~recorded"}).text
    assert "You denied 0 asks" in text


def test_a_risk_that_is_none_is_no_rule(now):
    with pytest.raises(policies.BadPolicy, match="low"):
        policies.read({"checkpoint": "c", "kind": "tool_call", "pattern": "*", "effect": "allow", "risk": "none"})


def test_a_row_says_that_its_class_is_high_risk(client, alice, bob, shop, now):
    low(now, risk="high")
    pings(shop, now + timedelta(seconds=1), count=1)
    client.force_login(alice)
    assert "high risk" in client.get("/").text
