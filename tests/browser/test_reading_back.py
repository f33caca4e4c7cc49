"""The browser reads back from a page what the server stored, and nothing that is not to be seen."""

import json
import unicodedata

import pytest
from django.urls import reverse
from django.utils import timezone
from placet import canonical

from approvals.queries.inbox import value_of
from tests.asks import submit
from tests.publishing import publish

from . import corpus
from .test_hostile_text import BORN

READ = """async () => {
  const { unrender, kindOf } = await import('placet/faithful');
  return [kindOf(document), JSON.stringify(unrender(document))];
}"""
DIGEST = "async () => (await import('placet/faithful')).bodyDigest(document)"
WRONG = """async () => {
  const { unrender } = await import('placet/faithful');
  try { unrender(document); return ''; } catch (error) { return error.message; }
}"""


def read(page):
    kind, text = page.evaluate(READ)
    return kind, json.loads(text)


@pytest.fixture
def asked(transactional_db, alice, bob, shop):
    now = timezone.now()
    for kind in ("tool_call", "sampling", "elicitation_form", "elicitation_url"):
        publish(
            checkpoint=f"shop/{kind}", kind=kind, pattern="*", need=1, deadline_seconds=600,
            roles={"approval": "payments-owner"}, at=now,
        )  # fmt: skip
    return [submit(shop, value, key=f"r{n}", at=now).action for n, value in enumerate([*corpus.asks(), *corpus.deep()])]


def test_what_the_page_shows_is_what_was_stored(visit, asked, alice):
    page = visit(alice, "/")
    for action in asked:
        for more in ("", "&as=bytes")[: 2 if action == asked[0] else 1]:
            page.goto(reverse("action", args=[action.pk]) + "?open=*" + more)
            kind, value = read(page)
            assert value == value_of(action.body)
            assert canonical.digest(kind, value) == action.dig, (action.kind, more)


def test_the_pane_of_the_list_reads_back_too(visit, asked, alice):
    page = visit(alice, f"/?action={asked[1].pk}&open=*")
    kind, value = read(page)
    assert canonical.digest(kind, value) == asked[1].dig == page.evaluate(DIGEST)


def test_nothing_is_read_that_is_shut_or_out_of_sight(visit, asked, alice):
    page = visit(alice, reverse("action", args=[asked[6].pk]))
    assert page.evaluate(WRONG) == "not all of it is open"
    page.goto(reverse("action", args=[asked[0].pk]) + "?open=*")
    assert page.evaluate(WRONG) == ""
    page.evaluate("document.querySelector('[data-leaf]').hidden = true")
    assert page.evaluate(WRONG) == "something of it is on the page, but not to be seen"


def test_a_page_that_was_tampered_with_no_longer_reads_as_what_was_stored(visit, asked, alice):
    page = visit(alice, reverse("action", args=[asked[0].pk]) + "?open=*")
    page.evaluate("document.querySelector('[data-row] [data-leaf] bdi').append('0')")
    kind, value = read(page)
    assert canonical.digest(kind, value) != asked[0].dig
    assert value != value_of(asked[0].body)


def test_public_lists_of_naughty_texts_run_nothing_and_hide_nothing(visit, asked, alice, shop):
    """`visit` watches: no dialog, no error, no request to anywhere else."""
    (value,) = corpus.public()
    action = submit(shop, value, key="public", at=timezone.now()).action
    page = visit(alice, reverse("action", args=[action.pk]) + "?open=*")
    assert page.locator(BORN).count() == 0
    assert page.evaluate(DIGEST) == action.dig
    shown = page.locator("main").inner_text()
    odd = {letter for letter in shown if unicodedata.category(letter) in ("Cf", "Co", "Cn", "Zl", "Zp")}
    assert odd <= {"\u200d"}  # in emoji, whose chips name each sign
    for address in (reverse("action", args=[action.pk]) + "?open=*&as=bytes", "/", "/?view=decided"):
        page.goto(address)
        assert page.locator(BORN).count() == 0
