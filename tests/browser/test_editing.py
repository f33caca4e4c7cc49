"""Edit, then approve, as people do it: on a phone without scripts, by a key, and beside somebody who decides."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from approvals.models import Action, Edit
from tests.approvals.editing import approve, edit, editable
from tests.asks import ask, submit

from .conftest import DESK, PHONE

SCHEMA = {"type": "object", "properties": {"plan": {"type": "string", "enum": ["small", "large"]}}}


@pytest.fixture
def two(transactional_db, alice, bob, shop):
    """A refund that two must approve, and of which nearly everything may be changed."""
    now = timezone.now()
    editable(edit=["/amount", "/plan", "/note", "/to", "/fast"], arguments=SCHEMA, need=2, at=now)
    value = ask()
    more = {"plan": "small", "note": "pay\u202eme", "to": {"iban": "DE02", "names": ["Dana", "Lee"]}, "fast": True}
    value["mcp"]["params"]["arguments"] |= more
    return submit(shop, value, at=now).action


def test_without_scripts_on_a_phone_it_is_changed_looked_at_and_signed(visit, alice, bob, two):
    approve(two, bob, at=timezone.now())
    page = visit(alice, reverse("action", args=[two.pk]), size=PHONE, scripts=False)
    page.get_by_role("link", name="Edit and approve…").tap()
    expect(page.locator("main")).to_contain_text("bob said yes")
    page.get_by_label("amount").fill("4O")
    page.get_by_role("button", name="See the difference").tap()
    expect(page.locator("main")).to_contain_text("This is not a number")
    assert page.get_by_label("amount").input_value() == "4O"
    page.get_by_label("amount").fill("40")
    page.get_by_label("plan").select_option('"large"')
    page.get_by_role("button", name="See the difference").tap()
    expect(page.get_by_role("button", name="Sign and approve")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    for name in ("Look again", "Sign and approve"):
        assert page.get_by_role("button", name=name).bounding_box()["height"] >= 43
    page.get_by_role("button", name="Sign and approve").tap()
    expect(page.locator("main")).to_contain_text("Your yes is recorded.")
    assert Action.objects.get(pk=two.pk).state == "pending" and Edit.objects.get().editor == alice


def test_the_key_e_leads_to_the_form(visit, alice, two):
    page = visit(alice, reverse("action", args=[two.pk]))
    page.keyboard.press("e")
    expect(page.get_by_role("heading", name="Edit, then approve")).to_be_visible()


def test_an_open_page_never_puts_new_digests_beside_old_bytes(visit, alice, bob, two):
    page = visit(alice, reverse("action", args=[two.pk]))
    expect(page.locator("main")).to_contain_text("4200")
    page.wait_for_timeout(300)  # the socket stands
    edit(two, bob, {"/amount": 40}, at=timezone.now())
    expect(page.locator("#edited")).to_contain_text("bob changed this")
    page.get_by_role("button", name="Approve", exact=False).last.click()
    expect(page.locator("main")).to_contain_text("Your yes is recorded.")
    assert Action.objects.get(pk=two.pk).state == "approved"


def test_who_is_choosing_words_meanwhile_decides_nothing_by_the_old_bytes(visit, alice, bob, two):
    page = visit(alice, reverse("action", args=[two.pk]))
    page.wait_for_timeout(300)
    page.keyboard.press("d")
    edit(two, bob, {"/amount": 40}, at=timezone.now())
    page.wait_for_timeout(600)
    page.get_by_role("button", name="Deny with this reason").click()
    expect(page.locator("main")).to_contain_text("What you saw is not what would be signed.")
    assert Action.objects.get(pk=two.pk).state == "pending"


def test_axe_finds_nothing_on_an_edit_that_is_refused_or_looked_at_and_neither_scrolls_sideways(visit, alice, bob, two):
    approve(two, alice, at=timezone.now())
    page = visit(bob, reverse("edit", args=[two.pk]))
    page.get_by_label("amount").fill("x")
    page.get_by_label("fast").select_option("false")
    page.get_by_role("button", name="See the difference").click()
    expect(page.locator("main")).to_contain_text("This is not a number")
    _fits(page)
    page.get_by_label("amount").fill("40")
    page.get_by_role("button", name="See the difference").click()
    expect(page.get_by_role("button", name="Sign and approve")).to_be_visible()
    _fits(page)


def _fits(page) -> None:
    for width, height in (PHONE, DESK):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)
        found = Axe().run(page).response["violations"]
        assert [(v["id"], [node["html"][:160] for node in v["nodes"]]) for v in found] == [], (page.url, theme)
