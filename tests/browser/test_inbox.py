"""The list while somebody works in it: what arrives moves nothing under their hands, and what is wrong is said."""

import gzip
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.utils import timezone
from playwright.sync_api import expect

from accounts import preferences
from approvals.models import Action, Review, SavedView
from tests.asks import ask, submit
from tests.publishing import publish

from .conftest import PHONE

LOOSE = 3.0  # seconds in which an ask has to be there, on a machine that does other things too
FIRST_LOAD = 60_000  # bytes of the first load, as they travel


@pytest.fixture
def now():
    """The live console reads the real clock."""
    return timezone.now()


@pytest.fixture
def refund(transactional_db, now):
    return publish(checkpoint="shop/refund", pattern="refund", deadline_seconds=600, at=now)


@pytest.fixture
def low(transactional_db, now):
    return publish(checkpoint="shop/ping", pattern="ping", deadline_seconds=900, risk="low", at=now)


def test_what_arrives_is_there_at_once_and_moves_nothing_under_the_pointer(visit, refund, low, alice, bob, shop, now):
    preferences.keep(person=alice, sound=True)
    later = submit(shop, ask(tool="ping"), key="later", at=now).action
    page = visit(alice, "/")
    expect(page.locator("#pane [data-action]")).to_have_attribute("data-action", str(later.pk))
    page.wait_for_timeout(600)  # the socket stands, and the list has looked once

    started = time.perf_counter()
    first = submit(shop, key="first", at=timezone.now()).action
    page.locator(f"#row-{first.pk}").wait_for()
    took = time.perf_counter() - started
    print(f"an ask was there after {took * 1000:.0f} ms")
    assert took < LOOSE
    expect(page).to_have_title("2 waiting · Placet")
    expect(page.locator("#news")).to_have_text("1 new ask")
    expect(page.locator("#rows")).to_have_attribute("data-rang", "1")

    row = page.locator(f"#row-{later.pk}")
    row.hover()
    stood = row.bounding_box()
    second = submit(shop, key="second", at=timezone.now()).action
    expect(page.locator("#standing")).to_contain_text("1 new ask")
    expect(page.locator(f"#row-{second.pk}")).to_have_count(0)
    assert {**row.bounding_box(), "y": 0} == {**stood, "y": 0}
    page.locator("#standing").get_by_role("button", name="Show").click()
    expect(page.locator(f"#row-{second.pk}")).to_be_focused()
    expect(page.locator("#standing")).to_be_hidden()


def test_what_is_wrong_is_said_with_the_next_step(visit, watch, refund, alice, bob, shop, now):
    one, two = (submit(shop, key=f"k{n}", at=now + timedelta(seconds=n)).action for n in (1, 2))
    page = visit(alice, "/")
    page.wait_for_timeout(600)

    # A list that cannot be read keeps what it shows, says when it was true, and tries again.
    page.route("**/?kept=*", lambda route: route.fulfill(status=503, body=""))
    third = submit(shop, key="c", at=timezone.now()).action
    expect(page.locator("#standing")).to_contain_text("could not be read again. It was last true at")
    expect(page.locator(f"#row-{one.pk}")).to_be_visible()
    page.unroute("**/?kept=*")
    page.locator("#standing").get_by_role("button", name="Try again").click()
    expect(page.locator(f"#row-{third.pk}")).to_be_visible()

    # What takes long says so; what fails is offered again, and what stood there stands on.
    waiting = []
    page.route(f"**/actions/{two.pk}/", lambda route: waiting.append(route))
    page.locator(f"#row-{two.pk}").click()
    expect(page.locator("#pane")).to_have_attribute("aria-busy", "true")
    expect(page.locator("#late")).to_contain_text("Still loading")
    waiting[0].fulfill(status=503, body="")
    expect(page.locator("#late")).to_contain_text("could not be loaded")
    page.unroute(f"**/actions/{two.pk}/")
    page.locator("#late").get_by_role("button", name="Try again").click()
    expect(page.locator("#pane [data-action]")).to_have_attribute("data-action", str(two.pk))

    # The console was upgraded meanwhile.
    page.evaluate("document.dispatchEvent(new CustomEvent('placet:built', { detail: ['new', 'old'] }))")
    expect(page.locator("#lost")).to_contain_text("Placet was upgraded since this page was opened.")
    expect(page.locator("#lost").get_by_role("button", name="Reload")).to_be_visible()
    watch.wrong[:] = [each for each in watch.wrong if "503" not in each]  # the browser's console reports it too


