"""What is served of the shell: the same for everybody, of the right type, and asked for anew."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from config import shell

ADDRESSES = {
    "/manifest.webmanifest": "application/manifest+json",
    "/shell.js": "text/javascript",
    "/offline/": "text/html",
    "/offline/?sent": "text/html",
}


@pytest.mark.parametrize(("address", "kind"), ADDRESSES.items())
def test_it_is_the_same_for_everybody_and_never_kept_unasked(client, db, alice, address, kind):
    stranger = client.get(address)
    client.force_login(alice)
    again = client.get(address)
    assert stranger.status_code == 200 and stranger.content == again.content
    assert stranger["Content-Type"].startswith(kind) and "no-cache" in stranger["Cache-Control"]
    assert not stranger.cookies


def test_the_worker_keeps_files_that_are_there_and_two_pages(client, db):
    text = client.get("/shell.js").text
    kept = json.loads(re.search(r"const KEPT = (.*);", text)[1])
    for path in kept["files"]:
        assert finders.find(path.removeprefix(settings.STATIC_URL)), path
    assert kept["pages"] == ["/offline/", "/offline/?sent"] and kept["version"] == shell.version()


def test_another_file_is_another_version(monkeypatch):
    before = shell.version()
    monkeypatch.setattr(shell, "static", lambda name: f"/static/{name}?2")
    assert shell.version() != before


def test_the_manifest_names_icons_of_the_size_it_says(client, db):
    found = client.get("/manifest.webmanifest").json()
    assert (found["name"], found["start_url"], found["display"]) == ("Placet", "/", "standalone")
    assert {icon["purpose"] for icon in found["icons"]} == {"any", "maskable"}
    for icon in found["icons"]:
        head = Path(finders.find(icon["src"].removeprefix(settings.STATIC_URL))).read_bytes()[:24]
        width, height = int.from_bytes(head[16:20]), int.from_bytes(head[20:24])
        assert icon["sizes"] == f"{width}x{height}"
    for shortcut in found["shortcuts"]:
        assert client.get(shortcut["url"]).status_code in (200, 302)


def test_colours_of_the_frame_are_those_of_the_page():
    tokens = (settings.BASE_DIR / "static" / "css" / "tokens.css").read_text()
    assert f"light-dark({shell.PAPER}, {shell.DARK_PAPER})" in tokens
    base = (settings.BASE_DIR / "templates" / "base.html").read_text()
    assert f'content="{shell.PAPER}"' in base and f'content="{shell.DARK_PAPER}"' in base


def test_the_policy_lets_only_this_console_send_workers_and_manifests(client, db):
    rules = client.get("/sign-in/")["Content-Security-Policy"]
    assert "worker-src 'self'" in rules and "manifest-src 'self'" in rules
