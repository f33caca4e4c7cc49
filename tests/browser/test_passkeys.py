"""Passkeys in a real browser: made, confirmed, and used to sign what the page shows."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone
from placet import jws
from playwright.sync_api import expect

from accounts import passkeys
from accounts.models import Passkey, User
from approvals import changes
from approvals.models import Change, Edit, Receipt, Review
from tests.approvals.editing import editable
from tests.asks import ask, submit
from tests.publishing import publish

from .conftest import PHONE

DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture
def console(console):
    """Opened as localhost: browsers have no passkeys for an IP address."""
    return passkeys.relying_party().origin


@pytest.fixture
def device():
    """A virtual authenticator for a page."""

    def attach(page):
        wire = page.context.new_cdp_session(page)
        wire.send("WebAuthn.enable")
        name = wire.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]
        return wire, name

    return attach


@pytest.fixture
def ann(transactional_db):
    return User.objects.create_user("ann", is_staff=True)


@pytest.fixture
def wants(transactional_db, alice, bob, shop):
    """Refunds where each yes needs a passkey."""
    at = timezone.now()
    publish(checkpoint="shop/refund", pattern="refund", passkey="required", deadline_seconds=600, at=at)
    return [submit(shop, key=f"k{number}", at=at).action for number in range(2)]


def registered(page, ann, *, name="Laptop"):
    """Go through the page, and let an admin confirm it."""
    page.goto(reverse("passkey_new"))
    page.get_by_label("What you call it").fill(name)
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.locator("main")).to_contain_text("waits for an admin")
    changes.confirm(change_id=Change.objects.latest("id").pk, by=ann, at=timezone.now())


def claims(receipt):
    return json.loads(jws.decode(bytes(receipt.jws).split(b".")[1]))


def test_a_person_registers_a_passkey_signs_with_it_and_signs_in_with_it(visit, device, alice, ann, wants):
    page = visit(alice, reverse("passkeys"))
    device(page)
    assert Axe().run(page).response["violations"] == []
    registered(page, ann)
    page.goto(reverse("action", args=[wants[0].pk]))
    expect(page.locator("#bar")).to_contain_text("by your passkey")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("main")).to_contain_text("Your yes is recorded.")
    (review,) = claims(Receipt.objects.get())["reviews"]
    assert review["webauthn"]["id"] == passkeys.ceremonies._text(bytes(Passkey.objects.get().credential_id))
    page.goto("/?action=" + str(wants[1].pk))  # beside the list
    page.locator("#pane").get_by_role("button", name="Approve").click()
    expect(page.locator("#pane")).to_contain_text("Your yes is recorded.")
    assert Review.objects.exclude(webauthn=None).count() == 2
    page.goto("about:blank")  # or a refresh of the list would be given a form token of its own
    page.context.clear_cookies()
    page.goto("/sign-in/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator(".who summary")).to_contain_text("alice")


def test_a_ceremony_that_is_cancelled_decides_nothing_and_can_be_repeated(visit, device, alice, ann, wants):
    page = visit(alice, "/")
    wire, name = device(page)
    registered(page, ann)
    page.goto(reverse("action", args=[wants[0].pk]))
    wire.send("WebAuthn.setUserVerified", {"authenticatorId": name, "isUserVerified": False})
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#bar [role=alert]")).to_contain_text("Cancelled, or it took too long. Nothing was decided.")
    assert not Review.objects.exists()
    wire.send("WebAuthn.setUserVerified", {"authenticatorId": name, "isUserVerified": True})
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("main")).to_contain_text("Your yes is recorded.")


def test_what_the_page_does_not_show_is_not_signed(visit, device, alice, ann, wants):
    page = visit(alice, "/")
    device(page)
    registered(page, ann)
    address = reverse("action", args=[wants[0].pk])
    for tampered in (
        "[...document.querySelectorAll('[data-leaf]')].find((e) => e.textContent.includes('4200')).textContent = '42'",
        "document.querySelector('[data-exact=policy]').textContent = '{}'",  # another rule than the one that is named
        "document.querySelector('[data-exact=context]').textContent = '{\"@type\": \"placet.context.v1\"}'",
        "document.querySelector('[data-exact=context]').remove()",
    ):
        page.goto(address)
        page.evaluate(tampered)
        page.get_by_role("button", name="Approve").click()
        expect(page.locator("#bar [role=alert]")).to_contain_text("page")
        expect(page.locator("#bar [role=alert]")).to_contain_text("Nothing was decided.")
    assert not Review.objects.exists()


def test_an_edit_is_signed_after_the_difference_was_seen(visit, device, alice, ann, shop):
    editable(edit=["/amount"], at=timezone.now())
    action = submit(shop, ask(), at=timezone.now()).action
    page = visit(alice, "/")
    device(page)
    registered(page, ann)
    page.goto(reverse("edit", args=[action.pk]))
    page.get_by_label("amount").fill("40")
    page.get_by_role("button", name="See the difference").click()
    expect(page.locator("main")).to_contain_text("by your passkey")
    page.evaluate("document.querySelector('[data-all]').textContent += ' '")  # a gap says nothing
    page.evaluate("document.querySelector('[data-exact=policy]').textContent = '{}'")
    page.get_by_role("button", name="Sign and approve").click()
    expect(page.locator("main [role=alert]")).to_contain_text("is not what this page shows")
    page.get_by_role("button", name="Look again").click()
    page.get_by_role("button", name="Sign and approve").click()
    expect(page.locator("main")).to_contain_text("Your yes is recorded.")
    assert json.loads(bytes(Review.objects.get().stmt))["eff"] == Edit.objects.get().dig
    assert Review.objects.get().webauthn


def test_a_second_passkey_is_introduced_by_the_first_on_a_phone(visit, device, alice, ann):
    page = visit(alice, "/", size=PHONE)
    wire, _ = device(page)
    registered(page, ann)
    wire.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE | {"transport": "usb"}})
    page.goto(reverse("passkey_new"))
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    page.get_by_label("What you call it").fill("Key ring")
    page.evaluate("""() => {  // broken off where the old one is asked for
        const get = navigator.credentials.get.bind(navigator.credentials);
        navigator.credentials.get = () => {
            navigator.credentials.get = get;
            throw new DOMException('', 'NotAllowedError');
        };
    }""")
    page.get_by_role("button", name="Make the passkey").tap()
    expect(page.locator("[role=alert]")).to_contain_text("introduced the new one, so it was not registered")
    assert Passkey.objects.count() == 1 and not Change.objects.filter(state="proposed").exists()
    page.get_by_role("button", name="Make the passkey").tap()
    expect(page.locator("main")).to_contain_text("introduced by “Laptop”")
    assert [each.live for each in Passkey.objects.all()] == [True, True]
