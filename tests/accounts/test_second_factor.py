"""The authenticator app and the recovery codes, and where a console demands them."""

import re

import pytest
from django.test import Client

from accounts.models import Notice

from .signing import browser, code, enrol, forget_proofs, is_in

pytestmark = pytest.mark.django_db(transaction=True)  # what is told when the app was added waits for the commit


def codes_on(page) -> list[str]:
    return re.findall(r"<li><code>(\d+)</code>", page.text)


def half_in(name="alice"):
    """A browser in which the password was right, and the second factor is missing."""
    client = Client()
    answer = client.post("/sign-in/", {"login": name, "password": f"{name}-password"})
    assert answer["Location"] == "/sign-in/code/"
    return client


def test_app_is_set_up_by_its_first_code_and_codes_are_shown_once(alice):
    client = browser()
    page = client.get("/you/second-factor/")
    assert "<svg" in page.text and "data:" not in page.text and page.context["form"].secret in page.text
    assert client.post("/you/second-factor/", {"code": "000000"}).status_code == 200
    enrol(client)
    shown = codes_on(client.get("/you/recovery-codes/"))
    assert len(shown) == 10 and codes_on(client.get("/you/recovery-codes/")) == []
    assert Notice.objects.get(person=alice).code == "second_factor_on"


def test_password_alone_opens_nothing_any_more(alice):
    secret = enrol(browser())
    client = half_in()
    assert client.get("/").status_code == 302 and not is_in(client)
    assert client.post("/sign-in/code/", {"code": "123456"}).status_code == 200 and not is_in(client)
    assert client.post("/sign-in/code/", {"code": code(secret)})["Location"] == "/" and is_in(client)


def test_a_code_opens_once(alice):
    secret = enrol(browser())
    spent = code(secret)
    assert half_in().post("/sign-in/code/", {"code": spent}).status_code == 302
    assert half_in().post("/sign-in/code/", {"code": spent}).status_code == 200


def test_a_recovery_code_opens_once_and_its_owner_is_told(alice):
    client = browser()
    enrol(client)
    one = codes_on(client.get("/you/recovery-codes/"))[0]
    assert half_in().post("/sign-in/code/", {"code": one}).status_code == 302
    assert half_in().post("/sign-in/code/", {"code": one}).status_code == 200
    assert "9 are left" in Notice.objects.get(code="code_used").text


def test_many_wrong_codes_are_told_and_stopped(alice):
    secret = enrol(browser())
    client = half_in()
    for number in range(6):
        client.post("/sign-in/code/", {"code": f"00000{number}"})
    assert client.post("/sign-in/code/", {"code": code(secret)}).status_code == 200 and not is_in(client)
    assert Notice.objects.filter(code="failed_codes").count() == 1


def test_removing_the_app_ends_the_others_and_is_told(alice):
    client = browser()
    secret = enrol(client)
    other = half_in()
    other.post("/sign-in/code/", {"code": code(secret)})
    assert client.post("/you/second-factor/remove/")["Location"] == "/you/"
    assert not is_in(other) and is_in(client) and "1 other sign-in was ended" in Notice.objects.latest("pk").text
    assert browser().get("/").status_code == 200, "the password is enough again"


@pytest.mark.parametrize(
    "path", ["/you/second-factor/", "/you/second-factor/remove/", "/you/recovery-codes/", "/you/recovery-codes/new/"]
)
def test_second_factor_is_changed_by_who_was_just_confirmed(alice, path):
    client = browser()
    if path != "/you/second-factor/":
        enrol(client)
    forget_proofs(client)
    answer = client.get(path)
    assert answer.status_code == 302 and answer["Location"].startswith("/confirm/?next=")


def test_a_copy_of_the_database_shows_no_codes(alice, settings):
    from allauth.mfa.models import Authenticator

    client = browser()
    secret = enrol(client)
    codes = codes_on(client.get("/you/recovery-codes/"))
    kept = str([row.data for row in Authenticator.objects.all()])
    assert secret not in kept and not any(one in kept for one in codes)
    settings.SECRET_KEY = "another" * 10
    assert not any(row.wrap().validate_code(one) for row in Authenticator.objects.all() for one in codes)


# ── Demanded ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("of", "stopped"), [("admins", ["admin"]), ("everybody", ["admin", "alice"]), ("nobody", [])])
def test_who_has_to_have_one_finds_only_the_way_to_it(settings, alice, admin, of, stopped):
    settings.REQUIRE_SECOND_FACTOR = of
    for name in ("admin", "alice"):
        client = browser(name)
        answers = [client.get("/"), client.get("/away/"), client.post("/roles/")]
        led = [answer.get("Location") == "/you/" for answer in answers]
        assert all(led) if name in stopped else not any(led)
        assert is_in(client) and client.get("/you/second-factor/").status_code == 200


def test_once_set_up_every_page_opens_and_it_cannot_be_removed(settings, admin):
    settings.REQUIRE_SECOND_FACTOR = "admins"
    client = browser("admin")
    assert "demands a second factor" in client.get("/you/").text
    enrol(client)
    assert client.get("/").status_code == 200 and "demands a second factor" not in client.get("/you/").text
    assert "cannot deactivate" in client.post("/you/second-factor/remove/").text
    assert client.get("/").status_code == 200 and half_in("admin").get("/").status_code == 302


def test_a_session_from_before_the_demand_gives_the_code_once(settings, admin):
    client = browser("admin")
    secret = enrol(client)
    forget_proofs(client)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": 1.0}]
    session.save()
    settings.REQUIRE_SECOND_FACTOR = "admins"
    assert client.get("/people/")["Location"] == "/confirm/code/?next=%2Fpeople%2F"
    assert client.get("/admin/")["Location"].startswith("/confirm/code/"), "administration too"
    answer = client.post("/confirm/code/", {"code": code(secret), "next": "/people/"})
    assert answer["Location"] == "/people/" and client.get("/people/").status_code == 200
