"""Sign-in, sign-out and password, as a person meets them."""

import pytest
from django.test import Client

from accounts.models import User

SIGN_IN = "/sign-in/"


def sign_in(client, name="alice", password="alice-password", **more):
    return client.post(SIGN_IN, {"login": name, "password": password, **more})


def signed_in(client) -> bool:
    return "_auth_user_id" in client.session


def test_right_password_signs_in(client, alice):
    answer = sign_in(client)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert signed_in(client)


def test_person_comes_back_to_the_page_they_wanted(client, alice):
    assert client.get("/?view=decided")["Location"] == "/sign-in/?next=/%3Fview%3Ddecided"
    assert sign_in(client, next="/?view=decided")["Location"] == "/?view=decided"


def test_sign_in_never_leads_to_a_foreign_place(client, alice):
    assert sign_in(client, next="https://elsewhere.example/")["Location"] == "/"


@pytest.mark.parametrize(("name", "password"), [("alice", "wrong"), ("nobody", "alice-password"), ("alice", "")])
def test_wrong_name_or_password_is_refused_in_the_same_words(client, alice, name, password):
    answer = sign_in(client, name, password)
    assert answer.status_code == 200 and not signed_in(client)
    if password:
        assert "The username and/or password you specified are not correct." in answer.text


def test_person_who_left_is_refused(client, alice):
    User.objects.update(is_active=False)
    answer = sign_in(client)
    assert answer["Location"] == "/sign-in/inactive/" and not signed_in(client)
    assert client.get("/sign-in/inactive/").status_code == 200


def test_person_who_leaves_is_out_at_once(client, alice):
    sign_in(client)
    User.objects.update(is_active=False)
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("path", ["/sign-up/", "/signup/", "/accounts/signup/", "/accounts/login/", "/password/reset/"])
def test_nobody_opens_an_account_alone(client, db, path):
    assert client.get(path).status_code == 404
    assert "sign up" not in client.get(SIGN_IN).text.lower()


def test_fifth_wrong_password_closes_the_name_even_for_the_right_one(client, alice, bob):
    for _ in range(5):
        sign_in(client, password="wrong")
    answer = sign_in(client)
    assert "Too many failed login attempts" in answer.text and not signed_in(client)
    assert sign_in(Client(REMOTE_ADDR="127.0.0.9"), "bob", "bob-password").status_code == 302


def test_one_address_cannot_try_name_after_name(client, alice):
    for number in range(10):
        sign_in(client, f"guess-{number}", "wrong")
    assert "Too many failed login attempts" in sign_in(client).text
    assert not signed_in(client)


def test_flood_of_sign_ins_is_told_to_wait(client, alice):
    answers = [sign_in(client, password="wrong") for _ in range(31)]
    assert [answer.status_code for answer in answers[:30]] == [200] * 30
    assert answers[30].status_code == 429 and "<html" in answers[30].text


def test_limits_are_counted_in_the_database(settings):
    """A Redis that is away must neither lock people out nor lift the limits."""
    assert settings.CACHES["default"]["BACKEND"] == "django.core.cache.backends.db.DatabaseCache"


def test_link_signs_nobody_out(client, alice):
    sign_in(client)
    assert client.get("/sign-out/").status_code == 200
    assert signed_in(client)


def test_sign_out_ends_the_session_on_the_server(client, alice):
    sign_in(client)
    cookie = client.cookies["placet_session"].value
    assert client.post("/sign-out/")["Location"] == SIGN_IN
    stolen = Client()
    stolen.cookies["placet_session"] = cookie
    assert stolen.get("/").status_code == 302


def test_password_change_ends_every_other_session(client, alice):
    other = Client()
    sign_in(other)
    sign_in(client)
    new = {"oldpassword": "alice-password", "password1": "orchid-rainy-lamp", "password2": "orchid-rainy-lamp"}
    assert client.post("/password/", new).status_code == 302
    assert client.get("/").status_code == 200
    assert other.get("/").status_code == 302
    alice.refresh_from_db()
    assert alice.check_password("orchid-rainy-lamp")


@pytest.mark.parametrize(
    ("old", "new"), [("wrong", "orchid-rainy-lamp"), ("alice-password", "short"), ("alice-password", "password1234")]
)
def test_password_change_is_refused(client, alice, old, new):
    sign_in(client)
    assert client.post("/password/", {"oldpassword": old, "password1": new, "password2": new}).status_code == 200
    alice.refresh_from_db()
    assert alice.check_password("alice-password")


def test_form_from_another_site_is_refused(alice):
    strict = Client(enforce_csrf_checks=True)
    assert sign_in(strict).status_code == 403


def test_session_cookie_is_out_of_reach_of_scripts(client, alice):
    sign_in(client)
    cookie = client.cookies["placet_session"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["max-age"] == 12 * 3600


@pytest.mark.parametrize("path", [SIGN_IN, "/sign-in/inactive/"])
def test_page_allows_no_inline_code_and_no_frame(client, db, path):
    rules = client.get(path)["Content-Security-Policy"]
    assert "unsafe" not in rules and "default-src 'none'" in rules and "frame-ancestors 'none'" in rules
