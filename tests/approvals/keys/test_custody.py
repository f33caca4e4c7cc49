"""Signing keys: published a day before use, used, retired, revoked; each change in the ledger with its record."""

import json
import os
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from placet.cli import main as placet
from placet.receipts import Pin, history
from placet.tlog import heads

from approvals import custody, keys, ledger, reviews, sequencing
from approvals.errors import KeyOver, KeyTooNew, ReasonMissing, UnknownKey
from approvals.keys import folder
from approvals.models import Entry, KeyChange, Receipt
from approvals.queries import tree
from tests.approvals.test_commands import refused, run
from tests.asks import submit

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
BY = "operator:root"


def events() -> list[str]:
    return list(Entry.objects.filter(event__startswith="key.").values_list("event", flat=True))


def test_the_first_key_is_entered_once(now):
    assert custody.enter(at=now) == 2 and custody.enter(at=now) == 0
    assert events() == ["key.published", "key.used"]
    assert set(KeyChange.objects.values_list("dig", flat=True)) == set(Entry.objects.values_list("dig", flat=True))


def test_a_key_is_published_a_day_before_it_signs(now):
    first = keys.signer().kid
    following = custody.prepare(by=BY, at=now).key
    assert [key["kid"] for key in keys.jwks()["keys"]] == [first, following.kid] and keys.signer().kid == first
    assert custody.prepare(by=BY, at=now).key.kid == following.kid, "one waits already"
    with pytest.raises(KeyTooNew):
        custody.rotate(by=BY, at=now + DAY - timedelta(seconds=1))
    assert keys.signer().kid == first
    custody.rotate(by=BY, at=now + DAY)
    assert keys.signer().kid == following.kid
    assert events() == ["key.published", "key.used", "key.published", "key.used"]


def test_without_a_next_key_nothing_is_rotated_but_in_an_emergency(now):
    first = keys.signer().kid
    with pytest.raises(KeyTooNew):
        custody.rotate(by=BY, at=now)
    with pytest.raises(ReasonMissing):
        custody.rotate(by=BY, at=now, now=True, reason=" ")
    custody.rotate(by=BY, at=now, now=True, reason="the disk was sold")
    assert keys.signer().kid != first


def test_a_retired_key_stays_public_until_nothing_it_signed_counts_and_in_the_history_for_ever(now, monkeypatch):
    first = keys.signer().kid
    custody.rotate(by=BY, at=now, now=True, reason="test")
    assert first in [key["kid"] for key in keys.jwks()["keys"]]
    monkeypatch.setattr(folder, "seconds", lambda: now.timestamp() + keys.STAYS + 5)
    assert first not in [key["kid"] for key in keys.jwks()["keys"]]
    assert first in [key["kid"] for key in keys.published()["keys"]]


def test_the_private_half_of_a_retired_key_is_removed(now, own_keys):
    keys.signer()
    custody.rotate(by=BY, at=now, now=True, reason="test")
    assert [path.name for path in own_keys.glob("*.pem")] == [f"{keys.signer().kid}.pem"]


def test_a_revoked_key_is_named_so_and_another_signs_at_once(now):
    leaked = keys.signer()
    custody.revoke(kid=leaked.kid, reason="it was in a backup that got lost", by=BY, at=now)
    assert keys.signer().kid != leaked.kid
    marked = next(key for key in keys.jwks()["keys"] if key["kid"] == leaked.kid)
    assert marked["revoked"] == int(now.timestamp()) and "backup" in marked["reason"]
    for refusal, kid in ((KeyOver, leaked.kid), (UnknownKey, "x" * 43)):
        with pytest.raises(refusal):
            custody.revoke(kid=kid, reason="again", by=BY, at=now)
    with pytest.raises(ReasonMissing):
        custody.revoke(kid=keys.signer().kid, reason="", by=BY, at=now)


def test_a_receipt_of_a_revoked_key_is_refused_by_name(refund, alice, shop, now, tmp_path, capsys):
    action = submit(shop, at=now).action
    reviews.record(action_id=action.pk, reviewer=alice, verdict="deny", at=now)
    receipt = Receipt.objects.get(action=action)
    custody.revoke(kid=receipt.kid, reason="leaked", by=BY, at=now)
    (tmp_path / "receipt").write_bytes(bytes(receipt.jws))
    (tmp_path / "jwks.json").write_text(json.dumps(keys.jwks()))
    given = ["verify", f"{tmp_path}/receipt", "--pin", f"{tmp_path}/jwks.json", "--issuer", "http://x", "--json"]
    assert placet(given) == 1
    assert "revoked" in capsys.readouterr().out


