"""On a phone: decided in three taps at most, with nothing to push sideways, and a bar that stays above the keyboard."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from approvals.models import Review
from tests.asks import submit
from tests.publishing import publish

from .conftest import PHONE

SMALL = (360, 740)
FITS = "document.documentElement.scrollWidth <= window.innerWidth"
BOTTOM = "document.getElementById('bar').getBoundingClientRect().bottom"


@pytest.fixture
def asked(transactional_db, alice, bob, shop):
    now = timezone.now()
    publish(checkpoint="shop/refund", pattern="refund", deadline_seconds=600, at=now)
    return [submit(shop, key=f"k{n}", at=now).action for n in range(4)]


def test_an_ask_is_decided_in_two_taps_or_three(visit, asked, alice):
    for size in (PHONE, SMALL):
        yes, no = asked.pop(), asked.pop()
        page = visit(alice, "/", size=size)
        page.locator(f"#row-{yes.pk}").tap()
        expect(page.locator("h1.sentence")).to_contain_text("shop wants to run refund")
        assert page.evaluate(FITS) and page.evaluate(BOTTOM) <= size[1] + 1
        page.get_by_role("button", name="Approve", exact=True).tap()
        expect(page.locator("main")).to_contain_text("Your yes is recorded.")
        page.goto("/")
        page.locator(f"#row-{no.pk}").tap()
        page.get_by_role("link", name="Deny").tap()
        expect(page.get_by_role("button", name="Approve", exact=True)).to_be_hidden()
        assert page.evaluate(FITS)
        page.evaluate("document.documentElement.style.setProperty('--keyboard', '280px')")  # as where it lies over it
        assert page.evaluate(BOTTOM) <= size[1] - 279
        button = page.get_by_role("button", name="Deny with this reason")
        assert button.bounding_box()["height"] >= 44
        button.tap()
        expect(page.locator("main")).to_contain_text("Your no is recorded.")
    assert sorted(Review.objects.values_list("verdict", flat=True)) == ["approve", "approve", "deny", "deny"]


def test_a_link_from_a_notice_leads_through_the_way_in_to_the_ask(visit, asked, alice):
    page = visit(None, f"/actions/{asked[0].pk}/", size=SMALL)
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill("alice-password")
    page.get_by_role("button", name="Sign in").tap()
    page.get_by_role("button", name="Approve", exact=True).tap()
    expect(page.locator("main")).to_contain_text("Your yes is recorded.")
    assert page.evaluate(FITS)
