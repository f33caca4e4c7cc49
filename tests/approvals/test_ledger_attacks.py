"""Somebody who may write the database, triggers dropped, changes the history: a head held outside tells."""

import json
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection
from placet.cli import main as placet
from placet.receipts import FileSigner
from placet.tlog import entries, heads
from placet.tlog.audit import audit

from approvals import keys, ledger, reviews, sequencing
from approvals.models import Entry, KeyChange, Leaf, TreeHead
from approvals.queries import tree
from tests.asks import submit

pytestmark = pytest.mark.django_db
VICTIM = 7


@contextmanager
def lawless():
    """The triggers gone and foreign keys unchecked, as for somebody who owns the schema."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            for name, _ in triggers:
                cursor.execute(f"DROP TRIGGER {name}")
            yield
            for _, sql in triggers:
                cursor.execute(sql)
        else:
            cursor.execute("SET session_replication_role = replica")
            yield
            cursor.execute("SET session_replication_role = origin")


@pytest.fixture
def history(refund, alice, shop, now, tmp_path):
    """A decided refund and more; the head, the keys and the export that an auditor keeps outside."""
    action = submit(shop, at=now).action
    reviews.record(action_id=action.pk, reviewer=alice, verdict="deny", at=now)
    for number in range(12):
        submit(shop, key=f"more-{number}", at=now)
    head = sequencing.head(at=now)
    assert head.size > VICTIM + 4
    (tmp_path / "head").write_bytes(head.note)
    (tmp_path / "jwks.json").write_text(json.dumps(keys.jwks()))
    export(tmp_path / "earlier.jsonl")
    return tmp_path


def export(file: Path) -> None:
    file.write_bytes(b"".join(tree.lines(until=tree.size())))


def verified(folder: Path, capsys, *more: str) -> tuple[int, dict]:
    """What an auditor is told today about the export of today."""
    export(folder / "export.jsonl")
    given = ["audit", "verify", f"{folder}/export.jsonl", "--head", f"{folder}/head", "--pin", f"{folder}/jwks.json"]
    code = placet([*given, *more, "--json"])
    return code, json.loads(capsys.readouterr().out)


def entry_of(leaf: int) -> int:
    return Leaf.objects.get(number=leaf).entry_id


def sql(text: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text, values)


def edit() -> None:
    sql("UPDATE approvals_entry SET actor = 'user:mallory' WHERE id = %s", entry_of(VICTIM))


def delete() -> None:
    entry = entry_of(VICTIM)
    sql("DELETE FROM approvals_leaf WHERE number = %s", VICTIM)
    sql("DELETE FROM approvals_entry WHERE id = %s", entry)


def insert() -> None:
    """A line between, with all leaves after it moved on by one."""
    for number in range(tree.size() - 1, VICTIM - 1, -1):
        sql("UPDATE approvals_leaf SET number = %s WHERE number = %s", number + 1, number)
    Entry.objects.create(event="action.approved", actor="user:mallory", at=Entry.objects.first().at)
    Leaf.objects.create(number=VICTIM, entry=Entry.objects.latest("id"), hash=b"h" * 32)


def swap() -> None:
    first, second = entry_of(VICTIM), entry_of(VICTIM + 1)
    sql("UPDATE approvals_leaf SET entry_id = -1 WHERE number = %s", VICTIM)
    sql("UPDATE approvals_leaf SET entry_id = %s WHERE number = %s", first, VICTIM + 1)
    sql("UPDATE approvals_leaf SET entry_id = %s WHERE number = %s", second, VICTIM)


def truncate() -> None:
    sql("DELETE FROM approvals_leaf WHERE number >= %s", VICTIM)
    sql("DELETE FROM approvals_treehead")


@pytest.mark.parametrize("attack", [edit, delete, insert, swap, truncate])
def test_a_change_is_found_and_its_first_leaf_named(history, capsys, attack):
    assert verified(history, capsys)[0] == 0
    with lawless():
        attack()
        code, said = verified(history, capsys)
    assert (code, said["verified"], said["first_bad"], said["last_possible"]) == (1, False, VICTIM, VICTIM)


def rewrite() -> None:
    """Edit an entry, then make every hash, node and head anew, signed with the console's own key."""
    edit()
    ids = list(Leaf.objects.order_by("number").values_list("entry_id", flat=True))
    for table in ("leaf", "node", "treehead"):
        sql(f"DELETE FROM approvals_{table}")
    assert sequencing.run(at=Entry.objects.latest("id").at + timedelta(seconds=9)) == len(ids)


def another_key() -> None:
    """The same, signed with a key of one's own that the table of keys says the console uses."""
    edit()
    mine = FileSigner(Ed25519PrivateKey.generate())
    for table in ("leaf", "node", "treehead", "keychange"):
        sql(f"DELETE FROM approvals_{table}")
    at = Entry.objects.latest("id").at + timedelta(seconds=9)
    KeyChange.objects.create(dig="d" * 43, kid=mine.kid, what="used", jws=b"mine", at=at)
    while sequencing._number(2_000):
        pass
    root, size = tree.peaks(tree.size()).root, tree.size()
    note = heads.sign(heads.Head(settings.PUBLIC_URL, size, root), public_key=mine.public_key, signer=mine)
    TreeHead.objects.create(size=size, root=root, note=note, kid=mine.kid, through=0, at=at)


def test_a_history_signed_with_a_key_of_ones_own_is_found_twice(history, capsys):
    """The head that was kept says so, and the new one leaves no doubt whose it is."""
    with lawless():
        another_key()
        code, said = verified(history, capsys)
        assert code == 1 and said["first_bad"] <= VICTIM <= said["last_possible"]
        (history / "head").write_bytes(TreeHead.objects.get().note)
        code, said = verified(history, capsys)
    assert code == 1 and "No pinned key" in said["error"]
    assert TreeHead.objects.get().kid not in [key["kid"] for key in keys.jwks()["keys"]]


