"""The pages of passkeys: one's own, an admin's view, and the yes that a passkey signs."""

import json

import pytest
from django.urls import reverse

from accounts import passkeys
from accounts.models import Passkey
from approvals import settlement
from approvals.models import Change, Review
from tests.approvals.authenticator import Authenticator
from tests.approvals.browsing import action_page, decide, get, post, words
from tests.approvals.signing import device_of
from tests.asks import submit
from tests.publishing import publish

pytestmark = pytest.mark.django_db
NEW, BEGIN, OWN = "/you/passkeys/new/", "/you/passkeys/begin/", "/you/passkeys/"


@pytest.fixture
def here(client):
    """Pages as they are opened where passkeys work."""
    client.defaults["HTTP_HOST"] = passkeys.relying_party().host
    return client


@pytest.fixture
def wants(shop, alice, bob, now):
    publish(checkpoint="shop/refund", pattern="refund", passkey="required", deadline_seconds=600, at=now)
    return submit(shop, at=now).action


def begun(client, person):
    return json.loads(post(client, person, BEGIN).content)


def add(client, person, device, *, name="Laptop", challenge=None):
    challenge = challenge or begun(client, person)["creation"]["challenge"]
    return client.post(NEW, {"name": name, "credential": json.dumps(device.create(challenge))})


def stated(client, action, **said):
    seen = settlement.shown(action, policy=action.policy)
    return client.post(reverse("statement", args=[action.pk]), {"verdict": "approve", "seen": seen, **said})


def test_a_person_registers_a_passkey_and_an_admin_confirms_it(here, alice, admin, second):
    device = Authenticator.here()
    assert add(here, alice, device).headers["Location"] == OWN
    assert "waits for an admin" in get(here, alice, OWN).text
    page = get(here, admin, "/people/alice/").text
    assert "Laptop" in page and "A change waits" in page
    assert "A passkey of" in get(here, admin, "/changes/").text
    address = reverse("change", args=[Change.objects.get(about="passkey").pk])
    assert "Ask alice themselves" in get(here, admin, address).text
    post(here, admin, address, do="confirm")
    assert "counts" in get(here, alice, OWN).text and Passkey.objects.get().live


