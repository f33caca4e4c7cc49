"""The subject's own pages in a real browser: by keyboard, on a phone, without scripts, in both themes."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from approvals.models import Answer
from tests.approvals import answering

from .conftest import PHONE
from .inspecting import wrong

HIDDEN = "a\u200bb\u202e<img src=x onerror=alert(1)>"
EVERYTHING = {
    "age": {"type": "integer", "title": "Age", "minimum": 1, "maximum": 120},
    "call": {"type": "string", "title": "Call me at", "format": "date-time", "default": "2026-12-01T10:00:00+02:00"},
    "color": {"type": "string", "title": "Colour", "enum": ["r", "g"], "enumNames": ["Red", "Green"], "default": "g"},
    "country": {"type": "string", "title": "Country", "enum": [f"Country {n}" for n in range(9)]},
    "day": {"type": "string", "title": "Day", "format": "date", "default": "2026-11-23"},
    "mail": {"type": "string", "title": "Mail", "format": "email"},
    "many": {"type": "array", "title": "Toppings", "items": {"enum": ["a", "b", HIDDEN]}, "minItems": 1},
    "news": {"type": "boolean", "title": "Newsletter", "default": True},
    "site": {"type": "string", "title": "Site", "format": "uri"},
    "story": {"type": "string", "title": HIDDEN, "description": HIDDEN, "maxLength": 4000, "pattern": "^(a+)+$"},
    "key": {"type": "string", "title": "Key"},
    "weight": {"type": "number", "title": "Weight", "default": 1.5},
}
WHOLE = {
    "message": f"Please say. {HIDDEN}",
    "requestedSchema": {"type": "object", "properties": EVERYTHING, "required": ["mail", "many"]},
}


@pytest.fixture
def dana(transactional_db, django_user_model):
    return django_user_model.objects.create_user("dana", email="dana@example.org", password="dana-password")


@pytest.fixture
def asks(transactional_db, shop, alice, dana):
    now = datetime.now(UTC)
    answering.checkpoints(at=now)

    def release(value, key="q"):
        action = answering.released(shop, alice, value, key=key, at=now)
        return reverse("answer", args=[action.pk])

    return release


def content() -> bytes:
    return bytes(Answer.objects.get().content)


def test_a_whole_form_is_filled_in_on_a_phone(visit, asks, dana):
    asks(answering.form(WHOLE))
    page = visit(dana, "/answers/", size=PHONE)
    page.get_by_role("link", name="asks you").tap()
    page.get_by_label("Mail").fill("dana@example.org")
    page.get_by_label("Age").fill("41")
    page.get_by_label("Country").select_option("Country 3")
    page.get_by_label("b", exact=True).check()
    page.get_by_role("button", name="Send my answers").tap()
    expect(page.get_by_role("status").get_by_text("Answered")).to_be_visible()
    said = content().decode()
    assert '"age":41' in said and '"country":"Country 3"' in said and '"many":["b"]' in said
    assert '"call":"2026-12-01T10:00:00+02:00"' in said and '"color":"g"' in said and '"day":"2026-11-23"' in said
    assert '"news":true' in said and '"weight":1.5' in said and '"key"' not in said and '"story"' not in said


def test_it_works_without_scripts_and_says_what_does_not_fit(visit, asks, dana):
    schema = {"type": "object", "properties": {"name": {"type": "string", "title": "Name", "minLength": 3}}}
    page = visit(dana, asks(answering.form({"message": "Who?", "requestedSchema": schema})), scripts=False)
    page.get_by_label("Name").fill("😀")
    page.locator("form[autocomplete]").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Send my answers").click()
    expect(page.get_by_role("alert")).to_contain_text("Some answers do not fit yet.")
    expect(page.locator(".wrong")).to_have_text("At least 3 characters are wanted; this has 1.")
    page.get_by_label("Name").fill("Dana")
    page.get_by_role("button", name="Send my answers").click()
    assert b'"name":"Dana"' in content()


def test_the_keyboard_alone_is_enough(visit, asks, dana):
    page = visit(dana, asks(answering.form()))
    page.get_by_label("Your name").focus()
    page.keyboard.type("Dana")
    page.keyboard.press("Tab")
    for name in ("Leave", "Decline", "Send my answers"):
        expect(page.get_by_role("button", name=name)).to_be_focused()
        page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".verdict[role=status]")).to_contain_text("Answered")
    assert b'"name":"Dana"' in content()


def test_a_form_can_be_declined_without_filling_it_in(visit, asks, dana):
    page = visit(dana, asks(answering.form()))
    page.get_by_role("button", name="Decline").click()
    expect(page.locator(".verdict[role=status]")).to_contain_text("Declined")
    assert Answer.objects.get().said == "decline"


def test_a_link_opens_in_a_tab_of_its_own_that_learns_nothing_of_this_one(visit, asks, dana):
    page = visit(dana, asks(answering.link()))
    asked = []

    def serve(route):
        asked.append(route.request)
        route.fulfill(body="")

    page.context.route("https://pay.bank.example/**", serve)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open it in a new tab").click()
    step = opened.value
    expect(step.get_by_role("heading", level=1)).to_contain_text("You are about to leave for bank.example")
    assert asked == [], "nobody went anywhere yet"
    assert wrong(step) == []
    step.get_by_role("button", name="Go to bank.example").click()
    step.wait_for_url("https://pay.bank.example/**")
    assert [request.url for request in asked][:1] == ["https://pay.bank.example/login?order=A1"]
    assert "referer" not in asked[0].headers and step.evaluate("window.opener") is None
    page.get_by_role("button", name="I have done it").click()
    expect(page.locator(".verdict[role=status]")).to_contain_text("Done")
    assert Answer.objects.get().content is None


def test_a_form_that_does_not_fit_yet_can_be_used_by_everybody(visit, asks, dana):
    page = visit(dana, asks(answering.form(WHOLE)))
    page.locator("form[autocomplete]").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Send my answers").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert wrong(page) == []
