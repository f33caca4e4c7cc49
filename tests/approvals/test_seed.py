"""The demo's seed: what is missing is made, what is there stays."""

import json
from collections import Counter
from datetime import timedelta

import pytest

from accounts import roles
from accounts.models import Membership, User
from approvals import deadlines, mapfile
from approvals.demo import company, history, seed
from approvals.models import Action, Change, Delivery, Entry, Finding, Policy, Receipt, Tally

ENDINGS = (
    ("denied", "owner_denied"),
    ("denied", "policy_denied"),
    ("expired", "expired"),
    ("withdrawn", "withdrawn"),
    ("approved", "break_glass"),
    ("approved", "grant"),
)
ASKS = 19  # without the two that are refused for a secret

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def var(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return tmp_path


def prepared(now) -> dict:
    return json.loads(seed.prepare(at=now).read_text())


def works(name: str, password: str) -> bool:
    return User.objects.get(username=name).check_password(password)


def test_a_first_start_names_people_servers_and_first_asks(now):
    told = prepared(now)
    assert told["people"] == ["alice", "bob", "carol", "erin", "heidi", "mallory", "admin"]
    assert all(works(name, told["password"]) for name in told["people"])
    assert Action.objects.count() == ASKS
    assert Action.objects.get(name="export_customers").reason == "no_checkpoint"
    assert Action.objects.get(name="search_documents").reason == "policy"


def test_a_second_start_changes_nothing(now, later):
    first = prepared(now)
    roles.take(role="payments-owner", user=User.objects.get(username="bob"), at=now)
    assert prepared(later) == first
    assert Action.objects.count() == ASKS
    assert [each.subject for each in mapfile.plan(seed.MAP.read_bytes(), at=later)] == ["payments-owner", "shop/payout"]
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


def test_the_map_was_changed_by_two_admins_and_another_change_waits_for_the_second(now):
    prepared(now)
    first, second = Policy.objects.filter(checkpoint__name=company.PAYOUT).order_by("revision")
    assert (first.rule.need, second.rule.need) == (1, 2)
    assert list(Change.objects.order_by("id").values_list("state", flat=True)) == ["applied", "proposed"]


def test_three_weeks_were_decided_by_the_same_verbs_and_are_told_once(now):
    prepared(now)
    waiting = Action.objects.filter(state="pending").count()
    told = history.tell(at=now, rest=0)
    counted = Tally.objects.count()
    Tally.objects.filter(day__lt=now).delete()  # stopped after the last day, before it was counted
    assert told > 300 and history.tell(at=now, rest=0) == 0
    assert Tally.objects.count() == counted > 100
    past = Action.objects.filter(idempotency_key__startswith=history.PREFIX)
    assert past.count() == told and not past.filter(state="pending").exists()
    assert Action.objects.filter(state="pending").count() == waiting
    ended = Counter(past.values_list("state", "reason"))
    for ending in ENDINGS:
        assert ended[ending], ending
    _it_is_on_record(past)


def _it_is_on_record(past):
    """A receipt each, lines of the ledger at their time, a count of each day, and nothing owed to a queue."""
    assert Receipt.objects.filter(action__in=past).count() == past.count()
    assert not Delivery.objects.filter(action__in=past, delivered_at=None).exists()
    assert all(entry.at < entry.action.deadline_at for entry in Entry.objects.filter(event="action.approved"))
    assert past.filter(edits__isnull=False, state="approved").exists() and past.filter(comments__isnull=False).exists()
    assert Tally.objects.filter(what="ended").values("day").distinct().count() > 15
    assert Finding.objects.get(code="break_glass").resolved_by.username == "erin"


def test_on_another_day_the_first_asks_come_again(now):
    prepared(now)
    tomorrow = now + timedelta(days=1)
    deadlines.sweep(at=tomorrow)
    prepared(tomorrow)
    assert Action.objects.filter(state="pending", created_at__gt=now).count() > 10
