"""Every page in German: nothing that a page says was left in English, whoever reads it."""

import json
import re
from functools import cache
from html import unescape
from pathlib import Path

import pytest
from django.template import Context, Template
from django.test import Client
from django.utils import timezone, translation
from placet import jws

from accounts.models import User
from approvals.api import problems
from approvals.errors import AlreadySettled
from approvals.forms import verdicts
from approvals.models import Entry, Receipt
from tests.asks import submit
from tests.browser.furnishing import furnish

from .browsing import action_page, decide, get

CATALOGUE = Path(__file__).resolve().parents[2] / "locale/de/LC_MESSAGES/django.po"
_STRINGS = r'((?:"(?:[^"\\]|\\.)*"\n?)+)'
_ENTRY = re.compile(rf"^msgid {_STRINGS}(?:msgid_plural {_STRINGS})?", re.MULTILINE)
_PLACES = re.compile(r"%\(\w+\)s|\{\w*\}|<[^>]*>")
_UNSEEN = re.compile(r"<(script|style|pre|textarea|code)\b.*?</\1>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
SHORTEST = 14  # letters of a piece of a sentence that is looked for: shorter ones stand in foreign text by chance

pytestmark = pytest.mark.django_db


@cache
def english() -> list[str]:
    """The longest piece without a place of every sentence that is said otherwise in German."""
    with translation.override("de"):
        said = [text for text in _sentences() if translation.gettext(text) != text]
    pieces = [max((piece.strip() for piece in _PLACES.split(text)), key=len, default="") for text in said]
    german = " ".join(map(str, _german()))
    return sorted({each for each in pieces if len(each) >= SHORTEST and " " in each and each not in german})


def _sentences() -> list[str]:
    found = _ENTRY.findall(CATALOGUE.read_text())
    return [_read(text) for pair in found for text in pair if text and _read(text)]


def _read(written: str) -> str:
    return "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', written)).replace('\\"', '"').replace("\\n", "\n")


def _german() -> list[str]:
    return [_read(text) for text in re.findall(rf"^msgstr(?:\[\d\])? {_STRINGS}", CATALOGUE.read_text(), re.MULTILINE)]


def seen(page: str) -> set[str]:
    """What somebody reads or hears of a page, line by line: its text and the labels of its parts, without code."""
    whole = _UNSEEN.sub(" ", page)
    labels = re.findall(r'(?:aria-label|title|placeholder|data-said|data-of|data-label)="([^"]*)"', whole)
    lines = re.sub(r"</?(?:p|li|td|th|h\d|div|section|dd|dt|label|option|button|small)\b[^>]*>", "\n", whole)
    lines = re.sub(r"<[^>]*>", " ", re.sub(r"[ \t]+", " ", lines)).split("\n")
    return {re.sub(r"\s+", " ", unescape(line)).strip() for line in [*lines, *labels]}


@pytest.fixture
def pages(alice, bob, carol, shop):
    dana = User.objects.create_user("dana", email="dana@example.org")
    people = {"alice": alice, "bob": bob, "carol": carol, "dana": dana}
    return furnish(shop, people, at=timezone.now()), people


def test_no_page_says_anything_in_english_to_a_german_reader(pages):
    by_person, people = pages
    lists = [address for address in by_person["alice"] if not address.startswith("/actions/")]
    said: dict[str, str] = {}
    for name, addresses in [*by_person.items(), ("bob", lists)]:
        client = Client(headers={"accept-language": "de"})
        if name:
            client.force_login(people[name])
        for address in addresses:
            answer = client.get(address)
            if answer.status_code == 200 and "text/html" in answer["Content-Type"]:
                assert '<html lang="de"' in answer.text, address
                said |= dict.fromkeys(seen(answer.text), address)
    whole = "\n".join(said)
    left = [piece for piece in english() if piece in whole]
    assert [(address, line) for line, address in said.items() if any(piece in line for piece in left)] == []
    assert len(set(said.values())) > 50


def test_who_denies_in_german_signs_what_everybody_can_read(asked, shop, alice):
    """The ready reason, its code, what was shown and each line of the ledger do not know the page's language."""
    told = []
    for language, action in (("de", asked), ("en", submit(shop, key="again", at=asked.created_at).action)):
        pages = {
            each: get(Client(headers={"accept-language": each}), alice, action_page(action)) for each in ("de", "en")
        }
        assert _seen(pages["de"]) == _seen(pages["en"])
        page, reason = pages[language].text, verdicts.REASONS["tool_call"][0]
        assert f'value="{reason}"' in page and ("die Werte stimmen nicht" in page) is (language == "de")
        client = Client(headers={"accept-language": language})
        assert decide(client, alice, action, "deny", reason=reason, note="2 statt 20").status_code == 302
        receipt = bytes(Receipt.objects.get(action=action).jws).split(b".")[1]
        lines = Entry.objects.filter(action=action).order_by("pk").values_list("event", "actor")
        told.append((_lasting(json.loads(jws.decode(receipt))), list(lines)))
    german, english = told
    assert german == english and german[0]["note"] == "the values are wrong: 2 statt 20"


def test_a_server_is_refused_in_english_and_a_page_says_the_same_in_german():
    refusal = AlreadySettled(state="denied")
    with translation.override("de"):
        answer, page = problems.of(refusal), Template("{{ refusal.message }}").render(Context({"refusal": refusal}))
    assert json.loads(answer.body)["detail"] == str(refusal) == "This action is denied already."
    assert page == "Dieser Vorgang ist schon abgelehnt."


def _seen(page) -> list[str]:
    return re.findall(r'name="seen" value="([^"]+)"', page.text)


def _lasting(claims):
    """Claims without what is of one receipt alone: its ids and its times."""
    if isinstance(claims, list):
        return [_lasting(each) for each in claims]
    alone = ("jti", "iat", "nbf", "exp", "rnd", "id", "shown")
    return {k: _lasting(v) for k, v in claims.items() if k not in alone} if isinstance(claims, dict) else claims
