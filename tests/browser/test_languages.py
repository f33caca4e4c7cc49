"""The console in another language, another zone, and from right to left."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts import preferences
from tests.asks import submit
from tests.house.test_words import CATALOGUES, read
from tests.publishing import publish

from .conftest import DESK
from .inspecting import SCRIPT

PLACE = re.compile(r"%\(\w+\)s|\{\w*\}")
#: Two that meet and neither holds the other: drawn over each other.
OVERLAPS = """() => {
  const kept = "main :is(a, button, input, select, summary, h1, h2, h3, .flag, .due, .sub, th, dt)";
  const drawn = [...document.querySelectorAll(kept)].filter((each) => each.checkVisibility() && !each.closest(
    ".decide, .hidden, .pick, .tour, [hidden], svg") && each.getClientRects().length);
  const found = [];
  for (const [at, one] of drawn.entries()) for (const other of drawn.slice(at + 1)) {
    if (one.contains(other) || other.contains(one)) continue;
    for (const a of one.getClientRects()) for (const b of other.getClientRects()) {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 3 && high > 3) found.push(`${one.outerHTML.slice(0, 80)} over ${other.outerHTML.slice(0, 80)}`);
    }
  }
  return found.slice(0, 5);
}"""


@pytest.fixture
def now():
    """The live console reads the real clock."""
    return timezone.now()


@pytest.fixture
def refund(transactional_db, now):
    return publish(
        checkpoint="shop/refund", kind="tool_call", pattern="refund", need=1, deadline_seconds=600,
        roles={"approval": "payments-owner"}, at=now,
    )  # fmt: skip


def ours() -> list[tuple[re.Pattern[str], bool]]:
    """Each English sentence that German says in other words; and whether it is too short to stand in another one."""
    found = []
    for entry in read(CATALOGUES[0]):
        said = {text for name, text in entry.items() if name.startswith("msgstr")}
        for name in ("msgid", "msgid_plural"):
            words = re.sub(r"<[^>]*>", "", entry.get(name, "")).strip()
            letters = re.findall(r"[A-Za-z]{2,}", PLACE.sub(" ", words))
            if entry.get(name) in said or not letters or (PLACE.search(words) and len(letters) < 3):
                continue
            pattern = ".{1,60}".join(map(re.escape, PLACE.split(words)))
            found.append((re.compile(rf"(?<!\w){pattern}(?!\w)"), len(letters) < 3))
    return found


def english(page, sentences) -> list[str]:
    """What a page still says in English."""
    text = page.locator("body").inner_text()
    lines = {line.strip() for line in text.splitlines()}
    hits = [
        found[0] for pattern, short in sentences if (found := pattern.search(text)) and (not short or found[0] in lines)
    ]
    return [hit for hit in hits if "\n" not in hit]


def test_person_chooses_german_and_approves_in_german(visit, refund, alice, bob, shop):
    sentences = ours()
    assert len(sentences) > 1000
    page = visit(None, "/", timezone_id="Asia/Tokyo")
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill("alice-password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Nothing waits for you")).to_be_visible()

    page.goto("/you/")
    expect(page.locator("#settings")).to_contain_text("JST for you")
    page.get_by_label("Language").select_option("de")
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("Ihre Auswahl ist gespeichert.")).to_be_visible()
    assert english(page, sentences) == []

    action = submit(shop, at=timezone.now()).action
    page.goto("/")
    expect(page).to_have_title("1 offen · Placet")
    row = page.locator(f"#row-{action.pk}")
    expect(row).to_contain_text("shop möchte refund ausführen, mit order A1, amount 4200")
    assert english(page, sentences) == []

    row.click()
    page.goto(f"/actions/{action.pk}/")
    expect(page.locator(".say")).to_contain_text("Ihr Ja wird für")
    asked = page.locator("main dd time").nth(1)
    assert re.fullmatch(r"\w\w, \d+\. \w+ \d{4}, \d\d:\d\d:\d\d CES?T", asked.get_attribute("title"))
    assert english(page, sentences) == []
    read_back = "import('placet/faithful').then((read) => read.bodyDigest(document.querySelector('[data-action]')))"
    assert page.evaluate(read_back) == action.dig

    page.get_by_role("button", name="Freigeben").click()
    expect(page.get_by_text("Ihr Ja ist verzeichnet.")).to_be_visible()
    assert english(page, sentences) == []
    action.refresh_from_db()
    assert action.state == "approved"


def test_long_words_break_no_page_on_a_phone(visit, refund, alice, bob, shop, now):
    preferences.keep(person=alice, language="de")
    action = submit(shop, at=now).action
    page = visit(alice, "/", size=(360, 740))
    page.evaluate(SCRIPT)
    for address in ("/", f"/actions/{action.pk}/", f"/actions/{action.pk}/?deny=1", "/you/", "/?view=decided"):
        page.goto(address)
        page.evaluate(SCRIPT)
        assert page.evaluate("inspecting.sideways()") == [], address
        assert page.evaluate(OVERLAPS) == [], address


@pytest.mark.parametrize("size", [DESK, (360, 740)], ids=["desk", "phone"])
def test_page_from_right_to_left_is_whole(visit, refund, alice, bob, shop, now, settings, size):
    settings.LANGUAGES = [*settings.LANGUAGES, ("ar", "العربية")]
    preferences.keep(person=alice, language="ar")
    action = submit(shop, at=now).action
    page = visit(alice, "/", size=size)
    assert page.locator("html").get_attribute("dir") == "rtl"
    for address in ("/", f"/actions/{action.pk}/"):
        page.goto(address)
        page.evaluate(SCRIPT)
        assert page.evaluate("inspecting.sideways()") == [], address
        assert page.evaluate(OVERLAPS) == [], address
