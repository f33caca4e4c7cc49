"""A real Chromium against the live console. Without one these tests skip; REQUIRE_BROWSER=1 makes that a failure."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

DESK, TABLET, PHONE = (1440, 900), (1024, 768), (390, 844)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        (pytest.fail if os.environ.get("REQUIRE_BROWSER") else pytest.skip)("no chromium on this machine")
    with sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        yield launched
        launched.close()


@dataclass
class Watch:
    """What must not happen on any page: a foreign script or request, or a report of the content policy."""

    base: str
    wrong: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> Page:
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.wrong.append(f"page error: {error}"))
        page.on("dialog", lambda dialog: (self.wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", self._requested)
        return page

    def _said(self, message) -> None:
        if message.type == "error" and "404" not in message.text and "422" not in message.text:
            self.wrong.append(f"console: {message.text}")

    def _requested(self, request) -> None:
        if not request.url.startswith((self.base, "blob:", "data:")):
            self.wrong.append(f"request: {request.url}")


@pytest.fixture
def watch(console: str) -> Iterator[Watch]:
    watching = Watch(console)
    yield watching
    assert watching.wrong == []


@pytest.fixture
def visit(browser: Browser, console: str, watch: Watch, client) -> Iterator[Callable[..., Page]]:
    """`visit(alice, "/", size=PHONE)`: a page in a fresh profile, signed in as that person (nobody for None)."""
    contexts: list[BrowserContext] = []

    def open_(who, address="/", *, size=DESK, theme="light", scripts=True, installed=False, **more) -> Page:
        context = browser.new_context(
            base_url=console, viewport={"width": size[0], "height": size[1]}, color_scheme=theme,
            java_script_enabled=scripts, has_touch=size[0] < 500, reduced_motion="reduce",
            service_workers="allow" if installed else "block", **more,
        )  # fmt: skip
        context.set_default_timeout(8_000)
        contexts.append(context)
        if who is not None:
            client.force_login(who)
            session = client.cookies["placet_session"].value
            context.add_cookies([{"name": "placet_session", "value": session, "url": console, "httpOnly": True}])
        page = watch.follow(context.new_page())
        page.goto(address)
        return page

    yield open_
    for context in contexts:
        context.close()