def test_what_cannot_be_recorded_changes_no_key(now, monkeypatch, own_keys):
    first, before = keys.signer().kid, (own_keys / "keys.json").read_bytes()

    def lost(**_):
        raise IntegrityError("no entry, no change")

    with monkeypatch.context() as broken:
        broken.setattr(ledger, "record", lost)
        with pytest.raises(IntegrityError):
            custody.rotate(by=BY, at=now, now=True, reason="test")
    assert keys.signer().kid == first and (own_keys / "keys.json").read_bytes() == before
    assert not KeyChange.objects.exists()


def test_a_commit_that_fails_brings_the_folder_back(now, monkeypatch, own_keys):
    first, before = keys.signer().kid, json.loads((own_keys / "keys.json").read_bytes())
    whole = folder.replace

    def written_then_lost(where, kept):
        whole(where, kept)
        if len(kept.changes) > len(before["changes"]):
            raise OSError("the database went away before the commit")

    with monkeypatch.context() as broken:
        broken.setattr(folder, "replace", written_then_lost)
        with pytest.raises(OSError):
            custody.rotate(by=BY, at=now, now=True, reason="test")
    assert json.loads((own_keys / "keys.json").read_bytes()) == before
    assert keys.signer().kid == first and not KeyChange.objects.exists()


def test_a_folder_that_is_ahead_of_the_record_is_entered_later(now):
    """Killed between the folder and the commit."""
    keys.signer()
    with transaction.atomic():
        custody.rotate(by=BY, at=now, now=True, reason="test")
        transaction.set_rollback(True)
    assert not KeyChange.objects.exists() and len(keys.state().history.keys) == 2
    assert custody.enter(at=now) == 4 and len(events()) == 4


def test_a_key_that_is_only_in_the_database_is_nobodys(now):
    custody.enter(at=now)
    KeyChange.objects.create(dig="d" * 43, kid="mallory", what="published", jws=b"x", at=now)
    assert custody.enter(at=now) == 0
    assert "mallory" not in json.dumps([keys.jwks(), keys.published()])


def test_a_folder_from_a_backup_does_not_sign_with_a_key_that_is_over(now, own_keys):
    keys.signer()
    old = {path.name: path.read_bytes() for path in own_keys.iterdir()}
    custody.revoke(kid=keys.signer().kid, reason="leaked", by=BY, at=now)
    for path in own_keys.glob("*.*"):
        path.unlink()
    for name, raw in old.items():
        (own_keys / name).write_bytes(raw)
        (own_keys / name).chmod(0o600)
    keys.forget()
    with pytest.raises(keys.Unusable, match="older than the record"):
        custody.enter(at=now)
    assert refused("keys", "status") == "key_unusable"


def test_a_folder_without_its_private_half_says_so(own_keys):
    keys.signer()
    (own_keys / "current.pem").unlink()
    keys.forget()
    with pytest.raises(keys.Unusable, match="backup"):
        keys.signer()


def test_a_folder_of_before_the_history_keeps_its_key(own_keys):
    kid = keys.signer().kid
    (own_keys / "keys.json").unlink()
    keys.forget()
    assert keys.signer().kid == kid


ANOTHER = """
import sys, time, django
django.setup()
from approvals import keys
print(keys.signer().kid, flush=True)
for line in sys.stdin:
    print(keys.signer().kid, flush=True)
"""


