"""Every template compiles, no migration is missing, every address refuses a stranger."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(str(path.relative_to(ROOT / "templates")) for path in (ROOT / "templates").rglob("*.html"))
# Addresses that answer without a session, and why.
OPEN = {
    "verify/": "checks receipts in the browser, for auditors without an account; reads nothing",
    "verify/offline/": "the same as a file",
    "manifest.webmanifest": "what a browser installs; the same for everybody",
    "shell.js": "the worker that keeps the shell; the same for everybody",
    "offline/": "what the worker shows without a connection; names nobody",
    "healthz": "for whoever restarts the process",
    "readyz": "for whoever routes to it",
    "sign-in/": "the way in",
    "sign-in/inactive/": "tells a person why they are not let in",
    "sign-out/": "leads a stranger to the sign-in page",
}
FILLERS = dict.fromkeys(("action_id", "grant_id"), "0190163d-8694-739b-aea5-966c26f8ad91")


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_compiles(name):
    template = get_template(name)
    for partial in getattr(template.template, "extra_data", {}).get("partials", {}):
        try:
            get_template(f"{name}#{partial}")
        except TemplateDoesNotExist as error:
            raise AssertionError(partial) from error


def test_no_migration_is_missing(db):
    told = StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=told)
    assert "No changes detected" in told.getvalue()


def addresses(resolver: URLResolver, before: str = "") -> list[str]:
    found = []
    for entry in resolver.url_patterns:
        route = before + str(entry.pattern)
        found += addresses(entry, route) if isinstance(entry, URLResolver) else [_filled(entry, route)]
    return found


def _filled(entry: URLPattern, route: str) -> str:
    for name, converter in entry.pattern.converters.items():
        value = FILLERS.get(name, "1")
        for kind in ("uuid:", "int:", "str:", "path:", "slug:", ""):
            route = route.replace(f"<{kind}{name}>", value)
        assert converter
    return route


def every_address() -> list[str]:
    return sorted(set(addresses(get_resolver())))


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_every_address_refuses_a_stranger(client, db, method):
    tried = [address for address in every_address() if address not in OPEN and "(" not in address]
    assert len(tried) > 30
    let_in = []
    for address in tried:
        answer = getattr(client, method)(f"/{address}")
        sent_away = answer.status_code == 302 and answer["Location"].startswith(("/sign-in/", "/admin/login/"))
        if not sent_away and answer.status_code not in (403, 404, 405):
            let_in.append((address, answer.status_code))
    assert let_in == []


def test_open_addresses_exist_and_answer(client, db):
    assert set(OPEN) <= set(every_address())
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").json()["database"] is True


def test_pages_carry_the_strict_policy(client, db):
    rules = client.get("/sign-in/")["Content-Security-Policy"]
    assert "unsafe" not in rules and "default-src 'none'" in rules


SAME_FOR_ALL = {"manifest.webmanifest", "shell.js", "offline/", "healthz", "readyz", "verify/offline/"}


def test_no_address_takes_a_form_of_another_site_or_stands_in_a_frame_or_a_cache(db, django_user_model):
    """Of everybody signed in the most powerful, whom most would like to ride on."""
    admin = django_user_model.objects.create_user("admin", password="a", is_staff=True, is_superuser=True)
    browser, found = Client(enforce_csrf_checks=True), []
    browser.force_login(admin)
    for address in sorted(set(every_address()) - {"sign-out/"}):
        if "(" in address:
            continue
        posted, shown = browser.post(f"/{address}", {"do": "confirm"}), browser.get(f"/{address}")
        if posted.status_code not in (403, 404, 405):
            found.append(("takes a form without a token", address))
        if shown["X-Frame-Options"] != "DENY" or "frame-ancestors 'none'" not in shown["Content-Security-Policy"]:
            found.append(("stands in a frame", address))
        kept = shown.get("Cache-Control", "")
        if not {"no-store", "private"} <= set(kept.split(", ")) and address not in SAME_FOR_ALL:
            found.append(("is kept", address, shown.status_code, kept))
    assert found == []
