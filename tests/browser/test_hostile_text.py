"""Text that a server wrote stays text, wherever it is shown."""

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.asks import submit
from tests.publishing import publish

from . import corpus

BORN = ".born, iframe, main img, main object, main a[href^='javascript'], main [onerror], main [onload], main [onclick]"


@pytest.fixture
def hostile(transactional_db, alice, bob, shop):
    now = timezone.now()
    for kind in ("tool_call", "sampling", "elicitation_form", "elicitation_url"):
        publish(
            checkpoint=f"shop/{kind}", kind=kind, pattern="*", need=1, deadline_seconds=600,
            roles={"approval": "payments-owner"}, at=now,
        )  # fmt: skip
    return [submit(shop, value, key=f"h{n}", at=now).action for n, value in enumerate(corpus.asks())]


def test_no_script_runs_and_no_element_is_born_of_a_payload(visit, hostile, alice):
    page = visit(alice, "/")
    addresses = ["/", "/?q=" + "%3Cb+class%3Dborn%3E", "/?view=decided"]
    for action in hostile:
        here = reverse("action", args=[action.pk])
        addresses += [here, f"{here}?open=*", f"{here}?as=bytes", f"{here}?deny=1", f"/?action={action.pk}"]
    for address in addresses:
        page.goto(address)
        assert page.locator(BORN).count() == 0, address
        assert page.locator("main").count() == 1


def test_characters_that_reorder_or_hide_never_reach_the_page(visit, hostile, alice):
    page = visit(alice, "/")
    for action in hostile:
        page.goto(reverse("action", args=[action.pk]) + "?open=*")
        shown = page.content()
        assert not set("\u202e\u202c\u2066\u2069\u200f\u200b\ufeff\x1b\x7f\u2028\u3164\u2800") & set(shown)
        assert not any("\U000e0000" <= letter <= "\U000e007f" for letter in shown)


def test_a_hostile_note_by_a_reviewer_stays_text(visit, hostile, alice, bob):
    page = visit(alice, reverse("action", args=[hostile[0].pk]) + "?open=*")
    words = corpus.ALL.replace("\0", "")  # the form refuses that one by name
    page.get_by_label("Comment").fill(words[:1_900])
    page.get_by_role("button", name="Comment").click()
    page.locator("#live-comments li").wait_for()
    page.keyboard.press("d")
    page.get_by_label("Note, sent to the server").fill(words[:400])
    page.get_by_role("button", name="Deny with this reason").click()
    page.get_by_text("Your no is recorded.").wait_for()
    assert page.locator(BORN).count() == 0
    page.goto("/?view=decided")
    assert page.locator(BORN).count() == 0
