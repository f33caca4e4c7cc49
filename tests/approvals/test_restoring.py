"""A database from a backup brings nothing back that was over; and it shows that it is older."""

import json
from datetime import timedelta

import pytest
from placet.cli import main as placet

from accounts.models import Session
from approvals import keys, redemption, reviews, sequencing
from approvals.errors import AlreadyConsumed, ApprovalExpired
from approvals.models import Consumption, Entry, Receipt
from approvals.queries import tree
from tests.approvals.test_commands import run
from tests.approvals.test_ledger_attacks import lawless, sql
from tests.asks import identity, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def approved(refund, alice, shop, now):
    action = submit(shop, at=now).action
    reviews.record(action_id=action.pk, reviewer=alice, verdict="approve", at=now)
    return action


def forget_the_use(action) -> None:
    """What a backup of before the use has: the approval, and no use of it."""
    with lawless():
        sql("DELETE FROM approvals_consumption")
        sql("DELETE FROM approvals_leaf")
        sql("DELETE FROM approvals_treehead")
        sql("DELETE FROM approvals_entry WHERE event = 'action.consumed'")


def test_an_approval_that_was_used_is_not_usable_again_after_a_restore(approved, shop, now, client, alice):
    client.force_login(alice)
    bytes_before = bytes(Receipt.objects.get(action=approved).jws)
    redemption.consume(server=identity(shop), action_id=approved.pk, key="once", at=now)
    forget_the_use(approved)
    said = run("restored")
    assert (said["approvals"], said["sessions"]) == (1, 1) and not Session.objects.exists()
    for key in ("once", "twice"):
        with pytest.raises(AlreadyConsumed):
            redemption.consume(server=identity(shop), action_id=approved.pk, key=key, at=now)
    assert Consumption.objects.get().key == "console:restored"
    assert bytes(Receipt.objects.get(action=approved).jws) == bytes_before, "a receipt stays what it was"
    events = list(Entry.objects.order_by("-id").values_list("event", flat=True)[:2])
    assert events == ["database.restored", "action.consumed"]
    assert run("restored")["approvals"] == 0


def test_what_waits_and_may_have_been_decided_since_is_counted(approved, shop, now):
    submit(shop, key="waiting", at=now)
    assert run("restored")["waiting"] == 1


def test_a_receipt_that_is_over_stays_over(approved, shop, now):
    with pytest.raises(ApprovalExpired):
        redemption.consume(server=identity(shop), action_id=approved.pk, key="once", at=now + timedelta(seconds=601))
    assert not Consumption.objects.exists()


def test_an_older_database_is_found_by_the_head_that_was_kept(approved, shop, now, tmp_path, capsys):
    redemption.consume(server=identity(shop), action_id=approved.pk, key="once", at=now)
    (tmp_path / "head").write_bytes(sequencing.head(at=now).note)
    (tmp_path / "jwks.json").write_text(json.dumps(keys.jwks()))
    forget_the_use(approved)
    run("restored")
    with lawless():
        sql("DELETE FROM approvals_node")
    sequencing.run(at=now + timedelta(seconds=9))
    (tmp_path / "all").write_bytes(b"".join(tree.lines(until=tree.size())))
    given = ["audit", "verify", f"{tmp_path}/all", "--head", f"{tmp_path}/head", "--pin", f"{tmp_path}/jwks.json"]
    assert placet(given) == 1 and "First bad" in capsys.readouterr().err
