"""The admin: people are made there, and the map is looked at; nobody takes an admin or an owner over."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin import site
from django.test import Client

from accounts import absences, roles
from accounts.models import Membership, Role, Server, User
from approvals import changes, errors, reviews
from approvals.models import Checkpoint, Entry, Finding, Policy


@pytest.fixture
def admin(db):
    return User.objects.create_superuser("admin", password="admin-password")


@pytest.fixture
def inside(admin):
    client = Client()
    client.force_login(admin)
    return client


def pages(*names):
    return [f"/admin/{name}" for name in names]


EVERY_PAGE = pages(
    "", "accounts/user/", "accounts/user/add/", "accounts/role/", "accounts/server/", "approvals/policy/",
    "approvals/checkpoint/",
)  # fmt: skip
GOVERNED = pages("accounts/role/", "accounts/server/", "approvals/policy/", "approvals/checkpoint/")


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_page_opens_under_the_strict_rules(inside, refund, path):
    answer = inside.get(path)
    assert answer.status_code == 200
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert " style=" not in answer.text and " onclick=" not in answer.text


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_stranger_is_sent_to_the_one_sign_in_page(client, db, path):
    assert client.get(path, follow=True).redirect_chain[-1] == (f"/sign-in/?next={path}", 302)


def test_there_is_no_second_door(client, inside, alice):
    assert client.get("/admin/login/").status_code == 302
    assert client.post("/admin/login/", {"username": "alice", "password": "alice-password"}).status_code == 302
    assert "_auth_user_id" not in client.session
    assert inside.get("/admin/login/")["Location"] == "/admin/"
    assert inside.get("/admin/password_change/")["Location"] == "/password/"


def test_owner_of_payments_finds_no_admin(client, alice):
    client.force_login(alice)
    assert client.get("/admin/", follow=True).status_code == 404


@pytest.mark.parametrize("path", GOVERNED)
def test_what_is_governed_is_only_looked_at(inside, refund, alice, shop, path):
    kind = {"role": Role, "server": Server, "policy": Policy, "checkpoint": Checkpoint}[path.split("/")[-2]]
    one = f"{path}{kind.objects.first().pk}/"
    assert inside.get(f"{one}change/").status_code == 200
    for address in (f"{path}add/", f"{one}change/", f"{one}delete/"):
        assert inside.post(address, {"name": "other", "title": "Other"}).status_code == 403, address
    assert inside.get(f"{path}add/").status_code == 403
    before = kind.objects.count()
    inside.post(path, {"action": "delete_selected", "_selected_action": [kind.objects.first().pk], "post": "yes"})
    assert kind.objects.count() == before


@pytest.mark.parametrize(
    ("path", "model", "leads_to"),
    [
        ("accounts/role/", Role, "/roles/payments-owner/"), ("accounts/server/", Server, "/servers/shop/"),
        ("approvals/checkpoint/", Checkpoint, "/checkpoints/"),
    ],
)  # fmt: skip
def test_what_is_governed_leads_to_its_own_page(inside, refund, shop, path, model, leads_to):
    assert f'href="{leads_to}' in inside.get(f"/admin/{path}").text
    assert f'href="{leads_to}' in inside.get(f"/admin/{path}{model.objects.get().pk}/change/").text


def test_there_is_no_way_round_it(inside):
    known = {model.__name__ for model in site._registry}
    assert known == {"User", "Role", "Server", "Policy", "Checkpoint"}, "whatever else opens here has to be governed"
    assert inside.get("/admin/auth/group/").status_code == 404


def test_every_revision_of_a_checkpoint_is_shown_with_who_confirmed_it(inside, refund):
    page = inside.get(f"/admin/approvals/checkpoint/{Checkpoint.objects.get().pk}/change/").text
    assert "approval: payments-owner" in page and "Confirmed by" in page


# ── People ────────────────────────────────────────────────────────────────────────────────────────────────────────
PASSWORD = {"password1": "orchid-rainy-lamp", "password2": "orchid-rainy-lamp"}


@pytest.fixture
def other(db):
    return User.objects.create_superuser("other", email="other@example.org", password="other-password")


def change(client, person, **said):
    return client.post(f"/admin/accounts/user/{person.pk}/change/", {"is_active": "on"} | said)


def test_a_person_is_added_without_any_right(inside, admin):
    said = PASSWORD | {"username": "dora", "is_staff": "on", "is_superuser": "on"}
    assert inside.post("/admin/accounts/user/add/", said).status_code == 302
    made = User.objects.get(username="dora")
    assert not made.is_staff and not made.is_superuser and not Membership.objects.exists()
    assert not made.has_usable_password(), "nobody but dora ever knows it"
    assert Entry.objects.get(event="person.added").actor == admin.urn


@pytest.mark.parametrize("name", ["\u0430lice", "Alice", "ａlice", "ali\u200bce"])
def test_nobody_is_added_who_looks_like_somebody_else(inside, alice, name):
    answer = inside.post("/admin/accounts/user/add/", PASSWORD | {"username": name})
    assert answer.status_code == 200 and User.objects.count() == 2


def test_an_account_is_closed_at_once_and_on_record(inside, admin, alice):
    change(inside, alice, is_active="", first_name="Alice")
    alice.refresh_from_db()
    assert (alice.is_active, alice.first_name) == (False, "Alice")
    assert Entry.objects.get(event="person.changed").actor == admin.urn


def test_whoever_is_let_in_again_holds_nothing(inside, asked, alice, bob):
    """Else one admin gave back what it takes two to give; and the record of who held what would have a hole."""
    change(inside, alice, is_active="")
    change(inside, alice)
    alice.refresh_from_db()
    at = datetime.now(UTC)
    assert alice.is_active and not roles.held_by(alice, at=at)
    assert alice.memberships.get().ends_at <= at and held_now(at) == [bob]
    with pytest.raises(errors.NotAnOwner):
        reviews.record(action_id=asked.pk, reviewer=alice, verdict="approve", at=at)


def held_now(at):
    return [held.person for held in Membership.objects.filter(Membership.at(at))]


def test_no_admin_is_let_in_again_by_one_alone(inside, other):
    change(inside, other, is_active="")
    change(inside, other)
    other.refresh_from_db()
    assert not other.is_active and other.is_staff


def test_a_rule_that_lacks_people_from_then_on_is_an_exception(inside, payout, alice, bob):
    change(inside, alice, is_active="")
    assert Finding.objects.get(code="unsatisfiable").checkpoint_id == payout.checkpoint_id


def test_a_username_is_given_once(inside, alice):
    change(inside, alice, username="bob")
    alice.refresh_from_db()
    assert alice.username == "alice"


def test_people_are_not_deleted(inside, alice):
    assert inside.post(f"/admin/accounts/user/{alice.pk}/delete/").status_code == 403


@pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
def test_no_form_makes_an_admin_or_unmakes_one(inside, alice, other, right):
    change(inside, alice, **{right: "on"})
    change(inside, other)
    alice.refresh_from_db()
    other.refresh_from_db()
    assert not getattr(alice, right) and getattr(other, right)


def test_another_admin_is_not_taken_over(inside, other):
    assert inside.post(f"/admin/accounts/user/{other.pk}/password/", PASSWORD).status_code == 403
    assert inside.get(f"/admin/accounts/user/{other.pk}/password/").status_code == 403
    change(inside, other, email="mine@example.org", first_name="Mine")
    other.refresh_from_db()
    assert other.check_password("other-password") and (other.email, other.first_name) == ("other@example.org", "")
    page = inside.get(f"/admin/accounts/user/{other.pk}/change/").text
    assert "md5$" not in page and f"/user/{other.pk}/password/" not in page


def test_another_admin_loses_access_at_once_and_nobody_acts_alone_by_that(inside, other, now):
    change(inside, other, is_active="")
    other.refresh_from_db()
    assert not other.is_active and other.is_staff
    assert not changes.alone(at=now)


def test_nobody_changes_who_they_are_or_locks_themselves_out(inside, admin):
    change(inside, admin, is_active="", email="dana@example.org", first_name="Ada")
    admin.refresh_from_db()
    assert (admin.is_active, admin.email, admin.first_name) == (True, "", "Ada")
    assert inside.post(f"/admin/accounts/user/{admin.pk}/password/", PASSWORD).status_code == 403


def set_password(client, person):
    return client.post(f"/admin/accounts/user/{person.pk}/password/", PASSWORD).status_code


def test_who_holds_no_role_gets_a_new_mail_address_on_record_and_no_password(inside, admin, mallory):
    assert set_password(inside, mallory) == 403
    change(inside, mallory, email="mallory@example.org")
    mallory.refresh_from_db()
    assert mallory.check_password("mallory-password") and mallory.email == "mallory@example.org"
    assert Entry.objects.filter(event="person.changed", actor=admin.urn).count() == 1


@pytest.mark.parametrize("how", ["holds a role", "will hold one", "stands in"])
def test_one_admin_cannot_become_somebody_who_decides(inside, alice, mallory, now, how):
    person = alice if how == "holds a role" else mallory
    if how == "will hold one":
        roles.give(role="payments-owner", user=mallory, starts=now + timedelta(days=3), at=now)
    elif how == "stands in":
        absences.declare(person=alice, delegates={"payments-owner": mallory}, at=now)
    assert set_password(inside, person) == 403
    change(inside, person, email="mine@example.org", first_name="Ada")
    person.refresh_from_db()
    assert person.check_password(f"{person.username}-password") and (person.email, person.first_name) == ("", "Ada")
    assert f"/user/{person.pk}/password/" not in inside.get(f"/admin/accounts/user/{person.pk}/change/").text


def test_staff_cannot_raise_themselves_nor_take_over_a_superuser(client, admin, carol):
    from django.contrib.auth.models import Permission

    carol.is_staff = True
    carol.save()
    carol.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
    client.force_login(carol)
    own = {"username": "carol", "is_active": "on", "is_superuser": "on", "is_staff": "on"}
    client.post(f"/admin/accounts/user/{carol.pk}/change/", own)
    carol.refresh_from_db()
    assert not carol.is_superuser
    assert client.post(f"/admin/accounts/user/{admin.pk}/password/", PASSWORD).status_code == 403
    admin.refresh_from_db()
    assert admin.check_password("admin-password")
