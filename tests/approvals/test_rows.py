"""The fast insert writes what the ORM would have written, and the database's law holds for it too."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction

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
