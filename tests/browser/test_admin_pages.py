"""The admin in a real browser: the strict content policy reports nothing, and its scripts still work."""

import pytest
from playwright.sync_api import expect

from accounts.models import User

PAGES = [
    "/admin/", "/admin/accounts/user/", "/admin/accounts/user/add/", "/admin/accounts/role/",
    "/admin/accounts/server/", "/admin/approvals/policy/", "/admin/approvals/checkpoint/",
]  # fmt: skip


@pytest.fixture
def admin(console):
    return User.objects.create_superuser("admin", password="admin-password")


def test_admin_signs_in_at_the_one_page_and_nothing_is_reported(visit, admin, alice):
    page = visit(None, "/admin/")
    assert "/sign-in/" in page.url
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill("admin-password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Administration")).to_be_visible()
    for address in [*PAGES, f"/admin/accounts/user/{alice.pk}/change/"]:
        page.goto(address)
        expect(page.locator("#content")).to_be_visible()
