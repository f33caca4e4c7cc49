"""The demo's seed: what is missing is made, what is there stays."""

import json

import pytest

from accounts import roles
from accounts.models import Membership, User
from approvals import mapfile
from approvals.demo import seed
from approvals.models import Action, Finding

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def var(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return tmp_path


def prepared(now) -> dict:
    return json.loads(seed.prepare(at=now).read_text())


def works(name: str, password: str) -> bool:
    return User.objects.get(username=name).check_password(password)


def test_a_first_start_names_people_servers_and_thirteen_asks(now):
    told = prepared(now)
    assert told["people"] == ["alice", "bob", "carol", "mallory", "admin"]
    assert all(works(name, told["password"]) for name in told["people"])
    assert Action.objects.count() == 13
    assert Action.objects.get(name="export_customers").reason == "no_checkpoint"
    assert Action.objects.get(name="search_documents").reason == "policy"


def test_a_second_start_changes_nothing(now, later):
    first = prepared(now)
    roles.take(role="payments-owner", user=User.objects.get(username="bob"), at=now)
    assert prepared(later) == first
    assert Action.objects.count() == 13
    assert [each.subject for each in mapfile.plan(seed.MAP.read_bytes(), at=later)] == ["payments-owner"]
    held = Membership.objects.filter(Membership.at(later), person__username="bob", role__name="payments-owner")
    assert not held.exists(), "an admin's change stays"


def test_two_asks_about_secrets_are_exceptions_from_the_first_start_on(now, later):
    prepared(now)
    prepared(later)
    noted = {(each.server.name, each.about): each.count for each in Finding.objects.filter(code="secret")}
    assert noted == {("crm", "form.password"): 1, ("deploy-bot", "github-token"): 1}


def test_a_lost_file_means_a_new_password_that_works(now, var):
    first = prepared(now)
    (var / seed.FILE).unlink()
    second = prepared(now)
    assert second["password"] != first["password"]
    assert works("alice", second["password"]) and not works("alice", first["password"])


def test_people_who_are_not_the_demos_are_left_alone(now):
    User.objects.create_user("admin", email="erin@corp.example", password="her-own-password")
    prepared(now)
    admin = User.objects.get(username="admin")
    assert admin.check_password("her-own-password") and not admin.is_superuser


def test_nobody_else_may_read_the_password(now, var):
    prepared(now)
    assert (var / seed.FILE).stat().st_mode & 0o077 == 0
