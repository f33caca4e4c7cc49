"""An account is opened by an admin and taken up by its person, who alone ever knows the password."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from accounts import errors, invitations, roles
from accounts.models import Invitation, Notice, User

from .signing import browser, is_in

pytestmark = pytest.mark.django_db
PASSWORD = "orchid-rainy-lamp"
NEW = {"new_password1": PASSWORD, "new_password2": PASSWORD}


@pytest.fixture
def dora(db):
    made = User(username="dora")
    made.set_unusable_password()
    made.save()
    return made


@pytest.fixture
def link(dora, admin, now):
    return f"/invitation/{invitations.issue(person=dora, by=admin, at=now)}/"


def test_a_person_sets_their_password_once_and_the_admin_is_told(link, dora, admin):
    page = Client().get(link)
    assert page.status_code == 200 and "dora" in page.text and "no-store" in page["Cache-Control"]
    assert Client().post(link, NEW)["Location"] == "/sign-in/"
    assert is_in(browser("dora", password=PASSWORD))
    assert "dora took up the invitation" in Notice.objects.get(person=admin).text
    again = {"new_password1": "another-long-lamp", "new_password2": "another-long-lamp"}
    assert Client().get(link).status_code == Client().post(link, again).status_code == 404
    assert is_in(browser("dora", password=PASSWORD))


@pytest.mark.parametrize("said", [{"new_password2": "other"}, {"new_password1": "short", "new_password2": "short"}])
def test_a_weak_or_mistyped_password_is_refused_and_the_link_stays(link, said):
    assert Client().post(link, NEW | said).status_code == 422
    assert Client().post(link, NEW).status_code == 302


def test_links_that_are_over_foreign_or_replaced_are_not_there(link, dora, admin, alice, now):
    token = link.split("/")[2]
    for wrong in ("x", token[:-1] + ("A" if token[-1] != "A" else "B"), token.upper()):
        assert Client().get(f"/invitation/{wrong}/").status_code == 404
    with pytest.raises(errors.BadInvitation):
        invitations.find(token, at=now + timedelta(days=3))
    newer = invitations.issue(person=dora, by=admin, at=now)
    assert Client().get(link).status_code == 404 and Client().get(f"/invitation/{newer}/").status_code == 200


def test_only_a_hash_of_the_link_is_kept(link):
    assert link.split("-", 1)[1].strip("/").encode() not in bytes(Invitation.objects.get().secret_hash)


def test_an_admin_makes_the_link_on_the_persons_page_and_sees_it_once(client, dora, admin, mallory):
    from approvals.models import Entry

    client.force_login(mallory)
    assert client.post("/people/dora/invitation/").status_code == 404
    client.force_login(admin)
    page = client.post("/people/dora/invitation/")
    place = page.text.partition("/invitation/")[2].partition("<")[0]
    assert Client().get(f"/invitation/{place}").status_code == 200
    assert place.strip("/") not in client.get("/people/dora/").text
    assert Entry.objects.filter(event="person.invited", actor="user:admin").count() == 1


def test_nobody_is_given_a_role_before_they_came(link, dora, admin, now):
    from approvals import changes
    from approvals.errors import BadChange

    told = {"role": "night", "members": [{"person": "dora"}]}
    with pytest.raises(BadChange, match="not taken up the invitation"):
        changes.propose(author=admin, about="role", subject="night", proposed=told, at=now)
    Client().post(link, NEW)
    assert changes.propose(author=admin, about="role", subject="night", proposed=told, at=now)


@pytest.mark.parametrize("who", ["alice", "admin", "other"])
def test_no_admin_invites_who_decides_who_is_an_admin_or_themselves(client, alice, admin, who):
    User.objects.create_user("other", is_staff=True)
    client.force_login(admin)
    assert client.post(f"/people/{who}/invitation/").status_code == 422 and not Invitation.objects.exists()


def test_a_link_is_void_once_its_person_decides(link, dora, now):
    roles.give(role="payments-owner", user=dora, at=now)
    assert Client().get(link).status_code == Client().post(link, NEW).status_code == 404


def test_an_operator_invites_also_who_decides(alice, now):
    old, told = browser(), StringIO()
    call_command("invite", "alice", stdout=told)
    place = told.getvalue().partition("/invitation/")[2].strip()
    assert Client().post(f"/invitation/{place}", NEW).status_code == 302
    assert not is_in(old) and is_in(browser(password=PASSWORD))


def test_who_has_no_access_takes_up_nothing(link, dora):
    User.objects.filter(pk=dora.pk).update(is_active=False)
    assert Client().post(link, NEW).status_code == 404


def test_who_has_no_password_is_led_to_their_own_page(client, dora):
    client.force_login(dora)
    assert client.get("/password/")["Location"] == "/you/" and client.get("/you/").status_code == 200


def test_a_guesser_is_told_to_wait(db):
    answers = [Client().post("/invitation/0123456789abcdef-nothing/", NEW).status_code for _ in range(21)]
    assert answers == [404] * 20 + [429]
