"""Every page in German: nothing that a page says was left in English, whoever reads it."""

import re
from functools import cache
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone, translation

from accounts.models import User
from tests.browser.furnishing import furnish

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


def seen(page: str) -> str:
    """What somebody reads or hears of a page: its text and the labels of its parts, without code."""
    whole = _UNSEEN.sub(" ", page)
    labels = re.findall(r'(?:aria-label|title|placeholder|data-said|data-of|data-label)="([^"]*)"', whole)
    return unescape(" ".join([re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "\n", whole)), *labels]))


@pytest.fixture
def pages(alice, bob, carol, shop):
    dana = User.objects.create_user("dana", email="dana@example.org")
    people = {"alice": alice, "bob": bob, "carol": carol, "dana": dana}
    return furnish(shop, people, at=timezone.now()), people


def test_no_page_says_anything_in_english_to_a_german_reader(pages):
    by_person, people = pages
    left, shown = [], 0
    for name, addresses in [*by_person.items(), ("bob", by_person["alice"])]:
        client = Client(headers={"accept-language": "de"})
        if name:
            client.force_login(people[name])
        for address in addresses:
            answer = client.get(address)
            if answer.status_code != 200 or "text/html" not in answer["Content-Type"]:
                continue
            text, shown = seen(answer.text), shown + 1
            assert '<html lang="de"' in answer.text, address
            left += [(address, piece) for piece in english() if piece in text]
    assert shown > 60
    assert left == []
