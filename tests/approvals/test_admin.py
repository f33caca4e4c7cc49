"""The admin: people, roles, servers, checkpoints; what may be changed there and by whom."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from accounts import servers
from accounts.models import Role, Server, User
from approvals import access
from approvals.models import Checkpoint, Entry, Policy

RULE = {
    "name": "shop/refund", "kind": "tool_call", "pattern": "refund", "server": "", "need": 1,
    "deadline_seconds": 600, "valid_seconds": 300, "approval": "payments-owner", "logging": "", "exceptions": "",
}  # fmt: skip


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
    "", "accounts/user/", "accounts/user/add/", "accounts/role/", "accounts/role/add/", "accounts/server/",
    "accounts/server/add/", "approvals/policy/", "approvals/policy/add/", "approvals/checkpoint/",
)  # fmt: skip


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


def test_new_server_gets_a_token_that_is_shown_once(inside):
    answer = inside.post("/admin/accounts/server/add/", {"name": "shop", "title": "Web shop", "public_key": ""})
    token = re.search(r'value="(plc_[^"]+)"', answer.text)[1]
    assert servers.authenticate_token(token).name == "shop"
    assert "no-store" in answer["Cache-Control"]
    server = Server.objects.get(name="shop")
    assert token not in inside.get(f"/admin/accounts/server/{server.pk}/change/").text
    assert token not in str(dict(inside.session))


def test_new_token_ends_the_one_before(inside, shop, now):
    old = servers.issue_token(server=shop, at=now)
    answer = inside.post("/admin/accounts/server/", {"action": "issue_token", "_selected_action": [shop.pk]})
    assert "plc_" in answer.text
    with pytest.raises(servers.Unauthenticated):
        servers.authenticate_token(old)


def test_stopped_server_is_refused_until_it_is_started(inside, shop, now):
    token = servers.issue_token(server=shop, at=now)
    inside.post("/admin/accounts/server/", {"action": "stop", "_selected_action": [shop.pk]})
    with pytest.raises(servers.Unauthenticated):
        servers.authenticate_token(token)
    inside.post("/admin/accounts/server/", {"action": "start", "_selected_action": [shop.pk]})
    assert servers.authenticate_token(token).name == "shop"


@pytest.mark.parametrize(
    ("field", "value"), [("name", "Not A Name"), ("name", "shop"), ("public_key", "no key"), ("name", "")]
)
def test_bad_server_is_refused_beside_its_field(inside, shop, field, value):
    answer = inside.post("/admin/accounts/server/add/", {"name": "new", "title": "", "public_key": ""} | {field: value})
    assert answer.status_code == 200 and answer.context["adminform"].form.errors[field]
    assert Server.objects.count() == 1


def test_key_of_another_server_is_refused_on_the_same_page(inside, shop, now):
    key = _public_key()
    servers.set_key(server=shop, public_key=key.encode(), at=now)
    given = {"name": "new", "title": "", "public_key": key}
    answer = inside.post("/admin/accounts/server/add/", given, follow=True)
    assert "This key is known already" in answer.text
    assert not Server.objects.filter(name="new").exists()


def test_server_can_neither_be_renamed_nor_deleted(inside, shop):
    inside.post(f"/admin/accounts/server/{shop.pk}/change/", {"name": "other", "title": "Shop", "public_key": ""})
    shop.refresh_from_db()
    assert (shop.name, shop.title) == ("shop", "Shop")
    assert inside.post(f"/admin/accounts/server/{shop.pk}/delete/").status_code == 403


def test_published_policy_is_the_next_revision(inside, admin, refund):
    Role.objects.get_or_create(name="data-owner")
    name = refund.name if isinstance(refund, Checkpoint) else Checkpoint.objects.get().name
    answer = inside.post("/admin/approvals/policy/add/", RULE | {"name": name, "need": 2, "logging": "data-owner"})
    assert answer.status_code == 302
    first, second = Policy.objects.order_by("revision")
    assert (first.need, second.need, second.revision, second.created_by) == (1, 2, 2, admin)
    assert Entry.objects.filter(event="policy.published", actor=admin.urn).count() == 1


def test_new_name_makes_a_checkpoint_with_its_duties(inside, alice):
    inside.post("/admin/approvals/policy/add/", RULE)
    place = Checkpoint.objects.get(name="shop/refund")
    assert [owner.username for owner in access.owners([place.pk], at=datetime.now(UTC))[place.pk]] == ["alice"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("need", 0), ("need", 8), ("deadline_seconds", 0), ("valid_seconds", 601), ("pattern", "*****"),
     ("kind", "anything"), ("approval", ""), ("approval", "no-such-role"), ("name", "")],
)  # fmt: skip
def test_rule_that_cannot_hold_is_refused_beside_its_field(inside, alice, field, value):
    answer = inside.post("/admin/approvals/policy/add/", RULE | {field: value})
    assert answer.status_code == 200 and answer.context["adminform"].form.errors[field]
    assert not Policy.objects.exists()


def test_revision_is_never_changed_or_deleted(inside, refund):
    revision = Policy.objects.get()
    assert inside.get(f"/admin/approvals/policy/{revision.pk}/change/").status_code == 200
    assert inside.post(f"/admin/approvals/policy/{revision.pk}/change/", RULE).status_code == 403
    assert inside.post(f"/admin/approvals/policy/{revision.pk}/delete/").status_code == 403


def test_checkpoint_page_leads_to_its_next_revision(inside, refund):
    place = Checkpoint.objects.get()
    page = inside.get(reverse("admin:approvals_checkpoint_change", args=[place.pk])).text
    link = re.search(r'href="(/admin/approvals/policy/add/\?checkpoint=[^"]+)"', page)[1]
    assert f'value="{place.name}"' in inside.get(link).text


def test_people_are_not_deleted(inside, alice):
    assert inside.post(f"/admin/accounts/user/{alice.pk}/delete/").status_code == 403


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
    stolen = {"password1": "orchid-rainy-lamp", "password2": "orchid-rainy-lamp", "usable_password": "true"}
    assert client.post(f"/admin/accounts/user/{admin.pk}/password/", stolen).status_code == 403
    admin.refresh_from_db()
    assert admin.check_password("admin-password")


def _public_key() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public = Ed25519PrivateKey.generate().public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return public.public_bytes(serialization.Encoding.PEM, form).decode()
