"""Signing in with somebody else's sign-in, over real sockets: who is let in, and everybody who is not."""

import re
import sqlite3
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.accounts.signing import code

from . import provider as providers
from .provider import answer, come_back, enter, is_in, lead, send, send_as_nobody, token

UNKNOWN = "No account here has your mail address"
ODD = "answer could not be taken"


@pytest.fixture(scope="module")
def provider():
    with providers.opened() as made:
        yield made


@pytest.fixture(scope="module")
def var(tmp_path_factory):
    return tmp_path_factory.mktemp("sso")


@pytest.fixture(scope="module")
def console(provider, var):
    with providers.trusting(provider, var) as url:
        yield url


@pytest.fixture
def browser(console, provider):
    provider.lie = None
    with httpx2.Client(base_url=console, timeout=10) as made:
        yield made
    provider.lie = None


def test_the_sign_in_page_offers_it(browser):
    page = browser.get("/sign-in/?next=/people/").text
    assert "Continue with Example login" in page and "/sign-in/provider/?next=%2Fpeople%2F" in page


def test_a_verified_mail_address_lets_its_person_in_and_ties_them(browser, var):
    told = come_back(browser, "a-1")
    assert (told.status_code, told.headers["location"]) == (302, "/you/")
    page = browser.get("/you/").text
    assert "You are <b>" in page and "alice" in page and "by single sign-on" in page
    with sqlite3.connect(var / "placet.sqlite3") as rows:
        assert rows.execute("SELECT uid, extra_data FROM socialaccount_socialaccount").fetchall() == [("a-1", "{}")]
        assert rows.execute("SELECT count(*) FROM socialaccount_socialtoken").fetchone() == (0,)
        assert rows.execute("SELECT count(*) FROM accounts_user").fetchone() == (len(providers.PEOPLE),)


def test_the_same_address_under_another_identity_is_refused_from_then_on(browser):
    assert come_back(browser, "a-1").status_code == 302
    browser.cookies.clear()
    told = come_back(browser, "a-2")
    assert told.status_code == 403 and UNKNOWN in told.text and not is_in(browser)


@pytest.mark.parametrize(
    "sub", ["b-1", "b-2", "m-1", "n-1", "x-1"],
    ids=["not verified", "verified in words", "unknown", "no address", "two people have it"],
)  # fmt: skip
def test_whoever_is_not_known_for_sure_is_refused_and_gets_no_account(browser, sub):
    told = come_back(browser, sub)
    assert told.status_code == 403 and UNKNOWN in told.text and not is_in(browser)


def test_who_has_no_access_is_refused(browser):
    assert come_back(browser, "g-1").headers["location"] == "/sign-in/inactive/" and not is_in(browser)


def test_the_way_there_proves_who_began_it(browser):
    asked = parse_qs(urlsplit(lead(browser)).query)
    assert asked["code_challenge_method"] == ["S256"] and len(asked["code_challenge"][0]) == 43
    assert asked["response_type"] == ["code"] and len(asked["state"][0]) >= 16


@pytest.mark.parametrize(
    "change", [lambda url: re.sub("state=[^&]+", "state=x", url), lambda url: url.split("&state")[0]]
)
def test_an_answer_to_another_question_is_refused(browser, change):
    told = browser.get(change(answer(lead(browser), "a-1")))
    assert told.status_code in (401, 403) and ODD in told.text and not is_in(browser)


def test_an_answer_to_another_browser_is_refused(browser, console):
    back = answer(lead(browser), "a-1")
    with httpx2.Client(base_url=console) as thief:
        assert ODD in thief.get(back).text and not is_in(thief)


def test_an_answer_is_taken_once(browser):
    back = answer(lead(browser), "a-1")
    assert browser.get(back).status_code == 302
    browser.cookies.clear()
    assert ODD in browser.get(back).text and not is_in(browser)


