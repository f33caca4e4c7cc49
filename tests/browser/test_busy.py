"""What takes more than a second says so, and what does not says nothing."""

import time

import pytest

NOTED = """() => new MutationObserver(() => {
  if (document.getElementById("busy")) sessionStorage.busy = "said";
}).observe(document.body, {childList: true})"""


@pytest.mark.parametrize(("seconds", "said"), [(0, None), (1.6, "said")])
def test_a_page_that_is_long_in_coming_is_announced(transactional_db, visit, alice, seconds, said):
    page = visit(alice)
    page.route("**/you/", lambda route: (time.sleep(seconds), route.continue_()))
    page.evaluate(NOTED)
    page.locator(".top summary", has_text="alice").click()
    page.get_by_role("link", name="You", exact=True).first.click()
    page.wait_for_url("**/you/")
    assert page.evaluate("sessionStorage.busy ?? null") == said
