"""The connect page: where a released link leads, for its subject alone, a few times, each of them on record."""

from datetime import timedelta
from functools import partial

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import servers
from approvals import answers, connecting, errors
from approvals.models import Entry
from approvals.queries.connecting import KEPT, MOST
from tests.asks import submit

from . import answering
from .browsing import get

pytestmark = pytest.mark.django_db
URL = answering.LINK["url"]


@pytest.fixture
def page(client):
    return partial(get, client)


@pytest.fixture
def dana(db, django_user_model):
    return django_user_model.objects.create_user("dana", email="dana@example.org", password="dana-password")


@pytest.fixture
def places(db, alice, bob, now):
    answering.checkpoints(at=now)


@pytest.fixture
def link(places, shop, alice, dana, now):
    return answering.released(shop, alice, answering.link(), at=now)


@pytest.fixture
def elsewhere(places, shop, alice, dana, now):
    """A link whose subject is told of it by their own client."""
    asked = {name: value for name, value in answering.link().items() if name != "answer"}
    return answering.released(shop, alice, asked, key="q2", at=now)


def address(action) -> str:
    return reverse("connect", args=[action.pk])


def opened() -> list[str]:
    return [entry.actor for entry in Entry.objects.filter(event="action.opened")]


def test_its_subject_sees_where_it_leads_who_asks_and_who_let_it_through(page, link, dana):
    answer = page(dana, address(link))
    text = answer.text
    assert "You are about to leave for" in text and "bank.example" in text and "login?order=A1" in text
    assert "alice let it through" in text and "Sign in there." in text
    assert f'href="{URL}' not in text and not opened()


@pytest.mark.parametrize("who", ["alice", "bob", "carol", "mallory"])
def test_for_others_there_is_no_such_page(client, page, link, who, request):
    other = request.getfixturevalue(who)
    assert page(other, address(link)).status_code == 404
    assert client.post(address(link)).status_code == 404 and not opened()


def test_a_stranger_is_asked_to_sign_in(client, link):
    answer = client.get(address(link))
    assert answer.status_code == 302 and answer["Location"] == f"/sign-in/?next={address(link)}"


def test_before_it_is_approved_and_for_what_is_no_link_there_is_none(page, places, shop, alice, dana, now):
    waiting = submit(shop, answering.link(), at=now).action
    form = answering.released(shop, alice, answering.form(), key="q3", at=now)
    assert page(dana, address(waiting)).status_code == page(dana, address(form)).status_code == 404


def test_the_step_out_tells_the_other_end_nothing_and_is_recorded(client, page, link, dana):
    page(dana, address(link))
    answer = client.post(address(link))
    text = answer.content.decode()
    assert answer.status_code == 200 and f'http-equiv="refresh" content="0; url={URL}"' in text
    assert 'rel="noopener noreferrer nofollow"' in text and answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin" and opened() == [dana.urn]


def test_it_opens_a_few_times_and_then_no_more(client, page, link, dana):
    page(dana, address(link))
    for _ in range(MOST):
        assert client.post(address(link)).status_code == 200
    answer = client.post(address(link), follow=True)
    assert "as often as it may be" in answer.content.decode() and len(opened()) == MOST


def test_what_was_answered_is_not_opened_again(client, page, link, dana):
    answers.give(action_id=link.pk, person=dana, said="accept", at=timezone.now())
    text = page(dana, address(link)).text
    assert "The time to follow this link is over" in text and "Go to" not in text
    client.post(address(link))
    assert not opened()


def test_a_link_told_by_a_client_opens_for_an_hour(elsewhere, dana, now):
    connecting.follow(action_id=elsewhere.pk, person=dana, at=now + KEPT - timedelta(seconds=1))
    with pytest.raises(errors.ConnectOver):
        connecting.follow(action_id=elsewhere.pk, person=dana, at=now + KEPT)


@pytest.mark.parametrize("how", ["stopped", "not listed"])
def test_a_server_that_may_not_send_there_any_more_sends_nobody(page, link, shop, dana, now, how):
    if how == "stopped":
        servers.stop(server=shop, at=now)
    else:
        shop.hosts = ["other.example"]
        shop.save()
    assert "not open any more" in page(dana, address(link)).text
    with pytest.raises(errors.ConnectOver):
        connecting.follow(action_id=link.pk, person=dana, at=now)


def test_looking_never_follows(page, link, dana):
    """A scanner of links, or a browser that reads ahead, uses nothing up."""
    for _ in range(MOST + 1):
        assert page(dana, address(link)).status_code == 200
    assert not opened()
