"""Trying before trusting, in a real browser: an ask followed, a draft on the record, a grant looked at and given."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from approvals import reviews, simulating
from approvals.models import Grant, Simulation
from tests.approvals.trying.granting import call, rules
from tests.asks import submit

from .conftest import PHONE
from .inspecting import wrong


@pytest.fixture
def recorded(transactional_db, alice, bob, shop):
    """Refunds at a checkpoint that allows grants: some approved, one denied by alice."""
    now = timezone.now()
    rules(now - timedelta(days=2))
    made = []
    for n in range(1, 6):
        at = now - timedelta(hours=n)
        action = submit(shop, call(order="A1", amount=100 * n), key=f"r{n}", at=at).action
        verdict = "deny" if n == 3 else "approve"
        reviews.record(action_id=action.pk, reviewer=alice, verdict=verdict, note="too soon", at=at)
        made.append(action)
    return made


@pytest.fixture
def admin(transactional_db, alice):
    alice.is_staff = True
    alice.save()
    return alice


@pytest.mark.parametrize("scripts", [True, False])
def test_a_grant_is_looked_at_and_given(visit, recorded, admin, scripts):
    page = visit(admin, reverse("action", args=[recorded[0].pk]), scripts=scripts)
    page.get_by_role("link", name="Approve similar").first.click()
    page.get_by_label("How far amount may go").select_option("most")
    page.get_by_label("amount at most").fill("450")
    if scripts:
        page.get_by_label("Uses in all").focus()
    else:
        page.get_by_role("button", name="Look back again").click()
    page.get_by_text("4 of the last 5").wait_for()
    assert page.get_by_text("1 of which you denied").is_visible()
    assert not Grant.objects.exists()
    page.get_by_role("button", name="Give this grant").click()
    page.get_by_text("The grant is given and signed.").wait_for()
    page.get_by_role("button", name="Revoke").click()
    page.get_by_text("The grant is revoked.").wait_for()


def test_a_draft_is_counted_while_its_author_watches(visit, recorded, admin):
    page = visit(admin, "/simulations/?checkpoint=shop/refund")
    page.get_by_role("button", name="Simulate").click()
    page.get_by_text("It begins within a few seconds").wait_for()
    simulating.run(simulation_id=Simulation.objects.get().pk, clock=timezone.now)
    page.get_by_text("None of 5 asks would have ended otherwise").wait_for()


def test_an_ask_is_followed_on_a_phone(visit, recorded, admin):
    page = visit(admin, "/try/", size=PHONE)
    page.get_by_label("Sent by").select_option("shop")
    page.get_by_label("The ask, as a server sends it").fill(json.dumps(call(order="A1", amount=7)))
    page.get_by_role("button", name="Who would get it?").click()
    page.get_by_role("heading", name="alice and bob would be asked").wait_for()
    assert wrong(page) == []
