"""Words half typed outlive a reload and a session that ended; they go when they were taken, and are nobody else's."""

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from approvals.models import Comment
from tests.asks import submit
from tests.publishing import publish

WORDS = "The slip is in the returns book"


@pytest.fixture
def asked(transactional_db, alice, bob, shop):
    now = timezone.now()
    publish(checkpoint="shop/refund", pattern="refund", deadline_seconds=600, at=now)
    return submit(shop, at=now).action


def typed(page, action):
    page.goto(reverse("action", args=[action.pk]))
    page.locator("#comment").fill(WORDS)


def test_words_outlive_a_reload_and_go_when_they_were_taken(visit, asked, alice):
    page = visit(alice, "/")
    typed(page, asked)
    page.reload()
    assert page.locator("#comment").input_value() == WORDS
    page.locator("#comments button").click()
    page.wait_for_url("**#comments")
    assert Comment.objects.get().text == WORDS and page.locator("#comment").input_value() == ""


def test_a_session_that_ends_in_the_middle_of_a_sentence_costs_nothing(visit, asked, alice):
    page = visit(alice, "/")
    typed(page, asked)
    page.context.clear_cookies(name="placet_session")
    page.locator("#comments button").click()
    page.wait_for_url("**/sign-in/**")
    page.fill("[name=login]", "alice")
    page.fill("[name=password]", "alice-password")
    page.locator("form button").first.click()
    page.wait_for_url(f"**{reverse('action', args=[asked.pk])}**")
    assert page.locator("#comment").input_value() == WORDS and not Comment.objects.exists()


def test_what_the_console_could_not_take_stays(visit, asked, alice, watch):
    """It had no database, or did not know the form any more."""
    page = visit(alice, "/")
    typed(page, asked)
    broken = render_to_string("500.html")
    page.route("**/comment/", lambda route: route.fulfill(status=500, content_type="text/html", body=broken))
    page.locator("#comments button").click()
    page.get_by_text("Something broke here").wait_for()
    page.unroute_all()
    page.goto(reverse("action", args=[asked.pk]))
    assert page.locator("#comment").input_value() == WORDS
    page.context.clear_cookies(name="placet_csrf")
    page.locator("#comments button").click()
    page.get_by_text("This form was too old").wait_for()
    page.goto(reverse("action", args=[asked.pk]))
    assert page.locator("#comment").input_value() == WORDS and not Comment.objects.exists()
    watch.wrong = [each for each in watch.wrong if "status of 500" not in each and "status of 403" not in each]


def test_whoever_signs_in_next_finds_no_words(visit, asked, alice, bob, client, console):
    page = visit(alice, "/")
    typed(page, asked)
    client.force_login(bob)
    session = client.cookies["placet_session"].value
    page.context.add_cookies([{"name": "placet_session", "value": session, "url": console, "httpOnly": True}])
    address = page.url
    page.goto("about:blank")  # the page may be loading itself anew, told that somebody else signed in
    page.goto(address)
    assert page.locator("#comment").input_value() == ""


def test_a_rule_half_written_comes_back_with_all_its_rows(visit, transactional_db, django_user_model):
    page = visit(
        django_user_model.objects.create_superuser("admin", password="admin-password"), reverse("checkpoint_new")
    )
    page.get_by_role("button", name="Another row").first.click()
    page.locator("[name=argument_1_name]").fill("amount")
    page.locator("[name=note]").fill(WORDS)
    page.context.clear_cookies(name="placet_session")
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url("**/sign-in/**")
    page.fill("[name=login]", "admin")
    page.fill("[name=password]", "admin-password")
    page.locator("form button").first.click()
    page.get_by_role("button", name="Put it back").click()
    page.wait_for_selector("[name=argument_1_name]")
    assert page.locator("[name=argument_1_name]").input_value() == "amount"
    assert page.locator("[name=note]").input_value() == WORDS
    page.goto(reverse("checkpoint_new"))
    page.get_by_role("button", name="Forget it").click()
    page.reload()
    assert not page.get_by_role("button", name="Put it back").count()
