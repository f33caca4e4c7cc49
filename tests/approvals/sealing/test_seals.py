"""Payloads at rest: sealed in the database, plain in the program, bound to their row, and never opened unasked."""

from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import BinaryField, Value
from hypothesis import given
from hypothesis import strategies as st
from placet import canonical

from approvals.errors.sealed import Unreadable
from approvals.models import Action, Answer, Comment, Edit
from approvals.queries import inbox
from approvals.queries.facets import Facets
from approvals.sealing import BODY, CONTEXT, OVERHEAD, Box, Context, boxes, opened
from tests.approvals import answering, editing
from tests.asks import ask, submit

from .unsealing import put, without_law

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


def test_words_open_under_the_name_of_who_said_them_only(decided, alice, bob, now):
    """Somebody who can write rows puts alice's words, or words of their own, beside another name."""
    said = Comment.objects.get()
    stored = said.__dict__["text"]
    for forged in ({"author": bob, "text": stored}, {"author": alice, "text": b"{made up}"}):
        with without_law():
            made = Comment.objects.create(action=said.action, at=now, author=forged["author"], text="x")
            Comment.objects.filter(pk=made.pk).update(text=Value(forged["text"], output_field=BinaryField()))
        with pytest.raises(Unreadable):
            Comment.objects.get(pk=made.pk).text  # noqa: B018
    assert Comment.objects.get(pk=said.pk).text == "Looks like order A1 again."


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
