"""A rule from its first word to the second admin’s yes, as people write it: refused, mended, tried and proposed."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts import roles
from accounts.models import User
from approvals.models import Policy
from tests.asks import ask, submit
from tests.publishing import publish

from .conftest import PHONE
from .inspecting import wrong


@pytest.fixture
def ann(transactional_db):
    return User.objects.create_user("ann", password="ann-password", is_staff=True)


@pytest.fixture
def ben(transactional_db):
    return User.objects.create_user("ben", password="ben-password", is_staff=True)


def test_a_rule_is_refused_mended_proposed_and_confirmed_by_a_second_admin(visit, ann, ben, alice, bob, shop):
    page = visit(ann, "/checkpoints/")
    page.get_by_role("link", name="New checkpoint").click()
    page.get_by_label("Name", exact=True).fill("shop/big refunds")
    page.get_by_label("Name or pattern").fill("refund")
    for field, value in (("name", "amount"), ("value", "1000")):
        page.locator(f"#id_argument_0_{field}").fill(value)
    page.locator("#id_argument_0_form").select_option("over")
    page.locator("#id_need_0_count").fill("3")
    page.locator("#id_need_0_role").fill("payments-owner")
    page.get_by_text("For experts").click()
    page.get_by_label("Condition").fill('signals.env == "prod" &&')
    side = page.locator("#side")
    page.get_by_role("button", name="Check", exact=True).click()
    expect(side).to_contain_text("Line 1, column 25: The condition ends too early.")
    side.get_by_role("link", name="Condition").click()
    expect(page.get_by_label("Condition")).to_be_focused()
    page.get_by_label("Condition").fill("")
    page.get_by_role("button", name="Propose").click()
    expect(page.locator("#id_need_0_role_error")).to_contain_text("needs 3 distinct people of payments-owner, it has 2")
    assert wrong(page) == []

    page.locator("#id_need_0_count").fill("2")
    page.get_by_label("Why").fill("Large refunds need two.")
    expect(side).to_contain_text("It can hold.")  # read back while it is typed
    expect(side).to_contain_text("with amount over 1000, 2 people of payments-owner must say yes within 1 h")
    page.get_by_role("button", name="Propose").click()
    expect(page.locator("main")).to_contain_text("Your own change cannot be confirmed by you. ben can.")

    other = visit(ben, page.url)
    expect(other.locator("main")).to_contain_text("Large refunds need two.")
    other.get_by_role("button", name="Confirm").click()
    expect(other.locator(".verdict")).to_contain_text("In effect")
    other.get_by_role("link", name="The checkpoint").click()
    expect(other.locator("h1")).to_contain_text("When any server wants to run refund with amount over 1000")
    assert Policy.objects.get().confirmed_by == ben


def test_without_scripts_an_edit_is_checked_and_its_difference_is_a_revision(visit, ann, alice, bob, shop):
    place = publish(checkpoint="shop/refund", pattern="refund", at=timezone.now()).checkpoint
    submit(shop, ask(signals={"env": "prod"}), at=timezone.now())
    roles.give(role="payments-owner", user=ann, at=timezone.now())  # only owners see what was asked
    page = visit(ann, reverse("checkpoint_edit", args=[place.pk]), size=PHONE, scripts=False)
    page.locator("#id_need_0_count").fill("2")
    page.get_by_text("An example, checked with the rule").click()
    page.get_by_role("button", name="Fill in the last ask seen").click()
    expect(page.locator("#id_trial_params")).to_have_value('{\n "amount": 4200,\n "order": "A1"\n}')
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator("#side")).to_contain_text("The rule is about this ask.")
    page.get_by_role("button", name="Publish").click()
    page.goto(reverse("checkpoint", args=[place.pk]))
    expect(page.locator("#r2")).to_contain_text("2 people of payments-owner must say yes")
    expect(page.locator("#r2")).to_contain_text("by ann, acted alone")
