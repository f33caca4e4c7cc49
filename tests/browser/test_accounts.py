"""One's own account in a real browser: the authenticator app, ending a sign-in, confirming, and single sign-on."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.accounts.signing import code
from tests.journeys import provider as providers

from .conftest import DESK, PHONE


def sign_in(page, name="alice"):
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(f"{name}-password")
    page.get_by_role("button", name="Sign in", exact=True).click()


def looked_at(page):
    """Nothing that axe finds, and no sideways scroll."""
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("size", "theme"), [(DESK, "light"), (PHONE, "dark")])
def test_an_app_is_set_up_asked_for_and_taken_away(visit, alice, size, theme):
    page = visit(None, "/sign-in/?next=/you/", size=size, theme=theme)
    looked_at(page)
    sign_in(page)
    expect(page.get_by_role("heading", name="You are")).to_be_visible()
    looked_at(page)
    page.get_by_role("link", name="Set up an authenticator app").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    page.get_by_text("Or type the key").click()
    looked_at(page)
    secret = page.locator("p.jws").inner_text().strip()
    page.get_by_label("Authenticator code").fill(code(secret))
    page.get_by_role("button", name="Use this app").click()
    expect(page.locator("ol.codes li")).to_have_count(10)
    looked_at(page)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("10 recovery codes left")).to_be_visible()
    expect(page.get_by_text("An authenticator app was added")).to_be_visible()
    looked_at(page)
    page.get_by_role("button", name="I have read this").click()
    other = visit(None, "/sign-in/", size=size, theme=theme)
    sign_in(other)
    expect(other.get_by_label("Code")).to_be_visible()
    looked_at(other)
    other.get_by_label("Code").fill(code(secret))
    other.get_by_role("button", name="Sign in", exact=True).click()
    expect(other).to_have_url(re.compile(r"/$"))
    page.goto("/you/second-factor/remove/")
    looked_at(page)
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("1 other sign-in was ended")).to_be_visible()


def test_a_sign_in_is_ended_from_another_and_its_open_page_says_so(visit, alice):
    lost, kept = visit(None, "/sign-in/", size=PHONE), visit(None, "/sign-in/?next=/you/")
    sign_in(lost)
    expect(lost).to_have_url(re.compile(r"/$"))
    sign_in(kept)
    expect(kept.get_by_role("heading", name="You are")).to_be_visible()
    kept.get_by_role("button", name="End the sign-in").click()
    expect(kept.get_by_role("button", name="End the sign-in")).to_have_count(0)
    expect(kept.get_by_text("this one")).to_be_visible()
    lost.goto("/you/")
    expect(lost.get_by_role("heading", name="Sign in")).to_be_visible()


def test_what_was_typed_is_there_after_confirming(visit, alice, django_user_model):
    from accounts.models import Session

    django_user_model.objects.create_user("admin", password="admin-password", is_staff=True)
    page = visit(None, "/sign-in/?next=/people/alice/")
    sign_in(page, "admin")
    page.get_by_role("button", name="Make an admin").click()
    page.get_by_label("Why").fill("She helps out in December.")
    session = Session.objects.get()
    store = session.get_session_store_class()(session.session_key)
    store["account_authentication_methods"] = [{"method": "password", "at": 1.0}]
    store.save()
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    looked_at(page)
    page.get_by_label("Password").fill("admin-password")
    page.get_by_role("button", name="Confirm").click()
    expect(page).to_have_url(re.compile(r"/changes/\d+/$"))
    expect(page.get_by_text("She helps out in December.").first).to_be_visible()


def test_somebody_signs_in_with_the_provider(browser, tmp_path):
    with providers.opened() as provider, providers.trusting(provider, tmp_path) as console:
        context = browser.new_context(base_url=console)
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda one: said.append(one.text) if one.location["url"].startswith(console) else None)
        page.goto("/sign-in/?next=/you/")
        looked_at(page)
        page.get_by_role("link", name="Continue with Example login").click()
        page.get_by_role("button", name="Authorize as a-1", exact=True).click()
        expect(page.get_by_role("heading", name="You are alice")).to_be_visible()
        expect(page.get_by_text("by single sign-on")).to_be_visible()
        assert said == []
        context.close()
