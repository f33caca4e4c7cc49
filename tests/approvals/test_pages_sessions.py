"""A session's page shows the steps of one workflow in their order, and of them only what its reader may see."""

from datetime import timedelta

import pytest

from approvals import redemption, reviews
from approvals.models import Action
from approvals.queries import sessions
from tests.asks import ask, identity, submit
from tests.publishing import publish

from .browsing import action_page, get, words

pytestmark = pytest.mark.django_db


def step(shop, key, *, at, tool="refund", **more):
    return submit(shop, ask(tool=tool, session="s/81", **more), key=key, at=at).action


@pytest.fixture
def flow(refund, payout, shop, alice, bob, now):
    """A refund that was approved, used and failed; one that was denied; a payout that waits."""
    then = now - timedelta(minutes=5)
    first = step(shop, "a", at=then)
    reviews.record(action_id=first.pk, reviewer=alice, verdict="approve", at=then + timedelta(seconds=30))
    redemption.consume(action_id=first.pk, server=identity(shop), key="k", at=then + timedelta(seconds=40))
    report = {"status": "failed", "note": "no"}
    redemption.report(action_id=first.pk, server=identity(shop), **report, at=then + timedelta(seconds=50))
    second = step(shop, "b", at=then + timedelta(seconds=60))
    reviews.record(action_id=second.pk, reviewer=bob, verdict="deny", note="twice", at=then + timedelta(seconds=90))
    return [first, second, step(shop, "c", at=then + timedelta(seconds=100), tool="payout")]


def page(client, who, **more):
    return get(client, who, "/sessions/shop/", id="s/81", **more)


def test_steps_stand_in_their_order_with_what_became_of_them(client, flow, alice):
    text = words(page(client, alice))
    assert "asked 3 times for" in text and "1 still waits" in text
    places = [text.index(f'href="{action_page(action)}"') for action in flow]
    assert places == sorted(places)
    assert "<b>alice</b> said yes" in text and "<b>bob</b> said no" in text and "twice" in text
    assert '<span class="no">failed</span>' in text and "Waiting" in text


def test_the_picture_says_in_words_what_it_shows(client, flow, alice):
    text = page(client, alice).text
    assert text.count('role="img"') == 2 and "In the whole session 1 pending, 1 approved, 1 denied." in text
    assert text.count('class="step approved"') == 2 and text.count('class="step pending"') == 2


def test_only_what_a_reader_may_see_stands_there(client, flow, shop, alice, carol, now):
    publish(checkpoint="shop/export", pattern="export", roles={"approval": "data-owner"}, at=now)
    hidden = step(shop, "x", at=now, tool="export")
    assert str(hidden.pk) not in page(client, alice).text and "asked 3 times" in page(client, alice).text
    theirs = page(client, carol).text
    assert str(hidden.pk) in theirs and "asked 1 time for" in words(page(client, carol))
    assert not any(str(action.pk) in theirs for action in flow)


def test_whoever_may_see_none_of_it_finds_nothing(client, flow, mallory, carol, admin):
    for who in (mallory, carol, admin):
        assert page(client, who).status_code == 404


@pytest.mark.parametrize("query", [{}, {"id": ""}, {"id": "other"}, {"id": "s/81\0x"}])
def test_what_is_no_session_is_not_found(client, flow, alice, query):
    assert get(client, alice, "/sessions/shop/", **query).status_code == 404


def test_sessions_of_one_name_are_apart_by_server(client, flow, alice):
    assert get(client, alice, "/sessions/other/", id="s/81").status_code == 404


def test_a_long_session_is_read_a_page_at_a_time(client, flow, shop, alice, now, monkeypatch):
    monkeypatch.setattr(sessions, "SIZE", 2)
    first = page(client, alice).text
    assert "Next steps" in first and 'start="1"' in first and "First steps" not in first
    later = page(client, alice, after=str(flow[1].pk)).text
    assert 'start="3"' in later and "First steps" in later and "Next steps" not in later
    assert "asked 3 times" in words(page(client, alice, after=str(flow[1].pk)))


def test_behind_the_last_step_nothing_is_found(client, flow, alice):
    assert page(client, alice, after=str(flow[-1].pk)).status_code == 404
    assert page(client, alice, after="rubbish").status_code == 200


def test_the_page_takes_a_fixed_number_of_queries(client, flow, shop, alice, now, django_assert_max_num_queries):
    client.force_login(alice)
    for more in (0, 5):
        for number in range(more):
            step(shop, f"m{number}", at=now)
        with django_assert_max_num_queries(8):
            page_of = client.get("/sessions/shop/", {"id": "s/81"})
        assert page_of.status_code == 200


def test_an_action_leads_to_its_session(client, flow, shop, alice, asked):
    text = get(client, alice, action_page(flow[2])).text
    assert "/sessions/shop/?id=s%2F81" in text
    assert "/sessions/" not in get(client, alice, action_page(asked)).text


def test_a_hostile_name_is_drawn_and_never_run(client, refund, shop, alice, now):
    name = '<script>alert(1)</script>\u202e"'
    action = submit(shop, ask(session=name), key="h", at=now).action
    answer = get(client, alice, "/sessions/shop/", id=name)
    assert answer.status_code == 200 and "<script>alert" not in answer.text and "\u202e" not in answer.text
    assert "<script>alert" not in get(client, alice, action_page(Action.objects.get(pk=action.pk))).text
