"""The whole way by keys alone, as with a screen reader: the focus is always somewhere, and where one would look."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Error, expect

from approvals import reviews
from approvals.models import Action, Edit, Review
from tests.approvals.editing import editable
from tests.asks import ask, submit

HERE = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return "nowhere";
  return `${at.tagName} ${at.className} ${at.getAttribute("aria-label") ?? at.labels?.[0]?.innerText ?? at.innerText}`;
}"""


@pytest.fixture
def asked(transactional_db, alice, bob, shop):
    """Three refunds to decide, with a lot to read; of each, the amount may be changed."""
    now = timezone.now()
    editable(edit=["/amount"], deadline_seconds=3600, at=now)
    value = ask()
    value["mcp"]["params"]["arguments"]["log"] = "line\n" * 300
    return [submit(shop, value, key=f"k{n}", at=now).action for n in range(3)]


class Keys:
    """A person who presses keys, and asks after each where they are."""

    def __init__(self, page) -> None:
        self.page = page

    def press(self, *keys: str) -> str:
        for key in keys:
            self.page.keyboard.press(key)
        return self.here()

    def here(self) -> str:
        try:
            return self.page.evaluate(HERE)
        except Error:
            return "on the way to another page"

    def to(self, words: str, *, back: bool = False) -> None:
        """Press Tab until the focus is on what is called so."""
        for _ in range(90):
            if re.search(words, self.press("Shift+Tab" if back else "Tab")):
                return
        raise AssertionError(f"no Tab leads to {words}")

    def lands(self, words: str) -> None:
        """The focus goes there by itself."""
        self.until(lambda: words in self.here(), words)

    def until(self, so, what: str) -> None:
        """Look again for three seconds; the content policy lets no page wait for a script of ours."""
        for _ in range(60):
            if so():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"never {what}, but {self.here()}")


def test_from_the_way_in_to_three_decisions_and_nothing_is_lost_on_the_way(visit, asked, alice, bob):
    page = visit(None, "/")
    keys = Keys(page)
    _signs_in(keys)
    _reads_and_looks_at_the_reasons(keys)
    shown = page.locator("#pane [data-action]").get_attribute("data-action")
    _hears_what_somebody_else_writes(keys, lambda text: _comment(shown, bob, text))
    keys.press("d", "ArrowDown", "Enter")
    keys.lands("Your no is recorded")
    assert Review.objects.get().note == "this was not agreed"
    _goes_on(keys, left=2)
    assert "Approve" in keys.press("a")
    keys.press("Enter")
    keys.lands("Your yes is recorded")
    _goes_on(keys, left=1)
    _edits_and_signs(keys)
    assert sorted(Action.objects.values_list("state", flat=True)) == ["approved", "approved", "denied"]
    assert Edit.objects.get().editor == alice
    keys.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert keys.press("Escape") != "nowhere"


def _signs_in(keys: Keys) -> None:
    keys.to("Username")
    keys.page.keyboard.type("alice")
    keys.press("Tab")
    keys.page.keyboard.type("alice-password")
    keys.press("Enter")
    expect(keys.page.locator("#pane [data-action]")).to_be_visible()
    assert "Skip to content" in keys.press("Tab")
    keys.press("Enter")


def _reads_and_looks_at_the_reasons(keys: Keys) -> None:
    keys.press("j", "k", "Enter")  # down, and up to the first again
    keys.lands("sentence")
    keys.press("PageDown")
    keys.until(lambda: keys.page.evaluate("document.getElementById('pane').scrollTop > 100"), "scrolled")
    assert "INPUT" in keys.press("d")
    assert "Deny" in keys.press("Escape")
    assert "row" in keys.press("Escape"), "back to its row"
    keys.press("Enter")
    keys.lands("sentence")


def _hears_what_somebody_else_writes(keys: Keys, write) -> None:
    """It is said once, and the focus stays."""
    keys.to("Deny…")
    keys.page.wait_for_timeout(300)  # the socket stands
    write("Looks odd to me.")
    expect(keys.page.locator("#said")).to_contain_text("Looks odd to me.")
    assert "Deny…" in keys.page.evaluate(HERE)


def _comment(action, person, text):
    reviews.comment(action_id=action, author=person, text=text, at=timezone.now())


def _goes_on(keys: Keys, *, left: int) -> None:
    keys.to(f"Next: {left}")
    keys.press("Enter")
    keys.lands("sentence")


def _edits_and_signs(keys: Keys) -> None:
    keys.press("e")
    expect(keys.page.get_by_role("heading", name="Edit, then approve")).to_be_visible()
    keys.to("amount")
    keys.press("ControlOrMeta+a")
    keys.page.keyboard.type("40")
    keys.to("See the difference")
    keys.press("Enter")
    expect(keys.page.get_by_role("button", name="Sign and approve")).to_be_visible()
    keys.to("Sign and approve")
    keys.press("Enter")
    keys.lands("Your yes is recorded")
