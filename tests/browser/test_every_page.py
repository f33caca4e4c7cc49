"""Every page, once, furnished with hostile and endless text: nothing that axe finds in either theme, no report of the
content policy, no sideways scroll down to 320 pixels, targets for a thumb, and a focus that shows and is not covered.
"""

from urllib.parse import urlsplit

import pytest
from django.urls import URLResolver, get_resolver, resolve
from django.utils import timezone

from accounts.models import User

from .furnishing import furnish
from .inspecting import wrong

#: Addresses without a page of their own, and pages that other tests look at because they stand in the middle of a way.
ELSEWHERE = {
    "tour_step": "part of the page it is about",
    "healthz": "no page", "readyz": "no page", "manifest": "no page", "worker": "no page", "gaps": "leads to the map",
    "mfa_authenticate": "test_accounts", "mfa_reauthenticate": "test_accounts", "mfa_deactivate_totp": "test_accounts",
    "mfa_view_recovery_codes": "test_accounts", "mfa_generate_recovery_codes": "test_accounts",
    "you": "mfa_index, by another name", "mfa_login_webauthn": "test_passkeys",
    "mfa_reauthenticate_webauthn": "test_passkeys", "role_named": "leads to a role", "ledger_head": "a file",
    "ledger_export": "a file",
    "entry_proof": "a file", "map_file": "a file", "boundaries_export": "a file", "log_export": "a file",
    "decided_export": "a file", "verify_offline": "a file", "directory": "a file", "receipt": "a file",
    "pack": "a file", "bytes": "a file", "grant_statement": "a file", "statement": "for a script",
    "passkey_begin": "for a script",
}  # fmt: skip


@pytest.fixture
def pages(transactional_db, alice, bob, carol, shop):
    dana = User.objects.create_user("dana", email="dana@example.org")
    people = {"alice": alice, "bob": bob, "carol": carol, "dana": dana}
    return furnish(shop, people, at=timezone.now()), people


@pytest.mark.parametrize("third", range(3))
def test_every_page_can_be_used_by_everybody(visit, pages, third):
    by_person, people = pages
    found = []
    for name, addresses in by_person.items():
        page = visit(people.get(name), addresses[0])
        for address in addresses[third::3]:
            answer = page.goto(address)
            assert answer.status == (404 if address == "/actions/none/" else 200), address
            if page.locator("#pane .idle").count() and page.locator(".row").count():
                page.locator("#pane .sheet:not(.idle)").first.wait_for()
            page.evaluate("document.querySelectorAll('main details').forEach((each) => { each.open = true; })")
            found += [(address, *each) for each in wrong(page)]
    assert found == []


def test_no_page_is_forgotten(pages):
    by_person, _ = pages
    seen = {
        resolve(urlsplit(address).path).url_name
        for each in by_person.values()
        for address in each
        if address != "/actions/none/"
    }
    assert _with_a_page() - seen - ELSEWHERE.keys() == set()


def _with_a_page() -> set[str]:
    """Names of addresses that answer when they are visited; those that only take forms say so by refusing."""
    found = set()
    for entry in get_resolver().url_patterns:
        if not isinstance(entry, URLResolver):
            found.add(entry.name)
        elif str(entry.pattern) == "":
            found |= {each.name for each in entry.url_patterns if not _only_posted(each.callback)}
    return found


def _only_posted(view) -> bool:
    """Whether the view refuses to be visited, as `require_POST` makes it."""
    cells = [cell.cell_contents for cell in (view.__closure__ or ())]
    if ["POST"] in cells or ("POST",) in cells:
        return True
    inner = getattr(view, "__wrapped__", None)
    return inner is not None and _only_posted(inner)
