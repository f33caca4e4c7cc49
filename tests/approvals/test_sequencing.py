"""The sequencer: every entry of the ledger gets one leaf, and what is signed once stays true."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from placet.tlog import heads
from placet.tlog import tree as merkle

from approvals import keys, ledger, reviews, sequencing, tasks
from approvals.models import Action, Entry, Leaf, Node, TreeHead
from approvals.queries import tree
from tests.asks import submit

pytestmark = pytest.mark.django_db


def write(count: int, *, at, event: str = "test.written") -> None:
    for number in range(count):
        ledger.record(event=event, actor=f"user:writer-{number}", dig="d" * 43, at=at)


def numbered() -> list[tuple[int, int]]:
    return list(Leaf.objects.order_by("number").values_list("number", "entry_id"))


def test_every_entry_gets_a_leaf_in_the_order_of_ids(now):
    write(5, at=now)
    assert sequencing.run(at=now) == 5
    assert numbered() == list(enumerate(Entry.objects.order_by("id").values_list("pk", flat=True)))
    assert sequencing.run(at=now) == 0 and sequencing.unnumbered() == 0


def test_a_head_is_signed_by_the_console_over_the_root_of_all_leaves(now):
    write(3, at=now)
    head = sequencing.head(at=now)
    note = heads.read(head.note)
    assert note.head == (settings.PUBLIC_URL, 3, head.root)
    assert heads.signed_by(note, keys.jwks()["keys"]) == TreeHead.objects.get().kid
    peaks = merkle.Peaks()
    for leaf in Leaf.objects.order_by("number"):
        peaks.append(bytes(leaf.hash))
    assert peaks.root == head.root


def test_nothing_new_signs_nothing_and_an_empty_ledger_has_no_head(now):
    assert sequencing.head(at=now) is None
    write(1, at=now)
    for seconds in range(3):
        sequencing.run(at=now + timedelta(seconds=seconds))
    assert TreeHead.objects.count() == 1


def test_heads_come_once_a_second_or_after_five_hundred_leaves(now):
    soon = now + timedelta(milliseconds=999)
    write(1, at=now)
    sequencing.run(at=now)
    write(1, at=now)
    assert sequencing.head(at=soon).size == 1, "numbered, but not signed yet"
    assert tree.size() == 2
    assert sequencing.head(at=now + timedelta(seconds=1)).size == 2
    write(500, at=now)
    assert sequencing.head(at=now + timedelta(seconds=1)).size == 502
    write(1, at=now)
    assert sequencing.head(at=now - timedelta(hours=1)).size == 503, "a clock set back stops no head"


def test_many_entries_are_numbered_in_several_transactions_and_bounded_turns(now, monkeypatch):
    monkeypatch.setattr(sequencing, "BATCH", 3)
    write(10, at=now)
    assert sequencing.run(at=now, limit=7) == 7 and tree.newest().size == 7
    assert sequencing.run(at=now, limit=7) == 3 and tree.size() == 10


def test_an_entry_that_comes_late_gets_a_later_leaf(now):
    """Its id was given before others, its transaction ended after them."""
    write(1, at=now)
    gap = Entry.objects.latest("id").pk + 1
    Entry.objects.create(pk=gap + 1, event="early", actor="user:a", at=now)
    sequencing._number(10)
    Entry.objects.create(pk=gap, event="late", actor="user:b", at=now)
    sequencing.run(at=now)
    assert [entry for _, entry in numbered()] == [gap - 1, gap + 1, gap]
    assert tree.newest().through == gap + 1


def test_a_crash_between_entry_and_leaf_loses_nothing(now, monkeypatch):
    write(4, at=now)
    with monkeypatch.context() as broken, pytest.raises(RuntimeError):
        broken.setattr(sequencing.rows, "insert", lambda *tables: (_ for _ in ()).throw(RuntimeError("killed")))
        sequencing.run(at=now)
    assert numbered() == [] and sequencing.run(at=now) == 4


def test_a_crash_before_the_head_was_signed_loses_nothing(now):
    write(4, at=now)
    sequencing._number(10)
    assert tree.newest() is None and sequencing.head(at=now).size == 4


def test_a_restart_changes_no_head(now):
    write(300, at=now)
    first = sequencing.head(at=now)
    keys.forget()
    write(1, at=now)
    second = sequencing.head(at=now + timedelta(seconds=1))
    assert tree.of_size(300) == first and second.size == 301
    merkle.check_consistency(
        old=300, new=301, old_root=first.root, new_root=second.root, proof=tree.consistency(old=300, new=301)
    )


def test_every_settlement_has_its_leaf_and_its_proof(asked, alice, now):
    reviews.record(action_id=asked.pk, reviewer=alice, verdict="approve", at=now)
    found = sequencing.prove(action_id=asked.pk, at=now)
    assert found.said["event"] == "action.approved" and found.said["action"] == str(asked.pk)
    assert not Entry.objects.filter(leaf=None).exists()


def test_what_is_pending_has_no_proof(asked, now):
    assert sequencing.prove(action_id=asked.pk, at=now) is None


def test_proofs_hold_across_the_levels_that_are_kept(now):
    """Two levels of kept hashes: 256 leaves and more."""
    count = 256 * 2 + 77
    hashes = [merkle.leaf_hash(b"%d" % number) for number in range(count)]
    write(count, at=now)
    ids = Entry.objects.order_by("id").values_list("pk", flat=True)
    peaks, kept = merkle.Peaks(), []
    for number, (entry, hashed) in enumerate(zip(ids, hashes, strict=True)):
        Leaf.objects.create(number=number, entry_id=entry, hash=hashed)
        kept += [(node.index, found) for node, found in peaks.append(hashed)[tree.STRIDE :: tree.STRIDE]]
    Node.objects.bulk_create(Node(level=1, place=place, hash=found) for place, found in kept)
    assert len(kept) == 2 and tree.peaks(count).root == peaks.root
    for leaf in (0, 255, 256, 511, 512, count - 1):
        proof = tree.inclusion(leaf=leaf, size=count)
        merkle.check_inclusion(leaf=leaf, size=count, leaf_hash=hashes[leaf], root=peaks.root, proof=proof)
    for old in (1, 255, 256, 300, 512, 513, count):
        proof = tree.consistency(old=old, new=count)
        roots = {"old_root": tree.peaks(old).root, "new_root": peaks.root}
        merkle.check_consistency(old=old, new=count, proof=proof, **roots)


@pytest.mark.parametrize("table", ["leaf", "node", "treehead"])
@pytest.mark.parametrize("verb", ["UPDATE approvals_{} SET {} = {}", "DELETE FROM approvals_{}"])
def test_leaves_hashes_and_heads_cannot_be_changed(now, table, verb):
    write(256, at=now)
    sequencing.run(at=now)
    column = {"leaf": "number", "node": "place", "treehead": "size"}[table]
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(verb.format(table, column, column))


def test_nothing_is_signed_over_leaves_that_were_cut_off(now):
    write(3, at=now)
    sequencing.run(at=now)
    TreeHead.objects.create(size=9, root=b"r" * 32, note=b"", kid="", through=0, at=now)
    write(1, at=now)
    with pytest.raises(sequencing.BrokenLedger):
        sequencing.run(at=now + timedelta(seconds=1))
    assert tree.size() == 3


def test_nothing_is_signed_over_leaves_that_were_replaced(now):
    write(3, at=now)
    sequencing._number(10)
    TreeHead.objects.create(size=2, root=b"r" * 32, note=b"", kid="", through=0, at=now)
    with pytest.raises(sequencing.BrokenLedger):
        sequencing.run(at=now + timedelta(seconds=1))


def test_a_missing_hash_is_said_and_not_made_up(now):
    with pytest.raises(tree.BrokenLedger):
        tree.peaks(3)


def test_the_sweep_takes_a_turn_after_all_else(refund, alice, shop, now):
    late = submit(shop, at=now - timedelta(hours=1)).action
    TreeHead.objects.create(size=99, root=b"r" * 32, note=b"", kid="", through=0, at=now)
    with pytest.raises(sequencing.BrokenLedger):
        tasks.sweep()
    assert Action.objects.get(pk=late.pk).state == "expired", "no deadline waits for a ledger that is broken"


def test_the_sweep_leaves_no_entry_without_a_leaf(asked, now):
    tasks.sweep()
    assert Entry.objects.exists() and sequencing.unnumbered() == 0