def test_without_a_network_nothing_is_decided_and_no_word_is_lost(visit, watch, refund, alice, bob, shop, now):
    submit(shop, at=now)
    page = visit(alice, "/")
    expect(page.locator("#pane [data-action]")).to_be_visible()
    page.wait_for_timeout(600)
    page.keyboard.press("d")
    page.get_by_label("Note, sent to the server").fill("The slip says")
    page.context.set_offline(True)
    expect(page.locator("#lost")).to_contain_text("This device is offline since")
    expect(page.get_by_role("button", name="Deny with this reason")).to_be_disabled()
    page.context.set_offline(False)
    expect(page.locator("#lost")).to_be_hidden(timeout=20_000)
    expect(page.get_by_role("button", name="Deny with this reason")).to_be_enabled()
    expect(page.get_by_label("Note, sent to the server")).to_have_value("The slip says")

    meant = ("503", "ERR_INTERNET_DISCONNECTED", "ERR_NETWORK_CHANGED")  # the browser's console reports these too
    watch.wrong[:] = [each for each in watch.wrong if not any(word in each for word in meant)]


def test_several_are_chosen_by_keys_and_denied_with_one_reason(visit, refund, alice, bob, shop, now):
    for number in range(3):
        submit(shop, ask(session="s1"), key=f"s{number}", at=now)
    alone = submit(shop, key="alone", at=now).action
    page = visit(alice, "/?kind=tool_call")
    page.get_by_text("Save this view").click()
    page.get_by_label("Name").fill("Tools")
    page.get_by_role("button", name="Save").click()
    assert SavedView.objects.get().query == "?kind=tool_call"
    page.keyboard.press("1")
    expect(page.locator(".views [aria-current]")).to_have_text("Tools")

    group = page.locator("details.group")
    summary = group.locator("summary")
    summary.focus()
    page.keyboard.press("ArrowLeft")
    assert group.get_attribute("open") is None
    page.keyboard.press("x")
    expect(page.locator("#chosen-count")).to_have_text("3 chosen")
    page.keyboard.press("ArrowRight")
    expect(group.locator("input:checked")).to_have_count(3)
    expect(page.locator("#several button[value=approve]")).to_be_disabled()  # no rule here calls it low-risk
    page.get_by_role("button", name="Deny 3…").click()
    expect(page.get_by_role("heading", name="Deny 3 asks?")).to_be_visible()
    page.get_by_role("button", name="Deny 3 with this reason").click()
    expect(page.get_by_role("heading", name="You denied 3 asks")).to_be_visible()
    assert Review.objects.count() == 3
    assert Action.objects.get(pk=alone.pk).state == "pending"


def test_several_are_approved_on_a_phone_without_scripts(visit, low, alice, bob, shop, now):
    for key in "ab":
        submit(shop, ask(tool="ping"), key=key, at=now)
    page = visit(alice, "/", size=PHONE, scripts=False)
    page.get_by_role("link", name="Choose several").click()
    for box in page.locator(".pick input").all():
        box.check()
    page.get_by_role("button", name="Approve…").click()
    expect(page.get_by_role("heading", name="Approve 2 asks?")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    page.get_by_role("button", name="Approve 2").click()
    expect(page.get_by_role("heading", name="Your yes is recorded for 2 asks")).to_be_visible()
    assert set(Action.objects.values_list("state", flat=True)) == {"approved"}


def test_a_first_load_stays_within_its_bytes(visit, refund, alice, bob, shop, now):
    for number in range(30):
        submit(shop, key=f"k{number}", at=now)
    page = visit(alice, "/verify/")
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    asked, travelled = {}, {}
    wire.on("Network.responseReceived", lambda told: asked.update({told["requestId"]: told["response"]}))
    wire.on("Network.loadingFinished", lambda told: travelled.update({told["requestId"]: told["encodedDataLength"]}))
    page.goto("/")
    expect(page.locator("#pane [data-action]")).to_be_visible()
    page.wait_for_timeout(500)
    sizes = {asked[each]["url"]: _compressed(asked[each], travelled[each]) for each in travelled if each in asked}
    print(f"the first load took {sum(sizes.values()) / 1000:.1f} kB in {len(sizes)} answers")
    assert len(sizes) > 10 and sum(sizes.values()) <= FIRST_LOAD, sizes


def _compressed(answer, size) -> int:
    """Head and body as they travel. Files lie here as they are; a console serves them compressed."""
    path = answer["url"].partition("/static/")[2]
    file = finders.find(path) if path else None
    if file is None or "content-encoding" in {name.lower() for name in answer["headers"]}:
        return size
    raw = Path(file).read_bytes()
    return size - len(raw) + len(gzip.compress(raw))
