"""The guided tour of a demo, as somebody takes it who switched scripts off, and by the keyboard."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from approvals.demo import samples
from tests.asks import submit
from tests.publishing import publish

from .conftest import PHONE


@pytest.fixture
def demo(transactional_db, settings, alice, shop):
    """The two refunds of the demo's first asks, at alice's checkpoint."""
    settings.DEMO, now = True, timezone.now()
    publish(
        checkpoint="shop/refund", pattern="refund", deadline_seconds=600, roles={"approval": "payments-owner"}, at=now
    )
    refunds = [value for _, value in samples.asks() if value["mcp"]["params"].get("name") == "refund"]
    return [submit(shop, value, key=f"demo-2026-11-23-{n}", at=now).action for n, value in enumerate(refunds)]


def test_the_tour_leads_from_an_ask_to_the_insights_without_scripts(visit, demo, alice):
    page = visit(alice, "/", scripts=False, size=PHONE)
    strip = page.get_by_role("complementary", name="Guided tour")
    for number, where in enumerate(("/", "/actions/", "/actions/", "deny=1"), start=1):
        assert f"Tour, {number} of 8" in strip.inner_text() and where in page.url
        strip.get_by_role("link", name="Next").click() if number < 4 else None
    page.get_by_role("button", name="Deny with this reason").click()
    assert "Tour, 4 of 8" in strip.inner_text()
    for number, where in ((5, str(demo[1].pk)), (6, "/verify/"), (7, "/boundaries/"), (8, "/insights/")):
        strip.get_by_role("link", name="Next").click()
        assert f"Tour, {number} of 8" in strip.inner_text() and where in page.url
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert strip.get_by_role("link", name="Next").count() == 0
    strip.get_by_role("button", name="End the tour").click()
    page.wait_for_url(re.compile("/insights/"))
    assert strip.count() == 0


def test_the_strip_keeps_the_inbox_within_the_window_and_axe_finds_nothing(visit, demo, alice):
    page = visit(alice, "/")
    page.locator("#pane .sheet").first.wait_for()
    assert Axe().run(page).response["violations"] == []
    bar, high = page.locator(".decide").bounding_box(), page.viewport_size["height"]
    assert bar["y"] + bar["height"] <= high
    page.keyboard.press("Tab")
    page.locator(".tour a").last.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/actions/"))