def test_a_running_process_signs_with_the_new_key_at_once(now, own_keys):
    own_keys.mkdir(parents=True)
    environment = {**os.environ, "PYTHONPATH": ".:sdk", "PLACET_VAR": str(own_keys.parent)}
    with subprocess.Popen(
        [sys.executable, "-c", ANOTHER], env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline().strip() == keys.signer().kid
        for _ in range(3):
            custody.rotate(by=BY, at=now, now=True, reason="test")
            other.stdin.write("and now?\n")
            other.stdin.flush()
            assert other.stdout.readline().strip() == keys.signer().kid
        other.stdin.close()


def test_threads_that_sign_during_a_rotation_never_use_a_retired_key(now):
    keys.signer()
    stop, wrong = threading.Event(), []

    def signing() -> None:
        while not stop.is_set():
            before = time.monotonic()
            kid = keys.signer().kid
            if retired.get(kid, before) < before:
                wrong.append(kid)

    retired: dict[str, float] = {}
    threads = [threading.Thread(target=signing) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        over = keys.signer().kid
        custody.rotate(by=BY, at=now, now=True, reason="test")
        retired[over] = time.monotonic()
    stop.set()
    for thread in threads:
        thread.join(5)
    assert not wrong and len(retired) == 5


def test_signing_takes_less_than_a_millisecond():
    signer = keys.signer()
    begun = time.perf_counter()
    for _ in range(200):
        keys.signer().sign(b"x" * 2_000)
    assert signer.kid and (time.perf_counter() - begun) / 200 < 0.001


def test_heads_of_two_keys_are_audited_by_what_was_pinned_before(now, tmp_path, capsys):
    """Tree heads follow the rotation; whoever pinned the first key takes the second from the history."""
    ledger.record(event="test.written", actor="user:a", at=now)
    (tmp_path / "jwks.json").write_text(json.dumps(keys.jwks()))
    (tmp_path / "old").write_bytes(sequencing.head(at=now).note)
    custody.rotate(by=BY, at=now, now=True, reason="test")
    (tmp_path / "new").write_bytes(sequencing.head(at=now + timedelta(seconds=5)).note)
    (tmp_path / "keys.json").write_text(json.dumps(keys.published()))
    (tmp_path / "all.jsonl").write_bytes(b"".join(tree.lines(until=tree.size())))
    given = ["audit", "verify", f"{tmp_path}/all.jsonl", "--pin", f"{tmp_path}/jwks.json"]
    both = ["--head", f"{tmp_path}/old", "--head", f"{tmp_path}/new"]
    assert placet([*given, *both]) == 1 and "No pinned key" in capsys.readouterr().err
    assert placet([*given, *both, "--keys", f"{tmp_path}/keys.json"]) == 0
    assert heads.read((tmp_path / "new").read_bytes()).head.size == tree.size()


def test_a_head_of_a_revoked_key_counts_only_for_whoever_held_it_before(now, tmp_path, capsys):
    ledger.record(event="test.written", actor="user:a", at=now)
    leaked = keys.signer().kid
    (tmp_path / "head").write_bytes(sequencing.head(at=now).note)
    custody.revoke(kid=leaked, reason="leaked", by=BY, at=now)
    (tmp_path / "jwks.json").write_text(json.dumps(keys.jwks()))
    (tmp_path / "all.jsonl").write_bytes(b"".join(tree.lines(until=tree.size())))
    given = ["audit", "verify", f"{tmp_path}/all.jsonl", "--pin", f"{tmp_path}/jwks.json", "--head", f"{tmp_path}/head"]
    assert placet(given) == 1 and "revoked" in capsys.readouterr().err
    assert placet([*given, "--held"]) == 0


def test_the_command_says_what_it_did(now):
    first = run("keys", "status")["current"]
    following = run("keys", "prepare")
    assert following["state"] == "next" and refused("keys", "rotate") == "key_too_new"
    assert refused("keys", "rotate", "--now") == "reason_missing"
    assert run("keys", "rotate", "--now", "--reason", "drill")["kid"] == following["kid"]
    assert refused("keys", "revoke", "nobody", "--reason", "x") == "unknown_key"
    assert run("keys", "revoke", first[:12], "--reason", "drill")["current"] == following["kid"]
    states = {key["kid"]: key["state"] for key in run("keys", "status")["keys"]}
    assert states == {first: "revoked", following["kid"]: "current"}
    assert Entry.objects.filter(event="key.revoked").get().actor.startswith("operator:")


def test_the_history_is_a_pin_too_and_signed(now):
    custody.rotate(by=BY, at=now, now=True, reason="drill")
    said = keys.published()
    assert Pin(said).issuer == said["issuer"] and len(Pin(said).keys) == 2
    assert history.document(json.dumps(said).encode()).current == keys.signer().kid
