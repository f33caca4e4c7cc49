"""`manage.py ledger`: heads and exports as files, and the check of the rows against a head that was kept."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from placet.cli import main as placet
from placet.tlog import heads

from approvals import keys, ledger, sequencing
from approvals.models import Entry, Leaf
from approvals.queries import tree

from .test_commands import refused, run
from .test_ledger_attacks import edit, entry_of, lawless, sql

pytestmark = pytest.mark.django_db


@pytest.fixture
def written(now):
    for number in range(9):
        ledger.record(event="test.written", actor=f"user:writer-{number}", at=now)


def test_a_head_is_printed_or_written_for_whoever_keeps_it(written, tmp_path):
    said = run("ledger", "head")
    file = tmp_path / "head"
    assert run("ledger", "head", str(file)) == {"size": 9, "file": str(file)}
    assert file.read_text() == said["note"] == run("ledger", "head", "--size", "9")["note"]
    assert heads.read(file.read_bytes()).head.size == 9


def test_an_export_and_a_head_are_all_that_an_auditor_needs(written, tmp_path, capsys):
    (tmp_path / "jwks.json").write_text(json.dumps(keys.jwks()))
    run("ledger", "head", f"{tmp_path}/head")
    assert run("ledger", "export", f"{tmp_path}/all.jsonl")["entries"] == 9
    given = [f"{tmp_path}/all.jsonl", "--head", f"{tmp_path}/head", "--pin", f"{tmp_path}/jwks.json"]
    assert placet(["audit", "verify", *given]) == 0
    assert "Verified: 9 entries" in capsys.readouterr().out


def test_an_export_to_standard_output_is_nothing_but_lines(written):
    out = StringIO()
    call_command("ledger", "export", stdout=out)
    lines = out.getvalue().encode().splitlines(keepends=True)
    assert lines == list(tree.lines(until=9)) and json.loads(lines[3])["leaf"] == 3


def test_a_long_export_is_read_in_stretches(written, monkeypatch):
    sequencing._number(100)
    whole = list(tree.lines(until=8))
    monkeypatch.setattr(tree, "CHUNK", 3)
    assert list(tree.lines(until=8)) == whole and len(whole) == 8


def test_the_rows_are_checked_against_a_head_that_was_kept(written, tmp_path, now):
    run("ledger", "head", f"{tmp_path}/head")
    assert run("ledger", "verify", "--head", f"{tmp_path}/head")["verified"]
    ledger.record(event="test.written", actor="user:later", at=now)
    said = run("ledger", "verify", "--head", f"{tmp_path}/head")
    assert (said["entries"], said["not_covered"], said["without_leaf"]) == (9, 0, 1)
    with lawless():
        edit()
        out = StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("ledger", "verify", "--head", f"{tmp_path}/head", "--json", stdout=out)
    assert ended.value.code == 1 and json.loads(out.getvalue())["first_bad"] == 7


def test_a_leaf_without_its_entry_is_found(written, tmp_path):
    run("ledger", "head", f"{tmp_path}/head")
    with lawless():
        entry = entry_of(4)
        sql("DELETE FROM approvals_entry WHERE id = %s", entry)
        out = StringIO()
        with pytest.raises(SystemExit):
            call_command("ledger", "verify", "--head", f"{tmp_path}/head", "--json", stdout=out)
        sql("DELETE FROM approvals_leaf WHERE entry_id = %s", entry)
    assert json.loads(out.getvalue())["first_bad"] == 4


def test_a_head_of_this_database_is_said_to_prove_little(written):
    sequencing.run(at=Entry.objects.first().at)
    out = StringIO()
    call_command("ledger", "verify", stdout=out)
    assert "kept elsewhere" in out.getvalue() and Leaf.objects.count() == 9


def test_an_empty_ledger_has_no_head_and_an_empty_export(db):
    assert refused("ledger", "head") == refused("ledger", "verify") == "empty_ledger"
    out = StringIO()
    call_command("ledger", "export", stdout=out)
    assert out.getvalue() == ""


def test_what_cannot_be_read_or_written_is_said(written, tmp_path):
    foreign = heads.Head("https://elsewhere.example.org", 3, b"r" * 32)
    signer = keys.signer()
    (tmp_path / "foreign").write_bytes(heads.sign(foreign, public_key=signer.public_key, signer=signer))
    (tmp_path / "nonsense").write_text("nonsense")
    for file in ("foreign", "nonsense", "nowhere"):
        assert refused("ledger", "verify", "--head", f"{tmp_path}/{file}") == "bad_head"
    assert refused("ledger", "head", "--size", "5") == "unknown_head"
    assert refused("ledger", "export", f"{tmp_path}/nowhere/file") == "not_writable"
