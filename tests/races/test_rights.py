"""What the console's own role in PostgreSQL may do: all of its work, and nothing to what was said."""

import json
from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from placet.cli import main as placet

from approvals import custody, deadlines, keys, ledger, redemption, reviews, sequencing
from approvals.models import Action, Consumption, Entry, Receipt
from approvals.queries import tree
from tests import publishing
from tests.approvals import test_ledger_attacks as attacks
from tests.approvals.test_commands import refused, run
from tests.asks import identity, submit

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
APP, PASSWORD = "placet_app", "no'thing\" special"


@pytest.fixture
def refund(alice, now):
    return publishing.publish(
        checkpoint="shop/refund", kind="tool_call", pattern="refund", need=1, deadline_seconds=600,
        roles={"approval": "payments-owner"}, at=now,
    )  # fmt: skip


@pytest.fixture
def role(tmp_path):
    file = tmp_path / "password"
    file.write_text(PASSWORD)
    assert run("db_roles", APP, "--apply", "--password-file", str(file))["applied"]
    yield APP
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute(f"DROP OWNED BY {APP}")
        cursor.execute(f"DROP ROLE {APP}")


@pytest.fixture
def as_app(role):
    """From here on this connection has the rights of the application's role."""

    def become() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET ROLE {role}")

    return become


@pytest.fixture
def history(refund, alice, shop, now):
    action = submit(shop, at=now).action
    reviews.record(action_id=action.pk, reviewer=alice, verdict="deny", at=now)
    custody.enter(at=now)
    return sequencing.head(at=now)


def test_the_whole_of_a_consoles_work_is_done_with_the_rights_of_its_role(refund, alice, shop, now, as_app):
    as_app()
    publishing.publish(
        checkpoint="shop/payout", kind="tool_call", pattern="payout", need=2, deadline_seconds=600,
        roles={"approval": "payments-owner"}, at=now,
    )  # fmt: skip
    action = submit(shop, at=now).action
    reviews.record(action_id=action.pk, reviewer=alice, verdict="approve", at=now)
    receipt = Receipt.objects.get(action=action)
    redemption.consume(server=identity(shop), action_id=action.pk, key="once", at=now)
    redemption.report(server=identity(shop), action_id=action.pk, status="succeeded", note="", at=now)
    late = submit(shop, key="late", at=now).action
    assert deadlines.sweep(at=now + timedelta(days=31)) == 1
    custody.rotate(by="operator:root", at=now, now=True, reason="test")
    head = sequencing.head(at=now + timedelta(seconds=5))
    assert head.size == Entry.objects.count() and receipt.kid != keys.signer().kid
    assert Consumption.objects.filter(action=action).exists() and Action.objects.get(pk=late.pk).state == "expired"


FORBIDDEN = [
    *(
        f"{what} approvals_{table}{how}"
        for table in ("entry", "leaf", "node", "treehead", "review", "receipt", "consumption", "outcome", "policy")
        for what, how in (("DELETE FROM", ""), ("TRUNCATE", " CASCADE"), ("ALTER TABLE", " DISABLE TRIGGER ALL"))
    ),
    "UPDATE approvals_entry SET actor = 'user:mallory'",
    "UPDATE approvals_leaf SET hash = ''",
    "UPDATE approvals_treehead SET note = ''",
    "UPDATE approvals_review SET verdict = 'approve'",
    "UPDATE approvals_receipt SET jws = ''",
    "UPDATE approvals_keychange SET jws = ''",
    "UPDATE approvals_cosignature SET line = ''",
    "UPDATE approvals_action SET dig = 'x'",
    "UPDATE approvals_action SET nonce = 'x'",
    "UPDATE approvals_edit SET dig = 'x'",
    "TRUNCATE approvals_action CASCADE",
    "TRUNCATE accounts_user CASCADE",
    "DROP TRIGGER entry_stays ON approvals_entry",
    "ALTER TABLE approvals_entry ADD COLUMN more text",
    "DROP TABLE approvals_entry",
    "CREATE TABLE mine (x int)",
    "CREATE OR REPLACE FUNCTION approvals_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
    "SET session_replication_role = replica",
    "SELECT setval('approvals_entry_id_seq', 1)",
    "INSERT INTO django_migrations (app, name, applied) VALUES ('approvals', '9999', now())",
    "ALTER ROLE placet_app SUPERUSER",
]


