"""The console as something installed: what its worker keeps, what it says offline, how another release takes over."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from config import shell
from tests.asks import submit
from tests.publishing import publish

from .conftest import PHONE

KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys())
      found.push([name, request.url.replace(location.origin, "")]);
  return found;
}"""
TEXTS = """async () => {
  const texts = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) texts.push(await (await cache.match(request)).text());
  }
  return texts.join("\\n");
}"""
LEFT = "[...Object.keys(localStorage), ...Object.keys(sessionStorage)].join(' ')"
STANDS = """() => new Promise((done) => {
  if (navigator.serviceWorker.controller) done(true);
  navigator.serviceWorker.addEventListener("controllerchange", () => done(true));
  setTimeout(() => done(false), 3000);
})"""
ANOTHER = """async (before) => {
  for (let tries = 0; tries < 80; tries++) {
    const names = await caches.keys();
    if (names.length === 1 && names[0] !== before) return true;
    await new Promise((done) => setTimeout(done, 50));
  }
  return false;
}"""


def _stands(page) -> None:
    """A page that was on its way while the worker took over is nobody's until the next."""
    for _ in range(3):
        if page.evaluate(STANDS):
            return
        page.reload()
    raise AssertionError("no worker took over")


@pytest.fixture
def action(transactional_db, alice, bob, shop):
    now = timezone.now()
    publish(checkpoint="shop/refund", pattern="refund", deadline_seconds=600, at=now)
    return submit(shop, at=now).action


def test_only_the_shell_is_kept_and_nothing_is_left_after_signing_out(visit, watch, console, action, alice, bob):
    page = visit(None, "/", size=PHONE, installed=True)
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill("alice-password")
    page.get_by_role("button", name="Sign in").tap()
    expect(page.locator(f"#row-{action.pk}")).to_be_visible()
    _stands(page)
    page.locator(f"#row-{action.pk}").tap()
    page.get_by_label("Comment", exact=True).fill("The slip is in the returns book.")
    page.get_by_role("button", name="Approve", exact=True).tap()
    expect(page.locator("main")).to_contain_text("Your yes is recorded.")
    page.goto("/?view=decided")
    kept, texts = page.evaluate(KEPT), page.evaluate(TEXTS)
    assert len({name for name, _ in kept}) == 1
    assert {path for _, path in kept} == {*shell.files(), "/offline/", "/offline/?sent"}
    for personal in ("alice", "refund", "A1", str(action.pk), "csrf", "eyJ", "returns book"):
        assert personal not in texts.replace("csrfmiddlewaretoken", "").replace("placet_csrf", ""), personal

    page.context.set_offline(True)
    page.goto(f"/actions/{action.pk}/")
    expect(page.get_by_role("heading", name="You are offline")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Nothing was decided.")
    assert page.evaluate("getComputedStyle(document.querySelector('.button')).minHeight") == "44px", "its style is kept"
    page.context.set_offline(False)
    expect(page.locator("main")).to_contain_text("Approved by alice")  # it comes back by itself

    page.goto("/sign-out/")
    page.get_by_role("button", name="Sign out").tap()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert {path for _, path in page.evaluate(KEPT)} == {path for _, path in kept}
    for _ in range(3):  # the way back leads to the sign-in page, and shows nothing from before it
        page.go_back()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert "returns book" not in page.content() and str(action.pk) not in page.locator("main").inner_text()
    assert page.evaluate(LEFT) == "" and "placet_session" not in {each["name"] for each in page.context.cookies()}
    watch.wrong[:] = [said for said in watch.wrong if "ERR_INTERNET_DISCONNECTED" not in said]


def test_what_was_sent_into_a_broken_line_is_not_said_to_be_undone(visit, watch, action, alice):
    page = visit(alice, f"/actions/{action.pk}/", size=PHONE, installed=True)
    _stands(page)
    page.context.set_offline(True)
    page.evaluate(  # sent in the moment before the page noticed
        "yes = document.querySelector('#verdict [value=approve]'); yes.disabled = false; yes.form.requestSubmit(yes)"
    )
    expect(page.get_by_role("heading", name="The connection broke")).to_be_visible()
    assert "Nothing was decided" not in page.locator("main").inner_text()
    page.context.set_offline(False)
    page.get_by_role("link", name="Open the inbox").tap()
    expect(page.locator(f"#row-{action.pk}")).to_be_visible()
    watch.wrong[:] = [said for said in watch.wrong if "ERR_INTERNET_DISCONNECTED" not in said]


def test_the_worker_of_another_release_takes_over_and_what_the_last_one_kept_goes(visit, action, alice, monkeypatch):
    page = visit(alice, "/", installed=True)
    _stands(page)
    (before,) = {name for name, _ in page.evaluate(KEPT)}
    monkeypatch.setattr(shell, "NAMES", [name for name in shell.NAMES if name != "css/verify.css"])
    page.reload()
    assert page.evaluate(ANOTHER, before)
    assert "/static/css/verify.css" not in {path for _, path in page.evaluate(KEPT)}
    page.reload()
    expect(page.locator(f"#row-{action.pk}")).to_be_visible()


def test_the_manifest_is_what_a_browser_installs(visit, alice):
    page = visit(alice, "/", installed=True)
    wire = page.context.new_cdp_session(page)
    found = wire.send("Page.getAppManifest")
    assert found["errors"] == [] and found["url"].endswith("/manifest.webmanifest")
    wrong = wire.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [each["errorId"] for each in wrong] == ["in-incognito"]  # as every page of a test is