@pytest.mark.parametrize(
    "lie",
    [
        lambda path, said: token(said, aud="somebody-else") if path == "/oauth2/token" else said,
        lambda path, said: token(said, iss="https://elsewhere.example") if path == "/oauth2/token" else said,
        lambda path, said: token(said, exp=1) if path == "/oauth2/token" else said,
        lambda path, said: token(said, sub="b-1") if path == "/oauth2/token" else said,
        lambda path, said: said | {"sub": "b-1"} if path == "/userinfo" else said,
        lambda path, said: {} if path == "/oauth2/token" else said,
        lambda path, said: {"keys": []} if path.endswith("openid-configuration") else said,
    ],
    ids=["audience", "issuer", "expired", "token of another", "two people", "no token", "no document"],
)
def test_an_answer_that_does_not_fit_is_refused(browser, provider, lie):
    back = answer(lead(browser), "a-1")
    provider.lie = lie
    told = browser.get(back)
    assert told.status_code in (401, 403) and not is_in(browser), told.text


def test_a_document_that_speaks_for_somebody_else_is_refused(browser, provider):
    other = "https://elsewhere.example"
    provider.lie = lambda path, said: (
        said | {"issuer": other} if "openid" in path else token(said, iss=other) if path == "/oauth2/token" else said
    )
    told = come_back(browser, "a-1")
    assert told.status_code == 403 and "another name" in told.text and not is_in(browser)


@pytest.mark.parametrize(
    "lie",
    [
        lambda path, said: said | {"email": "bob@example.org"} if path == "/userinfo" else said,
        lambda path, said: said | {"email_verified": False} if path == "/userinfo" else said,
        lambda path, said: {n: v for n, v in said.items() if n != "email_verified"} if path == "/userinfo" else said,
    ],
    ids=["two addresses", "verified and not", "said of another answer"],
)  # fmt: skip
def test_an_address_counts_when_the_answers_agree_on_it(browser, provider, var, lie):
    """A provider's profile may say an address that its owner typed; the ID token is asked about that too."""
    with sqlite3.connect(var / "placet.sqlite3") as rows:
        rows.execute("DELETE FROM socialaccount_socialaccount")
    place = answer(lead(browser), "a-1")
    provider.lie = lambda path, said: (
        token(lie(path, said), email="alice@example.org", email_verified=True)
        if path == "/oauth2/token"
        else lie(path, said)
    )
    told = browser.get(place)
    assert told.status_code == (302 if lie("/userinfo", {"email_verified": 1}) == {} else 403), told.text


def test_breaking_it_off_leads_back(browser):
    told = browser.get(answer(lead(browser), "a-1", action="deny"), follow_redirects=True)
    assert "You broke it off there" in told.text and not is_in(browser)


def test_nobody_ties_another_identity_to_themselves(browser):
    assert come_back(browser, "a-1").status_code == 302
    place = browser.get("/sign-in/provider/", params={"process": "connect"}).headers["location"]
    assert browser.get(answer(place, "m-1")).status_code == 403


def test_it_never_leads_to_a_foreign_place(browser):
    place = lead(browser, then="https://elsewhere.example/")
    assert browser.get(answer(place, "a-1")).headers["location"] == "/"


def test_a_provider_that_is_away_is_said_and_the_password_still_works(browser, provider):
    def away(path, said):
        raise OSError("nobody here")

    provider.lie = away
    told = browser.get("/sign-in/provider/")
    assert told.status_code in (401, 403) and ODD in told.text
    page = browser.get("/sign-in/").text
    said = {
        "login": "bob",
        "password": "bob-password",
        "csrfmiddlewaretoken": re.search(r'token" value="(\w+)', page)[1],
    }
    assert (
        browser.post("/sign-in/", data=said, headers={"Origin": str(browser.base_url).rstrip("/")}).status_code == 302
    )
    assert is_in(browser)


def test_an_admin_unties_somebody_and_another_identity_takes_the_place(browser, console, var):
    with sqlite3.connect(var / "placet.sqlite3") as rows:
        rows.execute("DELETE FROM socialaccount_socialaccount")
    assert come_back(browser, "a-1").status_code == 302
    assert "tied to your sign-in of Example login" in browser.get("/you/").text
    with httpx2.Client(base_url=console, timeout=10) as admin:
        assert enter(admin, "root").status_code == 302
        assert "Untie from single sign-on" in admin.get("/people/alice/").text
        assert send(admin, "/people/alice/identity/").headers["location"] == "/people/alice/"
        assert "Untie" not in admin.get("/people/alice/").text
        assert send(admin, "/people/alice/identity/").status_code == 422, "there is nothing any more"
        assert send(admin, "/people/root/identity/").status_code == 422, "not of an admin, and not of oneself"
    assert not is_in(browser), "whoever was in is out"
    assert send_as_nobody(browser, "/people/bob/identity/").status_code in (302, 403)
    assert come_back(browser, "a-2").status_code == 302 and is_in(browser)
    with sqlite3.connect(var / "placet.sqlite3") as rows:
        assert rows.execute("SELECT uid FROM socialaccount_socialaccount").fetchall() == [("a-2",)]
        events = "SELECT actor FROM approvals_entry WHERE event = 'person.untied'"
        assert rows.execute(events).fetchall() == [("user:root",)]