def test_a_challenge_is_good_once(here, alice):
    challenge = begun(here, alice)["creation"]["challenge"]
    assert add(here, alice, Authenticator.here(), challenge=challenge).status_code == 302
    again = add(here, alice, Authenticator.here(), challenge=challenge)
    assert again.status_code == 422 and "Begin again" in again.text and Passkey.objects.count() == 1


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"name": ""}, "Give it a name"), ({"name": "x" * 61}, "under 60"), ({"credential": ""}, "needs JavaScript"),
        ({"credential": "{"}, "Begin again"), ({"credential": "[]"}, "Begin again"),
        ({"credential": "{}"}, "Begin again"), ({"introduced": "[]"}, "Begin again"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_registers_nothing(here, alice, said, why):
    challenge = begun(here, alice)["creation"]["challenge"]
    whole = {"name": "Laptop", "credential": json.dumps(Authenticator.here().create(challenge))}
    answer = here.post(NEW, whole | said)
    assert answer.status_code == 422 and why in answer.text and not Passkey.objects.exists()


def test_only_who_was_confirmed_a_moment_ago_begins(here, alice):
    here.force_login(alice)
    session = here.session
    session.pop("account_authentication_methods", None)
    session.save()
    assert here.post(BEGIN).status_code == 403
    assert "/confirm/" in here.get(NEW).headers["Location"]


def test_an_introduction_that_was_broken_off_leaves_nothing_for_an_admin(here, alice, now):
    device_of(alice, at=now)
    challenge = begun(here, alice)["creation"]["challenge"]
    made = {"name": "Key ring", "credential": json.dumps(Authenticator.here().create(challenge)), "vouched": "on"}
    answer = here.post(NEW, made)
    assert answer.status_code == 422 and "None of your passkeys introduced it" in answer.text
    assert Passkey.objects.count() == 1 and not Change.objects.exists()


def test_what_an_admin_is_asked_about_keeps_its_name_and_is_taken_back_whole(here, alice, second):
    add(here, alice, Authenticator.here())
    key = Passkey.objects.get()
    answer = post(here, alice, f"/you/passkeys/{key.pk}/name/", name="The CEO's key")
    assert answer.status_code == 422 and "by this name" in answer.text
    post(here, alice, f"/you/passkeys/{key.pk}/revoke/")
    assert Change.objects.get().state == "withdrawn"


def test_one_names_and_revokes_ones_own(here, alice, bob, admin, now):
    device_of(alice, at=now)
    key = Passkey.objects.get()
    post(here, alice, f"/you/passkeys/{key.pk}/name/", name="Key ring")
    assert "Key ring" in get(here, alice, OWN).text
    assert post(here, bob, f"/you/passkeys/{key.pk}/name/", name="Mine").status_code == 422
    assert post(here, bob, f"/you/passkeys/{key.pk}/revoke/").status_code == 404
    assert post(here, admin, f"/you/passkeys/{key.pk}/revoke/").headers["Location"] == "/people/alice/"
    assert "revoked by admin" in get(here, alice, OWN).text
    assert post(here, alice, f"/you/passkeys/{key.pk}/revoke/").status_code == 422


def test_under_another_address_the_pages_lead_to_where_passkeys_work(client, alice, wants, now):
    device_of(alice, at=now)
    client.defaults["HTTP_HOST"] = passkeys.relying_party().host.replace("localhost", "127.0.0.1")
    there = passkeys.relying_party().origin
    assert f'href="{there}{OWN}"' in get(client, alice, OWN).text
    page = get(client, alice, action_page(wants)).text
    assert "works under another address" in page and f'href="{there}{action_page(wants)}"' in page
    assert there in get(client, alice, NEW).text


def test_who_has_none_is_led_to_register_one_and_may_still_say_no(here, alice, wants, now):
    page = get(here, alice, action_page(wants)).text
    assert "Each yes needs a passkey here" in page and f'href="{OWN}"' in page and "data-statement" not in page
    answer = decide(here, alice, wants, "approve")
    assert "passkey_missing" in answer.headers["Location"]
    assert "signed with a passkey" in here.get(answer.headers["Location"]).text
    wants.refresh_from_db()
    assert wants.state == "pending"
    decide(here, alice, wants, "deny", reason="the values are wrong")
    wants.refresh_from_db()
    assert wants.state == "denied"


def test_a_yes_is_stated_signed_and_recorded(here, alice, wants, now):
    device = device_of(alice, at=now)
    page = get(here, alice, action_page(wants)).text
    assert "by your passkey" in words(get(here, alice, action_page(wants))) and "data-statement" in page
    assert "Approve without it" not in page
    said = json.loads(stated(here, wants).content)
    assert [each["id"] for each in said["options"]["allowCredentials"]] == [device.name]
    signed = {"statement": said["token"], "assertion": json.dumps(device.sign(said["stmt"].encode()))}
    answer = decide(here, alice, wants, "approve", **signed)
    assert "recorded" in answer.headers["Location"] and Review.objects.get().webauthn


def test_where_it_may_be_left_out_the_page_says_so(here, alice, asked, now):
    device_of(alice, at=now)
    assert "Approve without it" in get(here, alice, action_page(asked)).text
    assert "recorded" in decide(here, alice, asked, "approve").headers["Location"]


def test_a_statement_belongs_to_its_person_and_session(here, alice, bob, wants, now):
    mine, his = device_of(alice, at=now), device_of(bob, at=now)
    here.force_login(alice)
    said = json.loads(stated(here, wants).content)
    signed = {"statement": said["token"], "assertion": json.dumps(mine.sign(said["stmt"].encode()))}
    assert "ceremony_over" in decide(here, bob, wants, "approve", **signed).headers["Location"]
    assert "ceremony_over" in decide(here, alice, wants, "approve", **signed).headers["Location"]  # signed in anew
    broken = signed | {"statement": said["token"] + "x"}
    assert "ceremony_over" in decide(here, alice, wants, "approve", **broken).headers["Location"]
    assert his and not Review.objects.exists()


def test_a_statement_is_refused_as_the_yes_would_be(here, alice, mallory, wants, now):
    device_of(alice, at=now)
    here.force_login(alice)
    answer = stated(here, wants, seen="x" * 43)
    assert answer.status_code == 409 and json.loads(answer.content)["told"] == "stale_view"
    here.force_login(mallory)
    assert stated(here, wants).status_code in (404, 409)
    device_of(mallory, at=now)
    assert stated(here, wants).status_code == 404
    assert here.get(reverse("statement", args=[wants.pk])).status_code == 405


def test_the_directory_is_for_admins(here, alice, admin, now):
    device_of(alice, at=now)
    assert get(here, alice, "/people/directory.json").status_code == 404
    said = json.loads(get(here, admin, "/people/directory.json").content)
    (one,) = [each for each in said["people"] if each["sub"] == "user:alice"]
    assert one["passkeys"][0]["alg"] == -7 and one["roles"][0]["role"] == "payments-owner"
