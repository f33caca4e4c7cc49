"""Being away, roles given by two admins, a server stopped: in a real browser, on a desk and on a phone."""

import itertools

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts import absences, roles, servers
from accounts.models import Absence, Membership, Server, User
from approvals import changes, findings, sightings
from tests.asks import identity, submit
from tests.publishing import publish

from .conftest import PHONE, TABLET
from .inspecting import wrong


@pytest.fixture
def owned(transactional_db, alice, bob, carol, mallory, shop):
    """A refund that payments-owner decides, two admins, a bounded server, somebody away."""
    now = timezone.now()
    publish(
        checkpoint="shop/refund", kind="tool_call", pattern="refund", need=1, deadline_seconds=600,
        roles={"approval": "payments-owner", "exceptions": "data-owner", "logging": "data-owner"}, at=now,
    )  # fmt: skip
    for name in ("ada", "grace"):
        User.objects.create_user(name, password=f"{name}-password", is_staff=True)
    Server.objects.filter(pk=shop.pk).update(tools=["refund"], per_minute=60)
    sightings.listed(server=identity(shop), names=["refund", "a\u202eb", "pay*"], at=now)
    absences.declare(person=carol, delegates={"data-owner": bob}, at=now)
    return {person.username: person for person in User.objects.all()}


def test_who_declares_an_absence_sees_who_is_asked_instead(visit, owned, shop):
    page = visit(owned["alice"], "/")
    page.locator(".who summary").click()
    page.get_by_role("link", name="Out of office").click()
    page.get_by_label("Until I say that I am back").check()
    page.get_by_label("or somebody else").fill("mallory")
    page.get_by_role("button", name="I am out of office").click()
    expect(page.get_by_text("whose yes counts as yours")).to_be_visible()
    asked = submit(shop, at=timezone.now()).action
    page.goto(f"/actions/{asked.pk}/")
    expect(page.locator(".margin")).to_contain_text("mallory")
    expect(page.locator(".margin")).to_contain_text("alice")
    page.get_by_role("button", name="I am back").click()
    expect(page.get_by_role("button", name="I am back")).to_have_count(0)
    assert Absence.objects.get(person=owned["alice"]).ends_at is not None


def test_a_member_is_added_by_two_admins(visit, owned):
    page = visit(owned["ada"], "/roles/payments-owner/")
    page.get_by_label("Give it to").fill("mallory")
    page.get_by_role("button", name="See what follows").last.click()
    expect(page.get_by_text("Another admin has to confirm it.")).to_be_visible()
    page.get_by_label("Why").fill("night shift")
    page.get_by_role("button", name="Propose it").click()
    expect(page.get_by_text("It waits for a second admin.")).to_be_visible()
    other = visit(owned["grace"], "/people/")
    other.get_by_role("navigation", name="Main").get_by_role("link", name="Changes 1").click()
    other.get_by_role("link", name="payments-owner").first.click()
    other.get_by_role("button", name="Confirm").click()
    expect(other.get_by_text("In effect")).to_be_visible()
    assert Membership.objects.filter(person=owned["mallory"], ends_at=None).exists()


def test_a_server_is_stopped_on_a_phone_without_scripts(visit, owned, shop):
    token = servers.issue_token(server=shop, at=timezone.now())
    page = visit(owned["ada"], "/", size=PHONE, scripts=False)
    page.get_by_role("link", name="Menu").click()
    page.get_by_role("link", name="Servers").click()
    page.get_by_role("link", name="shop", exact=True).click()
    page.get_by_role("link", name="Stop it…").click()
    page.get_by_role("button", name="Stop it now").click()
    expect(page.get_by_text("stopped since")).to_be_visible()
    with pytest.raises(servers.Unauthenticated):
        servers.authenticate_token(token)


def test_a_new_token_and_the_menu_of_an_admin_can_be_used_by_everybody(visit, owned, shop):
    page = visit(owned["ada"], "/people/#nav", size=PHONE)
    assert wrong(page) == []
    page.goto("/servers/shop/")
    page.get_by_role("button", name="New token…").click()
    expect(page.get_by_role("heading", name="A new token for shop")).to_be_visible()
    assert wrong(page) == []


def test_an_admins_navigation_fits_a_tablet(visit, owned, shop, busy):
    page = visit(owned["alice"], "/people/", size=TABLET)
    nav = page.get_by_role("navigation", name="Main")
    nav.locator("details.others > summary").click()  # what an admin has beside it is folded
    for name in ("Exceptions", "Log", "Boundaries", "Checkpoints", "People", "Servers", "Changes"):
        expect(nav.get_by_role("link", name=name)).to_be_visible()
    nav.locator("details.others > summary").click()
    for width in (1440, 1024, 1001, 1000, 800, 761):
        page.set_viewport_size({"width": width, "height": 768})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        boxes = [part.bounding_box() for part in page.locator(".top > :visible").all()]
        assert all(a["x"] + a["width"] <= b["x"] + 1 for a, b in itertools.pairwise(boxes)), (width, boxes)


@pytest.fixture
def busy(owned):
    """Alice is an admin with every duty, and everything waits for her."""
    now = timezone.now()
    User.objects.filter(username="alice").update(is_staff=True)
    owned["alice"].refresh_from_db()
    roles.give(role="data-owner", user=owned["alice"], at=now)
    findings.record([findings.Noted(code="secret", about=f"n{n}") for n in range(120)], at=now)
    for n in range(12):
        changes.propose(
            author=owned["ada"], about="role", subject=f"r{n}",
            proposed={"role": f"r{n}", "members": [{"person": "mallory"}]}, at=now,
        )  # fmt: skip