def cut_to_the_head() -> None:
    """Everything since a moment is gone, the heads since then too: what a restored backup looks like."""
    for table in ("leaf", "node"):
        sql(f"DELETE FROM approvals_{table}" + (f" WHERE number >= {VICTIM}" if table == "leaf" else ""))
    sql("DELETE FROM approvals_treehead")


def test_an_older_history_is_found_by_a_later_head(history, capsys):
    with lawless():
        cut_to_the_head()
        code, said = verified(history, capsys)
    assert (code, said["first_bad"], said["last_possible"]) == (1, VICTIM, VICTIM) and "ends before" in said["error"]


def test_a_history_written_anew_and_signed_with_our_own_key_is_found(history, capsys):
    with lawless():
        rewrite()
        code, said = verified(history, capsys)
        assert code == 1 and said["first_bad"] <= VICTIM <= said["last_possible"], "a root alone names a stretch"
        code, said = verified(history, capsys, "--earlier", f"{history}/earlier.jsonl")
    assert (code, said["first_bad"], said["last_possible"]) == (1, VICTIM, VICTIM)


def test_two_heads_of_one_size_that_differ_convict_by_themselves(history, capsys):
    with lawless():
        rewrite()
        (history / "other").write_bytes(TreeHead.objects.get().note)
        code, said = verified(history, capsys, "--head", f"{history}/other")
    assert code == 1 and "two roots" in said["error"]


def test_more_heads_narrow_down_where_history_was_rewritten(history, capsys, now):
    ledger.record(event="test.written", actor="user:later", at=now)
    later = sequencing.head(at=now + timedelta(seconds=5))
    (history / "later").write_bytes(later.note)
    with lawless():
        sql("UPDATE approvals_entry SET actor = 'user:mallory' WHERE id = %s", entry_of(later.size - 1))
        for table in ("leaf", "node", "treehead"):
            sql(f"DELETE FROM approvals_{table}")
        sequencing.run(at=now + timedelta(seconds=9))
        code, said = verified(history, capsys, "--head", f"{history}/later")
    assert (code, said["first_bad"], said["last_possible"]) == (1, later.size - 1, later.size - 1)


def test_an_untouched_history_that_grew_is_verified_and_says_what_no_head_covers(history, capsys, now):
    covered = tree.size()
    ledger.record(event="test.written", actor="user:later", at=now)
    sequencing.run(at=now + timedelta(seconds=5))
    code, said = verified(history, capsys, "--earlier", f"{history}/earlier.jsonl")
    assert code == 0
    assert said == {
        "verified": True, "signature_checked": True, "entries": covered, "not_covered": 1, "heads": [covered],
    }  # fmt: skip


def test_a_head_that_the_pinned_key_did_not_sign_is_refused(history, capsys):
    forged = heads.Head(heads.read((history / "head").read_bytes()).head.origin, tree.size(), b"r" * 32)
    text = (history / "head").read_bytes()
    (history / "head").write_bytes(forged.text.encode() + text[text.index(b"\n\n") + 1 :])
    code, said = verified(history, capsys)
    assert code == 1 and "No pinned key signed" in said["error"]


def test_a_head_of_another_console_is_refused(history, capsys):
    pinned = {"issuer": "https://elsewhere.example.org", **keys.jwks()}
    (history / "jwks.json").write_text(json.dumps(pinned))
    assert verified(history, capsys)[0] == 1


def test_a_wrong_call_is_neither_yes_nor_no(history, capsys):
    assert placet(["audit", "verify", f"{history}/nowhere", "--head", f"{history}/head"]) == 2
    assert placet(["audit", "verify", f"{history}/earlier.jsonl", "--head", f"{history}/jwks.json"]) == 2


def test_without_keys_it_says_that_nobody_checked_the_signature(history, capsys):
    assert placet(["audit", "verify", f"{history}/earlier.jsonl", "--head", f"{history}/head"]) == 0
    assert "give --pin" in capsys.readouterr().out


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line.replace(b'":', b'": ', 1),
        lambda line: line.replace(b"{", b'{"a":1,', 1),
        lambda line: line.replace(b'"leaf":0', b'"leaf":true'),
        lambda line: b"[" * 100_000,
        lambda line: b"\xff\n",
        lambda line: line.replace(b'"hash":"', b'"hash":"!'),
    ],
)
def test_a_line_that_is_not_the_only_spelling_of_its_entry_is_bad(history, change):
    head = heads.read((history / "head").read_bytes()).head
    first, *rest = (history / "earlier.jsonl").read_bytes().splitlines(keepends=True)
    report = audit([change(first), *rest], [head])
    assert (report.flaw.leaf, report.read) == (0, 0)


def test_an_audit_needs_heads_of_one_ledger(history):
    head = heads.read((history / "head").read_bytes()).head
    for given in ([], [head, head._replace(origin="https://elsewhere.example.org")]):
        with pytest.raises(ValueError):
            audit([], given)


def test_a_leaf_says_no_more_than_its_entry(asked, now):
    """No payload, and nothing of the database's own counting."""
    entry = Entry.objects.filter(action=asked).first()
    said = entries.value(
        leaf=3, at=entry.at, event=entry.event, actor=entry.actor, action=entry.action_id, dig=entry.dig
    )
    assert set(said) == {"action", "actor", "at", "dig", "event", "leaf"}
    assert str(entry.pk) not in said.values() and said["at"].endswith("Z") and said["leaf"] == 3
