"""Handing an ask on: beside the list, on a phone, with and without scripts; the others see it by themselves."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts import absences
from approvals import handovers
from tests.asks import submit
from tests.publishing import publish

from .conftest import PHONE


@pytest.fixture
def asked(transactional_db, alice, bob, carol, shop):
    at = timezone.now().replace(microsecond=0)
    publish(
        checkpoint="shop/refund", pattern="refund", deadline_seconds=600, at=at,
        escalation=[{"after_seconds": 300, "role": "data-owner"}],
    )  # fmt: skip
    return submit(shop, at=at).action


def test_what_somebody_takes_over_the_others_see_in_their_list(visit, asked, alice, bob):
    page = visit(alice, "/")
    row = page.locator(f"#row-{asked.pk}")
    expect(row).to_be_visible()
    page.wait_for_timeout(300)  # the socket stands
    handovers.take_over(action_id=asked.pk, person=bob, at=timezone.now())
    expect(row).to_contain_text("bob took this over")
    row.click()
    pane = page.locator("#pane")
    pane.get_by_text("Hand it on, or escalate").click()
    pane.get_by_label("Why").fill("mine after all")
    pane.get_by_role("button", name="I take this").click()
    expect(pane).to_contain_text("You look after this now.")
    expect(row).to_contain_text("alice took this over")


@pytest.mark.parametrize("scripts", [True, False])
def test_on_a_phone_it_is_handed_over_and_leaves_the_list(visit, asked, alice, bob, scripts):
    page = visit(alice, f"/actions/{asked.pk}/", size=PHONE, theme="dark", scripts=scripts)
    page.get_by_text("Hand it on, or escalate").click()
    page.get_by_label("Hand to").select_option("bob")
    page.get_by_role("button", name="Hand over").click()
    expect(page.locator("main")).to_contain_text("Handed to bob.")
    page.goto("/")
    expect(page.locator("main")).to_contain_text("Nothing waits for you.")


def test_whom_it_is_escalated_to_finds_it_at_once_and_who_stands_in_says_for_whom(visit, asked, alice, carol, mallory):
    absences.declare(person=carol, delegates={"data-owner": mallory}, at=timezone.now())
    page = visit(mallory, "/")
    expect(page.locator("main")).to_contain_text("You hold no duty yet")
    page.wait_for_timeout(300)
    handovers.escalate(action_id=asked.pk, person=alice, at=timezone.now())
    page.locator(f"#row-{asked.pk}").click()
    pane = page.locator("#pane")
    expect(pane).to_contain_text("Your yes for carol, who is away, is signed for")
    pane.get_by_role("button", name="Approve").click()
    expect(pane).to_contain_text("Your yes is recorded.")
    expect(pane.locator("#live-ballots")).to_contain_text("mallory, you for carol")
