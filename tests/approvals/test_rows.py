"""The fast insert writes what the ORM would have written, and the database's law holds for it too."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from approvals import rows
from approvals.models import Action, Entry
from approvals.rules import ids

pytestmark = pytest.mark.django_db


def copies(action: Action, count: int) -> list[Action]:
    made = []
    for number in range(count):
        copy = Action.objects.get(pk=action.pk)
        copy.body, copy.context = action.body, action.context  # as stored they open under their own id only
        copy.pk = ids.uuid7(at=action.created_at, place=number, noise=bytes(8))
        copy.idempotency_key = f"copy-{number}"
        made.append(copy)
    return made


def test_rows_come_back_as_the_orm_reads_them(asked):
    rows.insert(copies(asked, 3))
    for copy in Action.objects.filter(idempotency_key__startswith="copy-"):
        for field in Action._meta.concrete_fields:
            if field.attname not in ("id", "idempotency_key"):
                assert getattr(copy, field.attname) == getattr(asked, field.attname), field.attname


def test_keys_the_database_makes_are_made(asked, now):
    rows.insert([Entry(event="a", actor="b", at=now), Entry(event="c", actor="d", at=now)])
    assert list(Entry.objects.filter(event__in="ac").values_list("event", flat=True)) == ["a", "c"]


def test_a_batch_of_none_asks_the_database_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        rows.insert([])


def test_a_row_that_breaks_the_law_fails_the_whole_batch(asked):
    first, second = copies(asked, 2)
    second.idempotency_key = first.idempotency_key
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.insert([first, second])
    assert not Action.objects.filter(idempotency_key__startswith="copy-").exists()


@pytest.mark.postgres
def test_a_text_too_long_is_refused_and_never_cut_off(asked):
    (copy,) = copies(asked, 1)
    copy.session = "x" * 129
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.insert([copy])


def test_an_ask_made_without_the_orm_has_every_column(asked):
    columns = {field.attname: getattr(asked, field.attname) for field in Action._meta.concrete_fields}
    made, usual = Action.unsaved(**columns), Action(**columns)
    assert set(vars(made)) == set(vars(usual))
    assert all(vars(made)[name] == vars(usual)[name] for name in columns)
    assert made._state.adding and not made._state.fields_cache


def test_questions_asked_together_are_answered_as_if_one_by_one(asked, now):
    people = ("SELECT id, username, is_active, date_joined, last_login FROM accounts_user ORDER BY username", [])
    asks = ("SELECT id, dig, created_at, nonce, sampling_action_id FROM approvals_action WHERE id {any}", [[asked.pk]])
    nobody = ("SELECT id FROM accounts_user WHERE username {any}", [["mallory"]])
    assert rows.together(people, asks, nobody) == rows.fetch(people, asks, nobody)
    assert rows.together(asks) == rows.fetch(asks)


def test_rows_of_one_table_keep_their_order_whatever_stands_between(asked, now):
    first, second = copies(asked, 2)
    line = {"actor": "console", "at": now}
    rows.insert(
        [Entry(event="one", **line)], [first, second], [Entry(event="two", **line), Entry(event="three", **line)]
    )
    written = Entry.objects.filter(actor="console", event__in=("one", "two", "three")).order_by("id")
    assert list(written.values_list("event", flat=True)) == ["one", "two", "three"]
    assert Action.objects.filter(idempotency_key__startswith="copy-").count() == 2


def test_an_error_in_one_of_several_tables_leaves_all_of_them_as_they_were(asked, now):
    first, second = copies(asked, 2)
    second.idempotency_key = first.idempotency_key
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.insert([Entry(event="lost", actor="console", at=now)], [first, second])
    assert not Entry.objects.filter(event="lost").exists()


VALUES = {
    "text": ["", "plain", "ünïcödé \U0001f600", 'quoted "," {braces}', None, "x" * 70_000],
    "integer": [0, -1, 2**31 - 1, -(2**31), None],
    "smallint": [0, -(2**15), 2**15 - 1, None],
    "bigint": [0, 2**63 - 1, -(2**63), None],
    "boolean": [True, False, None],
    "bytea": [b"", b"\x00\xff", None, b"{" * 300],
    "uuid": [UUID(int=0), UUID(int=2**128 - 1), None],
    "timestamp with time zone": [
        datetime(2000, 1, 1, tzinfo=UTC), datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 11, 24, 9, 30, 0, 1, tzinfo=timezone(timedelta(hours=5, minutes=45))), None,
    ],
    "jsonb": ["{}", '{"a": 1}'],
}  # fmt: skip


def sent_and_read(kind: str, column: list) -> list:
    from approvals.rows import arrays

    connection.ensure_connection()
    arrays.teach(connection.connection)
    cursor = psycopg.Cursor(connection.connection)
    cursor.execute(f"SELECT * FROM unnest(%b::{kind}[])", [arrays.pack(kind, column)])
    return [value for (value,) in cursor.fetchall()]


@pytest.mark.postgres
@pytest.mark.parametrize("kind", VALUES)
def test_a_column_arrives_as_it_was_sent(kind):
    several = VALUES[kind]
    for column in (several, several[:1], several[:1] * 5, [value for value in several if value is not None]):
        found = sent_and_read(kind, column)
        assert found == list(column)


@pytest.mark.postgres
def test_a_text_that_is_no_text_is_refused():
    for value, error in (("a\x00b", psycopg.DataError), ("\ud800", UnicodeEncodeError)):
        with transaction.atomic(), pytest.raises(error), connection.connection.transaction():
            sent_and_read("text", [value])
