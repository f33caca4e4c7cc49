"""The guided tour of a demo: on every page until it is ended, and nowhere else."""

import pytest
from django.urls import reverse

from accounts import preferences
from approvals import reviews
from approvals.demo import samples
from approvals.templatetags.touring import STEPS
from tests.asks import submit
from tests.publishing import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings):
    settings.DEMO = True


@pytest.fixture
def hiding(shop, alice, now):
    """The ask of the demo that hides something, at alice's checkpoint."""
    publish(
        checkpoint="shop/refund", pattern="refund", deadline_seconds=600, roles={"approval": "payments-owner"}, at=now
    )
    refunds = [value for _, value in samples.asks() if value["mcp"]["params"].get("name") == "refund"]
    return [submit(shop, value, key=f"demo-2026-11-23-{n}", at=now).action for n, value in enumerate(refunds)][1]


def test_a_console_that_is_no_demo_has_no_tour(client, alice):
    client.force_login(alice)
    assert "Guided tour" not in client.get("/").content.decode()
    assert client.get(reverse("tour_step", args=[1])).status_code == 404
    assert client.post(reverse("tour")).status_code == 404


def test_the_tour_stands_on_every_page_until_it_is_ended(client, alice, demo):
    client.force_login(alice)
    assert "Tour, 1 of 8" in client.get("/").content.decode()
    assert client.post(reverse("tour"), {"back": "/verify/"}).url == "/verify/"
    assert preferences.of(type(alice).objects.get(pk=alice.pk)).tour_dismissed_at
    assert "Guided tour" not in client.get("/verify/").content.decode()
    assert client.post(reverse("tour"), {"again": "1"}).url == reverse("tour_step", args=[1])
    assert "Tour, 1 of 8" in client.get("/").content.decode()


def test_ending_it_leads_to_no_other_site(client, alice, demo):
    client.force_login(alice)
    assert client.post(reverse("tour"), {"back": "https://elsewhere.example/"}).url == reverse("inbox")


def test_its_steps_lead_to_the_ask_that_hides_something_and_to_what_one_decided(client, alice, demo, hiding, now):
    client.force_login(alice)
    page = reverse("action", args=[hiding.pk])
    assert client.get(reverse("tour_step", args=[3])).url == page
    assert client.get(reverse("tour_step", args=[4])).url == f"{page}?deny=1"
    assert "Tour, 4 of 8" in client.get(f"{page}?deny=1").content.decode()
    reviews.record(action_id=hiding.pk, reviewer=alice, verdict="deny", note="Hidden words.", at=now)
    assert client.get(reverse("tour_step", args=[5])).url == page


def test_every_step_has_a_page(client, alice, demo, hiding):
    client.force_login(alice)
    for number in range(1, STEPS + 1):
        assert client.get(reverse("tour_step", args=[number]), follow=True).status_code == 200, number
    assert client.get(reverse("tour_step", args=[STEPS + 1])).status_code == 404


def test_who_owns_nothing_is_told_as_whom_to_take_it(client, mallory, demo):
    client.force_login(mallory)
    page = client.get("/").content.decode()
    assert "sign in as alice" in page and ">Next</a>" not in page
