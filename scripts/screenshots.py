"""Pictures of the console, from a demo of its own that this starts and ends.

    python scripts/screenshots.py                      # docs/images/*.png, which README and docs/reviewers.md show
    python scripts/screenshots.py --gallery var/gallery  # every page, three sizes, both themes, with an index.html

Needs the test lock (playwright) and a chromium on the PATH. The demo is told with its three weeks first, so that the
pictures are of a console in use; nothing is drawn, cut or retouched.
"""

import argparse
import html
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from smaller_png import smaller

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
DESK, TABLET, PHONE = (1440, 900), (1024, 768), (390, 844)
FLAGS = ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb", "--font-render-hinting=none"]
LONGEST = 6_000  # pixels of a page in the gallery
PATIENCE = 120  # seconds until the demo has told its past


@dataclass
class Demo:
    """A console of its own, and people signed in to it."""

    port: int
    password: str
    browser: Browser
    people: dict[tuple[str, tuple[int, int], str], BrowserContext] = field(default_factory=dict)

    def page(self, who: str, address: str, *, size: tuple[int, int] = DESK, theme: str = "light") -> Page:
        key = (who, size, theme)
        if key not in self.people:
            self.people[key] = self._signed_in(who, size, theme)
        page = self.people[key].new_page()
        page.goto(address)
        page.wait_for_load_state("networkidle")
        return page

    def _signed_in(self, who: str, size: tuple[int, int], theme: str) -> BrowserContext:
        context = self.browser.new_context(
            base_url=f"http://localhost:{self.port}", viewport={"width": size[0], "height": size[1]},
            color_scheme=theme, reduced_motion="reduce", service_workers="block", has_touch=size[0] < 500,
            locale="en-GB", timezone_id="Europe/Berlin",
        )  # fmt: skip
        context.set_default_timeout(20_000)
        if who:
            page = context.new_page()
            page.goto("/sign-in/")
            page.fill("[name=login]", who)
            page.fill("[name=password]", self.password)
            page.press("[name=password]", "Enter")
            page.wait_for_url(lambda url: "sign-in" not in url)
            end = page.locator(".tour form button")
            if end.count():
                end.click()
                page.wait_for_load_state()
            page.close()
        return context


@contextmanager
def demo() -> Iterator[Demo]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        sys.exit("No chromium on this machine.")
    with tempfile.TemporaryDirectory(prefix="placet-pictures-") as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        told = os.environ | {"PLACET_VAR": folder, "PORT": str(port), "DEMO": "1", "PUBLIC_URL": ""}
        running = subprocess.Popen([sys.executable, "manage.py", "up"], cwd=ROOT, env=told, stdout=subprocess.DEVNULL)
        try:
            password = _ready(Path(folder), running)
            with sync_playwright() as driver:
                browser = driver.chromium.launch(executable_path=path, args=FLAGS)
                yield Demo(port, password, browser)
                browser.close()
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(10)


def _ready(var: Path, running: subprocess.Popen) -> str:
    """The password, once three weeks are told and counted."""
    log, deadline = var / "logs" / "demo.log", time.monotonic() + PATIENCE
    while not (log.exists() and " told" in log.read_text()):
        if running.poll() is not None or time.monotonic() > deadline:
            sys.exit("The demo did not come up.")
        time.sleep(0.5)
    return json.loads((var / "demo.json").read_text())["password"]


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def found(demo: Demo, who: str, query: str) -> str:
    """The address of the first ask that this person finds by a search, or of the search when there is none."""
    page = demo.page(who, f"/?{query}")
    rows = page.locator("#rows a[href*='/actions/']")
    address = rows.first.get_attribute("href") if rows.count() else ""
    page.close()
    if not address:
        say(f"{who} finds nothing by {query}")
    return address or f"/?{query}"


def led(demo: Demo, step: int) -> str:
    """The address of the page that a step of the tour leads to."""
    page = demo.page("alice", f"/tour/{step}/")
    address = page.url.partition(f":{demo.port}")[2].partition("?")[0]
    page.close()
    return address


# Pictures of the documents ------------------------------------------------------------------------------------------


def documents(demo: Demo) -> None:
    """One function a picture: how somebody would come to it, and what it shows."""
    IMAGES.mkdir(exist_ok=True)
    total = 0
    for name, picture in PICTURES.items():
        page = picture(demo)
        page.wait_for_timeout(300)
        png = smaller(page.screenshot())
        page.close()
        (IMAGES / f"{name}.png").write_bytes(png)
        total += len(png)
        say(f"{name}.png  {len(png) / 1000:.0f} kB")
    say(f"{len(PICTURES)} pictures, {total / 1e6:.2f} MB")


def _hidden(demo: Demo, ending: str = "", **how) -> Page:
    return demo.page("alice", "/tour/3/" if not ending else "/tour/4/", **how)


def _edit(demo: Demo) -> Page:
    page = demo.page("alice", "/tour/2/")
    page.goto(page.url.partition("?")[0] + "edit/")
    page.locator("main input[type=text], main input[type=number], main input[inputmode]").first.fill("21")
    page.get_by_role("button", name="See the difference").click()
    page.wait_for_load_state("networkidle")
    return page


def _receipt(demo: Demo) -> Page:
    """After a no, as the reviewer sees it."""
    page = _hidden(demo, "deny")
    page.get_by_role("button", name="Deny with this reason").click()
    page.wait_for_load_state("networkidle")
    return page


