"""From the ask to the receipt, as people do it: with a mouse, a thumb, the keyboard alone, or without scripts."""

import time
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from approvals import consumers, reviews
from approvals.models import Review
from tests.asks import ask, submit
from tests.publishing import publish

from .conftest import PHONE


@pytest.fixture
def now():
    """The live console reads the real clock."""
    return timezone.now()


@pytest.fixture
def refund(transactional_db, now):
    return _checkpoint("refund", need=1, at=now)


@pytest.fixture
def payout(transactional_db, now):
    return _checkpoint("payout", need=2, at=now)


def test_alice_sees_an_ask_arrive_and_approves_it(visit, console, refund, alice, bob, shop):
    page = visit(None, "/")
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill("alice-password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    page.wait_for_timeout(300)  # the socket stands

    action = submit(shop, at=timezone.now()).action
    row = page.locator(f"#row-{action.pk}")
    expect(row).to_contain_text("shop wants to run refund with order A1, amount 4200")
    expect(page).to_have_title("1 waiting · Placet")

    row.click()
    pane = page.locator("#pane")
    expect(pane.get_by_role("heading", level=2, name="shop wants to run refund")).to_be_visible()
    expect(page).to_have_url(f"{console}/?action={action.pk}")
    pane.get_by_role("button", name="Approve").click()
    expect(pane).to_contain_text("Your yes is recorded.")
    expect(pane.locator("#jws")).to_contain_text("eyJ")
    expect(row).to_contain_text("Approved by alice")
    action.refresh_from_db()
    assert action.state == "approved"


def test_denying_on_a_phone_takes_three_taps_and_no_sideways_scroll(visit, refund, alice, bob, shop, now):
    action = submit(shop, at=now).action
    page = visit(alice, "/", size=PHONE)
    page.locator(f"#row-{action.pk}").tap()
    page.get_by_role("link", name="Deny").tap()
    expect(page.get_by_role("button", name="Approve")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    page.get_by_role("button", name="Deny with this reason").tap()
    expect(page.locator("main")).to_contain_text("Your no is recorded.")
    assert Review.objects.get().note == "the values are wrong"


def test_everything_works_without_scripts(visit, console, refund, alice, bob, shop, now):
    mcp = {"method": "tools/call", "params": {"name": "refund", "arguments": {"order": "A1", "log": "line\n" * 2_000}}}
    action = submit(shop, ask(mcp=mcp), at=now).action
    page = visit(None, "/", scripts=False)
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill("alice-password")
    page.get_by_role("button", name="Sign in").click()
    page.locator(f"#row-{action.pk}").click()
    expect(page).to_have_url(f"{console}{reverse('action', args=[action.pk])}")
    expect(page.get_by_role("button", name="Approve")).to_be_disabled()
    page.get_by_role("link", name="Open and read").click()
    page.get_by_text("Add a note").click()
    page.get_by_label("Note for the other owners").fill("Read to the end.")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("main")).to_contain_text("Your yes is recorded.")
    page.get_by_label("Comment").fill("Done.")
    page.get_by_role("button", name="Comment").click()
    expect(page.locator("#comments")).to_contain_text("Done.")
    assert Review.objects.get().note == "Read to the end."


def test_the_keyboard_alone_approves(visit, refund, alice, bob, shop, now):
    first, second = (submit(shop, key=f"k{n}", at=now + timedelta(seconds=n)).action for n in (1, 2))
    page = visit(alice, "/")
    pane = page.locator("#pane")
    expect(pane.locator("[data-action]")).to_have_attribute("data-action", str(first.pk))
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(pane.locator("[data-action]")).to_have_attribute("data-action", str(second.pk))
    page.keyboard.press("a")
    expect(pane.get_by_role("button", name="Approve")).to_be_focused()
    assert not Review.objects.exists()
    page.keyboard.press("Enter")
    expect(pane).to_contain_text("Your yes is recorded.")
    second.refresh_from_db()
    first.refresh_from_db()
    assert (first.state, second.state) == ("pending", "approved")


def test_keys_pressed_before_the_chosen_action_is_there_decide_nothing(visit, refund, alice, bob, shop, now):
    first, _ = (submit(shop, key=f"k{n}", at=now + timedelta(seconds=n)).action for n in (1, 2))
    page = visit(alice, "/")
    pane = page.locator("#pane")
    expect(pane.locator("[data-action]")).to_have_attribute("data-action", str(first.pk))
    page.route("**/actions/**", lambda route: None)  # an answer that never comes
    page.keyboard.press("j")
    page.keyboard.press("j")
    for key in ("a", "Enter", "d", "Enter"):
        page.keyboard.press(key)
    expect(pane.locator("[data-action]")).to_have_attribute("data-action", str(first.pk))
    expect(pane.get_by_role("button", name="Approve")).to_be_visible()
    assert not Review.objects.exists()


def test_an_answer_that_comes_too_late_is_not_shown(visit, refund, alice, bob, shop, now):
    first, second, third = (submit(shop, key=f"k{n}", at=now + timedelta(seconds=n)).action for n in (1, 2, 3))
    page = visit(alice, "/")
    pane = page.locator("#pane")
    expect(pane.locator("[data-action]")).to_have_attribute("data-action", str(first.pk))
    page.route(f"**/actions/{second.pk}*", lambda route: (time.sleep(0.5), route.continue_()))
    page.locator(f"#row-{second.pk}").click()
    page.locator(f"#row-{third.pk}").click()
    expect(pane.locator("[data-action]")).to_have_attribute("data-action", str(third.pk))
    page.wait_for_timeout(700)
    expect(pane.locator("[data-action]")).to_have_attribute("data-action", str(third.pk))


def test_the_keyboard_alone_denies_with_a_reason(visit, refund, alice, bob, shop, now):
    action = submit(shop, at=now).action
    page = visit(alice, reverse("action", args=[action.pk]))
    page.keyboard.press("d")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Your no is recorded.")
    assert Review.objects.get().note == "this was not agreed"


def test_escape_takes_the_reasons_back(visit, refund, alice, bob, shop, now):
    action = submit(shop, at=now).action
    page = visit(alice, reverse("action", args=[action.pk]))
    page.keyboard.press("d")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Approve")).to_be_enabled()
    expect(page.get_by_role("button", name="Deny with this reason")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def test_the_second_reviewer_is_told_in_place(visit, refund, alice, bob, shop, now):
    action = submit(shop, at=now).action
    page = visit(alice, reverse("action", args=[action.pk]))
    page.wait_for_timeout(300)
    reviews.record(action_id=action.pk, reviewer=bob, verdict="deny", note="wrong environment", at=timezone.now())
    expect(page.locator("#bar")).to_contain_text("Denied by bob")
    expect(page.locator("#bar")).to_contain_text("wrong environment")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    expect(page.locator("#live-ballots")).to_contain_text("bob")


def test_words_being_typed_survive_what_others_do(visit, payout, alice, bob, shop, now):
    action = submit(shop, ask(tool="payout"), at=now).action
    page = visit(alice, reverse("action", args=[action.pk]))
    page.wait_for_timeout(300)
    page.keyboard.press("d")
    page.get_by_label("Note, sent to the server").fill("The slip says")
    reviews.comment(action_id=action.pk, author=bob, text="Looks odd to me.", at=timezone.now())
    reviews.record(action_id=action.pk, reviewer=bob, verdict="approve", at=timezone.now())
    expect(page.locator("#live-comments")).to_contain_text("Looks odd to me.")
    expect(page.locator("#live-tally")).to_contain_text("1 of 2")
    expect(page.get_by_label("Note, sent to the server")).to_have_value("The slip says")


def test_signing_out_elsewhere_closes_the_page(visit, refund, alice, bob, shop, now, monkeypatch):
    monkeypatch.setattr(consumers, "RECHECK", 0.2)
    action = submit(shop, at=now).action
    page = visit(alice, reverse("action", args=[action.pk]))
    page.wait_for_timeout(300)
    alice.set_password("another-password")
    alice.save()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    expect(page.locator("main")).to_be_hidden()
    page.get_by_role("link", name="Sign in and come back").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_pane_follows_the_address(visit, refund, alice, bob, shop, now):
    actions = [submit(shop, key=f"k{n}", at=now).action for n in range(3)]
    page = visit(alice, "/")
    page.locator(f"#row-{actions[2].pk}").click()
    expect(page.locator("#pane [data-action]")).to_have_attribute("data-action", str(actions[2].pk))
    page.reload()
    expect(page.locator("#pane [data-action]")).to_have_attribute("data-action", str(actions[2].pk))
    expect(page.locator(f"#row-{actions[2].pk}")).to_have_attribute("aria-current", "true")


def _checkpoint(tool, *, need, at):
    return publish(
        checkpoint=f"shop/{tool}", kind="tool_call", pattern=tool, need=need, deadline_seconds=600,
        roles={"approval": "payments-owner"}, at=at,
    )  # fmt: skip
