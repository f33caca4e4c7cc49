"""The keys that payloads are sealed with: made, found, rotated, retired; and a lost one is named."""

import os
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction

from approvals import resealing
from approvals.errors.sealed import BadSealingKey, SealingKeyInUse, SealingKeyMissing, Unreadable
from approvals.models import Action, Edit
from approvals.sealing import BODY, HEAD, Box, Context, boxes, opened, rewrapped, ring
from tests.approvals import editing
from tests.asks import submit

from .unsealing import unseal

pytestmark = pytest.mark.django_db


def context(**changes):
    return Context(**{"column": BODY, "action_id": uuid4(), "dig": "d" * 43} | changes)


# ── Keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_first_start_makes_a_key_that_only_its_owner_reads(keys):
    assert ring.ring().current.file == keys / "seal-1.key"
    assert (keys / "seal-1.key").stat().st_mode & 0o777 == 0o600
    assert ring.ring().current.id == ring.read((keys / "seal-1.key").read_text()).id


def test_a_lost_key_is_named_and_no_new_one_hides_it(asked, keys):
    """The folder is empty now, as after a restore without it."""
    with pytest.raises(SealingKeyMissing):
        Action.objects.get(pk=asked.pk).body  # noqa: B018
    assert list(keys.glob("*")) == []


def test_another_key_does_not_open_it(asked, keys):
    keys.mkdir()
    (keys / "seal-1.key").write_text("A" * 43)
    with pytest.raises(SealingKeyMissing, match=r"The sealing key [0-9a-f]{16} is not here"):
        Action.objects.get(pk=asked.pk).body  # noqa: B018


@pytest.mark.parametrize("text", ["", "short", "!" * 43, "A" * 44])
def test_what_is_no_key_is_refused(text):
    with pytest.raises(BadSealingKey):
        ring.read(text)


def test_keys_may_come_from_the_environment_the_current_one_first(settings, keys):
    settings.SEAL_KEYS = f"{'B' * 42}A,{'C' * 42}A"
    known = ring.ring()
    assert known.current.id == ring.read("B" * 42 + "A").id
    assert len(known.keys) == 2
    assert not keys.exists()


def test_a_running_process_finds_a_new_key_by_its_id(keys, shop, refund, now):
    ring.ring()
    fresh = ring.read("D" * 42 + "A")
    place = context()
    (keys / "seal-2.key").write_text("D" * 42 + "A")
    os.utime(keys)
    assert ring.key(fresh.id).file == keys / "seal-2.key"
    assert boxes.wrapping_key(Box(place.action_id).seal(b"{}", place)) == fresh.id


def test_rotating_changes_the_head_and_nothing_after_it(keys):
    place = context()
    stored = Box(place.action_id).seal(b'{"a":1}', place)
    ring.make()
    again = rewrapped(stored, place.action_id)
    assert again[:HEAD] != stored[:HEAD]
    assert again[HEAD:] == stored[HEAD:]
    assert opened(again, place) == b'{"a":1}'
    with pytest.raises(Unreadable):
        rewrapped(stored, uuid4())


# ── Sealing and rotating what is there ───────────────────────────────────────────────────────────────────────────────


def test_what_was_there_before_is_read_as_it_is_if_it_fits_its_digest(asked):
    assert unseal(asked).body == asked.body
    with pytest.raises(Unreadable):
        unseal(asked, body=asked.body.replace(b"4200", b"9900")).body  # noqa: B018


def test_what_was_there_before_is_sealed_in_batches_and_a_stopped_run_goes_on(shop, refund, alice, now, raw):
    actions = [submit(shop, key=f"k{n}", at=now).action for n in range(5)]
    for action in actions:
        unseal(action)
    assert next(resealing.reseal(batch=2)) == 2
    assert sum(value[:1] == b"{" for value in raw("approvals_action", "body")) == 3
    assert sum(resealing.reseal(batch=2)) == 3 + 5
    assert resealing.status().unsealed == 0
    for action in actions:
        assert Action.objects.get(pk=action.pk).body == action.body
    assert sum(resealing.reseal()) == 0


def test_what_does_not_fit_its_digest_is_not_sealed_over(asked):
    unseal(asked, body=asked.body.replace(b"4200", b"9900"))
    with pytest.raises(Unreadable):
        list(resealing.reseal())


def test_a_rotation_moves_every_value_and_frees_the_old_key(keys, shop, alice, now, later, capsys, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    editing.editable(at=now)
    asked = submit(shop, at=now).action
    editing.edit(asked, alice, at=later)
    body, old = asked.body, ring.ring().current.name
    call_command("seal", "--json", "rotate")
    assert resealing.status().keys == {old: 0, ring.ring().current.name: 3}
    assert Action.objects.get(pk=asked.pk).body == body
    call_command("seal", "retire", old)
    assert [file.name for file in keys.glob("seal-*")] == ["seal-2.key"]
    assert Action.objects.get(pk=asked.pk).body == body
    assert Edit.objects.get().body


def test_a_key_that_is_needed_is_not_retired(keys, asked_later):
    current = ring.ring().current.name
    with pytest.raises(SealingKeyInUse):
        resealing.retire(name=current)
    ring.make()
    with pytest.raises(SealingKeyInUse):
        resealing.retire(name=current)


@pytest.fixture
def asked_later(keys, refund, alice, shop, now):
    return submit(shop, at=now).action


def test_the_status_names_a_key_that_is_not_here(asked, keys):
    keys.mkdir()
    (keys / "seal-1.key").write_text("A" * 43)
    assert len(resealing.status().missing) == 1


def test_a_settled_action_may_be_wrapped_anew_and_changes_in_no_other_way(asked, alice, later):
    editing.approve(asked, alice, at=later)
    ring.make()
    assert sum(resealing.reseal()) >= 2
    with pytest.raises(DatabaseError), transaction.atomic():
        Action.objects.filter(pk=asked.pk).update(state="denied")
