"""From a gap on the map to the form of the rule that closes it; and from what fell through to its resolution."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from approvals import findings
from approvals.findings import Noted
from approvals.models import Finding, Sighting
from tests.publishing import publish

from .conftest import PHONE

HELD = {"approval": "payments-owner", "logging": "data-owner", "exceptions": "data-owner"}
HOSTILE = "drop_\u202etable<script>alert(1)</script>" + "x" * 200


@pytest.fixture
def ada(transactional_db):
    return User.objects.create_user("ada", password="ada-password", is_staff=True)


@pytest.fixture
def mapped(transactional_db, shop, alice, carol):
    """Refunds with a gap, a name nobody maps, a hostile one, and an outcome that failed."""
    at = timezone.now()
    checkpoint = publish(checkpoint="shop/refund", pattern="refund", need=2, server=shop, roles=HELD, at=at).checkpoint
    for name in ("export_customers", HOSTILE):
        Sighting.objects.create(server=shop, kind="tool_call", name=name[:256], first_at=at)
    failed = {"code": "outcome_failed", "checkpoint_id": checkpoint.pk, "server_id": shop.pk, "kind": "tool_call"}
    findings.record([Noted(**failed, about="refund", detail=HOSTILE), Noted(**failed, about="payout")], at=at)


def test_a_gap_leads_to_a_form_that_is_filled_in(visit, mapped, ada):
    page = visit(ada, "/boundaries/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("1 has a gap")
    row = page.locator(".gaps > li", has_text="export_customers")
    row.get_by_role("link", name="Map it").click()
    expect(page.locator("[name=pattern]")).to_have_value("export_customers")
    page.go_back()
    row.get_by_role("button", name="Deny it").click()
    expect(page.get_by_role("status").filter(has_text="Denied from now on")).to_be_visible()
    expect(row).to_have_count(0)


def test_what_fell_through_is_resolved_without_a_script(visit, mapped, carol):
    page = visit(carol, "/exceptions/", size=PHONE, scripts=False)
    expect(page.get_by_role("heading", level=1)).to_contain_text("2 things fell through")
    row = page.locator(".fallen > li", has_text="payout")
    row.get_by_text("Resolve…").click()
    row.get_by_label("What was done about it").fill("Paid by hand.")
    button = row.get_by_role("button", name="Resolve")
    assert button.bounding_box()["height"] >= 43
    button.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("1 thing fell through")
    page.get_by_role("link", name="Resolved").click()
    expect(page.locator(".fallen")).to_contain_text("Paid by hand.")
    assert Finding.objects.get(about="payout").resolved_by == carol