def test_the_database_itself_refuses_what_the_role_may_not(history, role):
    """Signed in as that role, over a connection of its own."""
    how = connection.get_connection_params()
    how = {name: how[name] for name in ("host", "port", "dbname") if how.get(name)}
    with psycopg.connect(**how, user=role, password=PASSWORD, autocommit=True) as mine:
        assert mine.execute("SELECT count(*) FROM approvals_entry").fetchone()[0] == history.size
        allowed = []
        for statement in FORBIDDEN:
            try:
                mine.execute(statement)
            except (psycopg.errors.InsufficientPrivilege, psycopg.errors.RestrictViolation):
                continue
            allowed.append(statement)
        granted = mine.execute(
            "SELECT count(*) FROM information_schema.role_table_grants WHERE grantee = %s AND privilege_type = 'UPDATE'"
            " AND table_name IN ('approvals_entry', 'approvals_review', 'approvals_receipt', 'approvals_action')",
            [role],
        ).fetchone()[0]
    assert (allowed, granted) == ([], 0)


def test_a_leaf_that_the_role_puts_at_the_end_is_found(history, role, now, tmp_path, capsys):
    """With the application's credentials something can be put after what was signed, never before or in its place."""
    (tmp_path / "head").write_bytes(history.note)
    (tmp_path / "jwks.json").write_text(json.dumps(keys.jwks()))
    entry = "INSERT INTO approvals_entry (at, event, actor, dig) VALUES (%s, 'action.approved', 'user:alice', '')"
    leaf = "INSERT INTO approvals_leaf (number, entry_id, hash) SELECT %s, max(id), '\\x00' FROM approvals_entry"
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {role}")
        cursor.execute(entry, [now])
        cursor.execute(leaf, [history.size])
        cursor.execute("RESET ROLE")
    (tmp_path / "all").write_bytes(b"".join(tree.lines(until=tree.size())))
    given = ["audit", "verify", f"{tmp_path}/all", "--head", f"{tmp_path}/head", "--pin", f"{tmp_path}/jwks.json"]
    assert placet([*given, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["first_bad"] == history.size


def test_a_role_that_cannot_be_bounded_is_refused(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        owner = cursor.fetchone()[0]
    assert refused("db_roles", owner, "--apply") == refused("db_roles", "nobody_here", "--apply") == "bad_role"
    assert any("GRANT SELECT, INSERT ON" in text for text in run("db_roles", "nobody_here")["statements"])


def test_a_role_that_may_do_more_by_belonging_to_another_is_refused(role):
    with connection.cursor() as cursor:
        for other in ("pg_write_all_data", "pg_write_server_files", "scribe", "behind_it"):
            if not other.startswith("pg_"):
                cursor.execute(f"CREATE ROLE {other} NOINHERIT")
            right = {"scribe": "DELETE", "behind_it": "UPDATE (actor)"}.get(other)
            cursor.execute(f"GRANT {right} ON approvals_entry TO {other}" if right else "SELECT 1")
            cursor.execute(f"GRANT {other} TO {role}")
            assert refused("db_roles", role, "--apply") == "bad_role", other
            cursor.execute(f"REVOKE {other} FROM {role}")
            if right:
                cursor.execute(f"DROP OWNED BY {other}")
                cursor.execute(f"DROP ROLE {other}")
    assert run("db_roles", role, "--apply")["applied"]


@pytest.mark.parametrize("attack", ["edit", "delete", "insert", "swap", "truncate", "rewrite", "another_key"])
def test_whoever_owns_the_database_is_found_by_a_head_held_outside(history, now, tmp_path, capsys, attack):
    """Triggers and foreign keys unheeded; for a rewritten history, signed with the console's own key or another."""
    for number in range(9):
        ledger.record(event="test.written", actor=f"user:{number}", at=now)
    (tmp_path / "head").write_bytes(sequencing.head(at=now + timedelta(seconds=5)).note)
    (tmp_path / "jwks.json").write_text(json.dumps(keys.jwks()))
    given = ["audit", "verify", f"{tmp_path}/all", "--head", f"{tmp_path}/head", "--pin", f"{tmp_path}/jwks.json"]
    (tmp_path / "all").write_bytes(b"".join(tree.lines(until=tree.size())))
    assert placet(given) == 0
    with attacks.lawless():
        getattr(attacks, attack)()
        (tmp_path / "all").write_bytes(b"".join(tree.lines(until=tree.size())))
    capsys.readouterr()
    assert placet([*given, "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["first_bad"] <= attacks.VICTIM <= said["last_possible"]
    assert attack in ("rewrite", "another_key") or said["first_bad"] == said["last_possible"]