def test_the_second_factor_is_asked_for_here_too(browser):
    """`OIDC_SECOND_FACTOR` is off: what the provider asked is its own affair."""
    told = come_back(browser, "t-1")
    assert told.headers["location"].startswith("/sign-in/code/") and not is_in(browser)
    page = browser.get("/sign-in/code/").text
    said = {"code": code(providers.TOTP), "csrfmiddlewaretoken": re.search(r'token" value="(\w+)', page)[1]}
    browser.post("/sign-in/code/", data=said, headers={"Origin": str(browser.base_url).rstrip("/")})
    assert is_in(browser) and "single sign-on" in browser.get("/you/").text


def test_who_confirms_is_asked_by_the_provider_again(browser, provider):
    assert come_back(browser, "a-2").status_code == 302
    place = lead(browser)
    assert parse_qs(urlsplit(place).query)["prompt"] == ["login"], "whatever the link said"
    provider.lie = lambda path, said: token(said, auth_time=1_700_000_000) if path == "/oauth2/token" else said
    told = browser.get(answer(place, "a-2"))
    assert told.status_code == 403 and "did not ask you again" in told.text


@pytest.fixture(scope="module")
def by_name(provider, tmp_path_factory):
    """Another console: names find people, and the provider's second factor counts."""
    told = {"OIDC_CLAIM": "preferred_username", "OIDC_SECOND_FACTOR": "1", "REQUIRE_SECOND_FACTOR": "everybody"}
    with providers.trusting(provider, tmp_path_factory.mktemp("names"), **told) as url:
        yield url


def test_where_names_find_people_they_are_taken_letter_by_letter_and_never_find_an_admin(by_name, provider):
    provider.lie = None
    with httpx2.Client(base_url=by_name, timeout=10) as browser:
        for sub in ("A-1", "r-1", "e-1", "a-1"):  # other capitals, an admin's name, no name, none at all
            told = come_back(browser, sub)
            assert told.status_code == 403 and "No account here has your name" in told.text and not is_in(browser), sub
        assert come_back(browser, "m-1").status_code == 302, "whoever the provider calls alice is alice here"
        assert "alice" in browser.get("/you/").text


def test_the_providers_second_factor_counts_where_the_operator_says_so_and_a_password_alone_does_not(by_name, provider):
    provider.lie = None
    with httpx2.Client(base_url=by_name, timeout=10) as browser:
        assert come_back(browser, "t-1").headers["location"] == "/you/", "tom's app is not asked for"
        assert browser.get("/verify/").status_code == browser.get("/").status_code == 200
        browser.cookies.clear()
        assert enter(browser, "bob").status_code == 302 and browser.get("/").headers["location"] == "/you/"


def test_addresses_are_the_same_in_capitals_of_ascii_alone():
    from accounts.identities import is_same_address

    assert is_same_address("Alice@Example.org", "alice@example.ORG")
    for other in (
        "al\u0131ce@example.org",
        "alice@ex\u0430mple.org",
        "alice@example.org.evil",
        "a\u017flice@example.org",
    ):
        assert not is_same_address("alice@example.org", other) and not is_same_address("ALICE@EXAMPLE.ORG", other)
    assert is_same_address("zo\u00eb@example.org", "zo\u00eb@example.org")


def test_the_other_pages_of_the_library_are_not_there(browser):
    for path in (
        "/social/signup/",
        "/social/connections/",
        "/accounts/oidc/provider/login/",
        "/sign-in/provider/signup/",
    ):
        assert browser.get(path).status_code == 404
