"""Breaking the glass on the action's page: offered to whom it belongs, with a reason, and loud afterwards."""

import pytest
from django.test import Client

from accounts import roles
from approvals.models import Action, Finding
from tests import asks, publishing

pytestmark = pytest.mark.django_db


@pytest.fixture
def nina(mallory, now):
    roles.give(role="night-owner", user=mallory, at=now)
    return mallory


@pytest.fixture
def waiting(nina, alice, bob, carol, shop, now):
    publishing.publish(
        checkpoint="shop/refund", pattern="refund", need=2, deadline_seconds=600, break_glass="night-owner",
        exceptions=["data-owner"], at=now,
    )  # fmt: skip
    return asks.submit(shop, at=now).action


def page(person, action):
    client = Client()
    client.force_login(person)
    return client, client.get(f"/actions/{action.pk}/")


def broken(person, action, **said):
    client, answer = page(person, action)
    whole = {"reason": "Payments are down.", "seen": answer.context["seen"]} | said
    return client.post(f"/actions/{action.pk}/glass/", whole, follow=True)


def test_the_page_offers_it_to_who_holds_the_role_and_says_what_follows(waiting, nina, alice):
    said = page(nina, waiting)[1].text
    assert "Break the glass and approve" in said and "looks at it afterwards" in said
    assert "Break the glass" not in page(alice, waiting)[1].text


def test_it_is_broken_with_a_reason_and_the_page_says_so(waiting, nina):
    said = broken(nina, waiting).text
    assert "breaks the glass" in said and "Glass broken" in said and "Payments are down." in said
    assert "broke the glass" in said and Action.objects.get().state == "approved"
    assert Finding.objects.get().detail == "Payments are down."
    assert "Break the glass and approve" not in said


def test_without_a_reason_nothing_is_broken(waiting, nina):
    answer = broken(nina, waiting, reason=" ")
    assert answer.status_code == 422 and "Say why it cannot wait" in answer.text
    assert Action.objects.get().state == "pending"


def test_who_may_not_is_told_and_a_stranger_finds_nothing(waiting, alice, django_user_model):
    client, answer = page(alice, waiting)
    said = {"reason": "now", "seen": answer.context["seen"]}
    assert "not your duty here" in client.post(f"/actions/{waiting.pk}/glass/", said, follow=True).text
    stranger = Client()
    stranger.force_login(django_user_model.objects.create_user("eve"))
    assert stranger.post(f"/actions/{waiting.pk}/glass/", said).status_code == 404
    assert Action.objects.get().state == "pending"


def test_what_changed_meanwhile_is_not_approved(waiting, nina):
    assert "not what would be signed" in broken(nina, waiting, seen="x" * 43).text
    assert Action.objects.get().state == "pending"
