"""Signing in with somebody else's sign-in, over real sockets: who is let in, and everybody who is not."""

import base64
import json
import re
import sqlite3
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from . import provider as providers

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


def lead(browser, *, then="/you/"):
    """Begin; return where the provider asks for the person."""
    return browser.get("/sign-in/provider/", params={"next": then}).headers["location"]


def answer(place, sub, **more):
    """What the provider sends the person back with."""
    return httpx2.post(place, data={"sub": sub, **more}).headers["location"]


def come_back(browser, sub):
    return browser.get(answer(lead(browser), sub))


def is_in(browser):
    return browser.get("/you/").status_code == 200


def token(said, **changed):
    """The ID token with some of its claims changed. Its signature is void then."""
    head, body, mark = said["id_token"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "==")) | changed
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return said | {"id_token": f"{head}.{body}.{mark}"}


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


def test_the_other_pages_of_the_library_are_not_there(browser):
    for path in (
        "/social/signup/",
        "/social/connections/",
        "/accounts/oidc/provider/login/",
        "/sign-in/provider/signup/",
    ):
        assert browser.get(path).status_code == 404