PICTURES: dict[str, Callable[[Demo], Page]] = {
    "inbox": lambda demo: demo.page("alice", "/tour/1/"),
    "action": lambda demo: demo.page("alice", "/tour/2/"),
    "action-dark": lambda demo: demo.page("alice", "/tour/3/", theme="dark"),
    "hidden": lambda demo: _hidden(demo),
    "edit": _edit,
    "deny": lambda demo: _hidden(demo, "deny"),
    "link": lambda demo: demo.page("alice", found(demo, "alice", "q=crrn-suite")),
    "phone-inbox": lambda demo: demo.page("alice", "/", size=PHONE),
    "phone-action": lambda demo: demo.page("alice", "/tour/2/", size=PHONE),
    "receipt": _receipt,
    "boundaries": lambda demo: demo.page("admin", "/boundaries/"),
    "insights": lambda demo: demo.page("alice", "/insights/?weeks=4"),
    "session": lambda demo: demo.page("bob", "/sessions/shop/?id=ticket-605"),
}


# The gallery --------------------------------------------------------------------------------------------------------


def pages(demo: Demo) -> dict[str, tuple[str, str]]:
    """Name -> (who looks, address): every page that somebody can open."""
    plain, hidden = led(demo, 2), led(demo, 3)
    return {
        "sign-in": ("", "/sign-in/"), "inbox": ("alice", "/"), "inbox-empty": ("mallory", "/"),
        "inbox-search-none": ("alice", "/?q=nothing-like-it"), "inbox-several": ("alice", "/?choose=1"),
        "decided": ("alice", "/?view=decided"),
        "decided-one": ("alice", found(demo, "alice", "view=decided&state=approved")),
        "denied-one": ("alice", found(demo, "alice", "view=decided&state=denied")),
        "expired-one": ("alice", found(demo, "alice", "view=decided&state=expired")),
        "action": ("alice", plain), "hidden": ("alice", hidden),
        "deny": ("alice", hidden + "?deny=1"),
        "bytes": ("alice", hidden + "?as=bytes"), "large": ("alice", found(demo, "alice", "q=deploy.scale")),
        "link": ("alice", found(demo, "alice", "q=crrn-suite")),
        "form": ("alice", found(demo, "alice", "kind=elicitation_form")),
        "markup": ("alice", found(demo, "alice", "q=deploy.notify")),
        "sampling": ("carol", found(demo, "carol", "kind=sampling")),
        "sampling-result": ("carol", found(demo, "carol", "kind=sampling_result")),
        "edit": ("alice", plain + "edit/"), "missing": ("alice", "/actions/none/"),
        "for-you": ("alice", "/answers/"), "session": ("bob", "/sessions/shop/?id=ticket-605"),
        "grants": ("alice", "/grants/"), "away": ("alice", "/away/"), "verify": ("alice", "/verify/"),
        "you": ("alice", "/you/"), "passkeys": ("alice", "/you/passkeys/"), "insights": ("alice", "/insights/?weeks=4"),
        "boundaries": ("admin", "/boundaries/"), "boundaries-mine": ("alice", "/boundaries/"),
        "exceptions": ("erin", "/exceptions/"), "log": ("heidi", "/log/"), "ledger": ("heidi", "/ledger/"),
        "checkpoints": ("admin", "/checkpoints/"), "checkpoint-new": ("admin", "/checkpoints/new/"),
        "checkpoint": ("admin", "/checkpoints/1/"), "checkpoint-edit": ("admin", "/checkpoints/1/edit/"),
        "try": ("admin", "/try/"), "simulations": ("admin", "/simulations/"), "changes": ("admin", "/changes/"),
        "change": ("admin", "/changes/2/"), "people": ("admin", "/people/"), "person": ("admin", "/people/alice/"),
        "role": ("admin", "/roles/payments-owner/"), "servers": ("admin", "/servers/"),
        "server": ("admin", "/servers/shop/"),
        "server-new": ("admin", "/servers/_new/"), "map": ("admin", "/map/"), "drills": ("alice", "/drills/"),
    }  # fmt: skip


def gallery(demo: Demo, folder: Path, *, only: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    every = {name: said for name, said in pages(demo).items() if only in name}
    made: dict[str, list[str]] = {}
    for size in (DESK, TABLET, PHONE):
        for theme in ("light", "dark"):
            for name, (who, address) in every.items():
                file = f"{name}-{size[0]}-{theme}.png"
                page = demo.page(who, address, size=size, theme=theme)
                if size is not DESK:  # the whole page, with its bar at the end of it
                    high = min(page.evaluate("document.documentElement.scrollHeight"), LONGEST)
                    page.set_viewport_size({"width": size[0], "height": max(high, size[1])})
                page.screenshot(path=folder / file)
                wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                if wide > 0:
                    say(f"{file} scrolls sideways by {wide} px")
                page.close()
                made.setdefault(name, []).append(file)
    (folder / "index.html").write_text(_index(made, every))
    say(f"{sum(map(len, made.values()))} pictures: {folder / 'index.html'}")


def _index(made: dict[str, list[str]], every: dict[str, tuple[str, str]]) -> str:
    parts = [
        "<!doctype html><meta charset=utf-8><title>Every page</title><style>body{font:14px sans-serif;margin:24px}"
    ]
    parts.append("img{height:320px;border:1px solid #999;margin:4px;vertical-align:top}</style><h1>Every page</h1>")
    for name, files in made.items():
        who, address = every[name]
        parts.append(f"<h2 id={name}>{html.escape(name)}, {html.escape(who or 'nobody')}: {html.escape(address)}</h2>")
        parts += [f'<a href="{file}"><img loading=lazy src="{file}" alt="{file}"></a>' for file in files]
    return "\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--gallery", type=Path, help="a folder for pictures of every page instead")
    parser.add_argument("--only", default="", help="of the gallery, pages whose name has this in it")
    given = parser.parse_args()
    with demo() as running:
        if given.gallery:
            gallery(running, given.gallery, only=given.only)
        else:
            documents(running)


if __name__ == "__main__":
    main()
