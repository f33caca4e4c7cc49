"""The action's page: who decides, who stands in for whom, and the quiet ways to hand an ask on."""

import re
from datetime import timedelta

import pytest

from accounts import absences
from approvals import deadlines, reviews
from approvals.models import Handover
from tests.asks import submit
from tests.publishing import publish

from .browsing import action_page, get

pytestmark = pytest.mark.django_db


def place(now, **said):
    return publish(checkpoint="shop/refund", pattern="refund", at=now, **{"deadline_seconds": 600} | said)


def hand(client, action, **sent):
    return client.post(f"{action_page(action)}hand/", sent)


def test_the_page_hands_over_and_says_so(client, asked, alice, bob):
    client.force_login(alice)
    told = hand(client, asked, how="reassigned", to="bob", note="your order")
    assert told.status_code == 302
    text = client.get(told["Location"]).text
    assert "Handed to bob." in text and "your order" in text
    assert Handover.objects.get().to == bob


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ({"how": "reassigned", "to": "nobody"}, "Nobody here has that name."),
        ({"how": "reassigned", "to": "alice"}, "Name somebody else, or take it over yourself."),
        ({"how": "escalated"}, "Its rule names no further step of escalation."),
        ({"how": "wrong_person", "note": "x" * 401}, "Keep the note under 400 characters."),
        ({"how": "nonsense"}, "Choose what to do."),
    ],
)
def test_the_page_says_why_it_does_not(client, asked, alice, sent, reason):
    client.force_login(alice)
    answer = hand(client, asked, **sent)
    assert answer.status_code == 422 and reason in answer.text
    assert not Handover.objects.exists()


def test_a_stranger_finds_no_page_to_hand_on(client, asked, mallory):
    client.force_login(mallory)
    assert hand(client, asked, how="took_over").status_code == 404


def test_the_page_says_who_stands_in_for_whom_and_until_when(client, alice, bob, shop, mallory, now):
    place(now)
    absences.declare(
        person=alice, delegates={"payments-owner": mallory}, until=now + timedelta(days=2, hours=3), at=now
    )
    asked = submit(shop, at=now).action
    client.force_login(mallory)
    text = client.get(action_page(asked)).text
    assert "stands in for alice, away until" in text
    assert "Your yes for <b>alice</b>, who is away," in text
    reviews.record(action_id=asked.pk, reviewer=mallory, verdict="approve", at=now + timedelta(seconds=1))
    settled = client.get(action_page(asked)).text
    assert 'mallory, you <span class="quiet">for alice</span>' in settled
    assert "approves for alice" in settled


def test_the_page_names_each_need_and_what_comes_next(client, alice, bob, carol, shop, now):
    needs = [{"role": "payments-owner", "count": 2}, {"role": "data-owner", "count": 1}]
    place(now, needs=needs, order="sequential", escalation=[{"after_seconds": 60, "role": "chief"}])
    asked = submit(shop, at=now).action
    client.force_login(alice)
    text = client.get(action_page(asked)).text
    assert "0 of 2" in text and "0 of 1, asked later" in text
    assert "if nothing is decided" in text and "chief" in text


def test_a_warned_ask_says_due_soon(client, alice, bob, shop, now):
    place(now, warn_seconds=60)
    asked = submit(shop, at=now).action
    deadlines.sweep_timers(at=now + timedelta(seconds=540))
    client.force_login(alice)
    assert "due soon" in client.get("/").text and "due soon" in client.get(action_page(asked)).text


def test_who_is_back_may_still_say_no_on_the_page_and_finds_no_yes(client, alice, bob, mallory, shop, now):
    place(now, needs=[{"role": "payments-owner", "count": 2}])
    absences.declare(person=alice, delegates={"payments-owner": mallory}, at=now)
    asked = submit(shop, at=now).action
    reviews.record(action_id=asked.pk, reviewer=mallory, verdict="approve", at=now)
    client.force_login(alice)
    text = client.get(action_page(asked)).text
    assert "You may still say no." in text
    assert 'value="deny"' in text and 'value="approve"' not in text


def test_an_ask_its_rule_allows_says_that_nobody_was_asked(client, alice, shop, now):
    place(now, effect="allow", logging=["payments-owner"])
    asked = submit(shop, at=now).action
    client.force_login(alice)
    assert "allowed by its rule; nobody was asked" in client.get(action_page(asked)).text
    assert "by its rule" in client.get("/?view=decided").text


def test_the_list_says_for_which_role_an_ask_waits(client, alice, bob, carol, shop, now):
    place(now, needs=[{"role": "payments-owner", "count": 1}, {"role": "data-owner", "count": 1}])
    asked = submit(shop, at=now).action
    client.force_login(bob)
    assert "waits for" not in client.get("/").text
    reviews.record(action_id=asked.pk, reviewer=alice, verdict="approve", at=now)
    assert "1 of 2 payments-owner and data-owner; waits for" in client.get("/").text


def test_sixty_comments_stand_on_a_page_and_the_rest_one_link_away(client, asked, alice, now):
    for number in range(65):
        reviews.comment(action_id=asked.pk, author=alice, text=f"word {number:03}", at=now)
    page = get(client, alice, action_page(asked)).text
    assert "word 005" in page and "word 064" in page and "word 004" not in page
    (link,) = re.findall(r'href="([^"]+\?before=\d+)#comments"', page)
    earlier = client.get(link).text
    assert "word 000" in earlier and "word 004" in earlier and "word 005" not in earlier
    assert "The latest comments" in earlier


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "٣"])
def test_a_place_among_comments_that_is_none_shows_the_latest(client, asked, alice, now, before):
    reviews.comment(action_id=asked.pk, author=alice, text="a word", at=now)
    page = get(client, alice, f"{action_page(asked)}?before={before}")
    assert page.status_code == 200
    assert "a word" in page.text


def test_a_step_that_came_due_after_the_decision_is_not_told_as_if_it_had_asked_anybody(client, alice, shop, now):
    place(now, escalation=[{"after_seconds": 60, "role": "chief"}], deadline_seconds=600)
    action = submit(shop, at=now).action
    reviews.record(action_id=action.pk, reviewer=alice, verdict="approve", at=now + timedelta(seconds=5))
    deadlines.sweep_timers(at=now + timedelta(seconds=90))
    assert "counts for any" not in get(client, alice, action_page(action)).text
