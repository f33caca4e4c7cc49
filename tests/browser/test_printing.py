"""On paper there is nothing to press and nothing folded away; and the map has a picture for each width."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.asks import ask, submit
from tests.publishing import publish

from .conftest import PHONE

WATCHED = [{"at": "/order", "called": "order", "names": {"A1": "Two lamps"}}]


@pytest.fixture
def action(transactional_db, alice, shop):
    at = timezone.now()
    publish(checkpoint="shop/refund", pattern="refund", at=at, watch=WATCHED, consequence="Money leaves the account.")
    return submit(shop, ask(claims={"names": {"/amount": "half of it"}}, session="s-1"), at=at).action


def test_an_ask_is_printed_whole_with_whose_word_a_name_is(visit, action, alice):
    page = visit(alice, f"/actions/{action.pk}/")
    expect(page.locator(".named")).to_have_text("Two lamps, says the rule of shop/refund")
    expect(page.locator("td .claim")).to_have_text("shop says: half of it")
    expect(page.locator("#bar")).to_contain_text("Money leaves the account.")
    folded = page.locator(".claimed details > div").first
    expect(folded).to_be_hidden()
    page.emulate_media(media="print")
    for gone in (".top", "#bar", "#comment", "button"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(folded).to_be_visible()
    spelled = page.locator(".pairs a[href*='/sessions/']").evaluate("each => getComputedStyle(each, '::after').content")
    assert "/sessions/shop/?id=s-1" in spelled


def test_the_map_has_its_picture_at_each_size(visit, action, alice):
    for size, shown, other in (
        ((1440, 900), ".crossing.flat", ".crossing.tall"),
        (PHONE, ".crossing.tall", ".crossing.flat"),
    ):
        page = visit(alice, "/boundaries/", size=size)
        expect(page.locator(shown)).to_be_visible()
        expect(page.locator(other)).to_be_hidden()
        assert "shop: Tool call 1 in 30 days" in page.locator(shown).get_attribute("aria-label")
