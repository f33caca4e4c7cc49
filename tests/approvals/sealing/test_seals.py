"""Payloads at rest: sealed in the database, plain in the program, bound to their row, and never opened unasked."""

import os
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from placet import canonical

from approvals import resealing
from approvals.errors.sealed import BadSealingKey, SealingKeyInUse, SealingKeyMissing, Unreadable
from approvals.models import Action, Answer, Edit
from approvals.queries import inbox
from approvals.queries.facets import Facets
from approvals.sealing import BODY, CONTEXT, HEAD, OVERHEAD, Box, Context, boxes, opened, rewrapped, ring
from tests.approvals import answering, editing
from tests.asks import ask, submit

from .unsealing import put, unseal

pytestmark = pytest.mark.django_db

SECRET = "zq7-plain-text-of-a-payload"


def context(**changes):
    return Context(**{"column": BODY, "action_id": uuid4(), "dig": "d" * 43} | changes)


# ── The form ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.binary(max_size=200))
def test_a_value_comes_back_byte_for_byte(value):
    place = context()
    stored = Box(place.action_id).seal(value, place)
    assert opened(stored, place) == value
    assert len(stored) == len(value) + OVERHEAD


def test_no_two_seals_are_alike():
    place = context()
    assert len({Box(place.action_id).seal(b"{}", place) for _ in range(50)}) == 50
    box = Box(place.action_id)
    assert len({box.seal(b"{}", place) for _ in range(5)}) == 5


@pytest.mark.parametrize(
    "change", [{"column": CONTEXT}, {"dig": "e" * 43}, {"action_id": uuid4()}], ids=["column", "digest", "action"]
)
def test_a_value_opens_in_its_own_place_only(change):
    place = context()
    stored = Box(place.action_id).seal(b'{"a":1}', place)
    with pytest.raises(Unreadable):
        opened(stored, context(**{"action_id": place.action_id} | change))


def test_one_changed_bit_anywhere_is_found():
    place = context()
    stored = Box(place.action_id).seal(b'{"a":1}', place)
    for at in range(len(stored)):
        changed = stored[:at] + bytes([stored[at] ^ 1]) + stored[at + 1 :]
        with pytest.raises(Unreadable):
            opened(changed, place)
    for cut in (b"", stored[:50], stored[:-1]):
        with pytest.raises(Unreadable):
            opened(cut, place)


# ── In the database ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_asked_edited_and_answered_is_not_in_the_database(shop, alice, bob, now, later, raw):
    editing.editable(at=now)
    asked = submit(shop, ask(claims={"title": SECRET}), at=now).action
    editing.edit(asked, alice, {"/amount": 41}, at=later)
    stored = [
        *raw("approvals_action", "body"), *raw("approvals_action", "context"), *raw("approvals_edit", "body")
    ]  # fmt: skip
    assert len(stored) == 3
    for value in stored:
        assert value[:1] == b"\x01"
        assert SECRET.encode() not in value
        assert b"arguments" not in value
    read = Action.objects.get(pk=asked.pk)
    assert canonical.digest_bytes(read.body) == read.dig
    assert canonical.digest_bytes(read.context) == read.context_dig
    made = Edit.objects.get()
    assert canonical.digest_bytes(made.body) == made.dig


def test_an_answer_is_not_in_the_database(shop, alice, now, later, raw, django_user_model):
    dana = django_user_model.objects.create_user("dana", email="dana@example.org")
    answering.checkpoints(at=now)
    question = answering.released(shop, alice, answering.form(), at=now)
    from approvals import answers

    answers.give(action_id=question.pk, person=dana, said="accept", content={"name": SECRET[:20]}, at=later)
    (stored,) = raw("approvals_answer", "content")
    assert stored[:1] == b"\x01"
    assert SECRET[:20].encode() not in stored
    assert SECRET[:20].encode() in Answer.objects.get().content


@pytest.mark.parametrize("column", ["body", "context"])
def test_a_value_from_another_row_does_not_open(shop, asked, now, column, raw):
    other = submit(shop, key="k2", at=now).action
    mine = dict(Action.objects.values_list("pk", column))
    put(asked, column, bytes(mine[other.pk]))
    with pytest.raises(Unreadable):
        getattr(Action.objects.get(pk=asked.pk), column)


@pytest.mark.parametrize("open_", [b'{"a":1}', b"", b"\0"])
def test_the_database_takes_no_open_payload(asked, open_):
    copy = Action.objects.get(pk=asked.pk)
    copy.pk, copy.idempotency_key = uuid4(), "other"
    fields = list(Action._meta.concrete_fields)
    values = [open_ if f.name == "body" else copy.__dict__[f.attname] for f in fields]
    marks, names = ", ".join(["%s"] * len(fields)), ", ".join(field.column for field in fields)
    prepared = [f.get_db_prep_value(v, connection) for f, v in zip(fields, values, strict=True)]
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO approvals_action ({names}) VALUES ({marks})", prepared)


@pytest.mark.parametrize("change", [b"\x01" + b"x" * 400, b"{}", b"\0", b""])
def test_the_database_keeps_a_payload_as_it_is(asked, change):
    key = Action._meta.pk.get_db_prep_value(asked.pk, connection)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE approvals_action SET body = %s WHERE id = %s", [change, key])


def test_a_plain_value_is_never_written_past_the_seal(asked):
    with pytest.raises(TypeError, match="sealed"):
        Action.objects.filter(pk=asked.pk).update(body=b'{"a":1}')


# ── Who opens what ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def openings(monkeypatch):
    """Which values were opened since."""
    seen, whole = [], boxes.opened

    def opened(stored, context):
        seen.append(context.column)
        return whole(stored, context)

    monkeypatch.setattr(boxes, "opened", opened)
    return seen


def test_loading_an_action_opens_nothing(asked, openings):
    found = list(Action.objects.all())
    assert openings == []
    assert found[0].body
    assert found[0].body
    assert openings == [BODY]


def test_a_list_opens_what_it_shows_and_no_more(shop, asked, alice, now, openings):
    large = ask(mcp={"revision": "2026-07-28", "method": "tools/call",
                     "params": {"name": "refund", "arguments": {"note": "x" * 20_000}}})  # fmt: skip
    submit(shop, large, key="large", at=now)
    found = inbox.read(user=alice, facets=Facets.read({}), at=now)
    rows = found.sections[0].rows
    assert len(rows) == 2
    assert openings.count(BODY) == 1, "the large one gets a general sentence"
    assert CONTEXT not in openings
    sizes = {row.action.pk: row.size for row in rows}
    assert sizes[asked.pk] == len(asked.body), "as long as it is, not as its seal is"


def test_a_page_reads_a_payload_without_another_round_trip(asked, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert Action.objects.get(pk=asked.pk).body
    with django_assert_num_queries(2):
        assert Action.objects.defer("body").get(pk=asked.pk).body


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
