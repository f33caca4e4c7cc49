"""Erasing: what goes, what stays, who may, and that every reader says so decently."""

import pytest
from django.db import DatabaseError, transaction

from approvals import answers, erasing, redemption, reviews
from approvals.errors import NotFound, TextMissing
from approvals.errors.sealed import AlreadyErased, Erased, NotErasable, OwnWord
from approvals.models import Action, Answer, Comment, Edit, Entry, Erasure, Receipt, Review
from tests.approvals import answering
from tests.asks import identity, submit

pytestmark = pytest.mark.django_db


def erase(action, person, *, at):
    erasing.erase(action_id=action.pk, person=person, reason="Asked for by the customer.", at=at)


# ── What goes, what stays ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_payloads_go_and_all_else_stays(decided, logan, over):
    kept = bytes(Receipt.objects.get().jws), decided.dig, decided.context_dig, Edit.objects.get().dig
    erase(decided, logan, at=over)
    found = Action.objects.get(pk=decided.pk)
    for row, name in ((found, "body"), (found, "context"), (Edit.objects.get(), "body")):
        assert row.__dict__[name] == b"\0"
        with pytest.raises(Erased):
            getattr(row, name)
    assert (bytes(Receipt.objects.get().jws), found.dig, found.context_dig, Edit.objects.get().dig) == kept
    with pytest.raises(Erased):
        Comment.objects.get().text  # noqa: B018
    assert Review.objects.count() == 1
    assert found.state == "approved"
    line = Entry.objects.latest("pk")
    assert (line.event, line.actor, line.dig) == ("action.erased", "user:logan", decided.dig)
    told = Erasure.objects.get()
    assert (told.person, told.reason, told.at) == (logan, "Asked for by the customer.", over)


def test_an_answer_goes_with_its_question(shop, alice, logan, now, later, over, django_user_model):
    dana = django_user_model.objects.create_user("dana", email="dana@example.org")
    answering.checkpoints(at=now)
    question = answering.released(shop, alice, answering.form(), at=now)
    answers.give(action_id=question.pk, person=dana, said="accept", content={"name": "Dana"}, at=later)
    assert erasing.erase_many(wanted=Action.objects.all(), actor="operator", reason="test", at=over) == 1
    found = Answer.objects.get()
    assert found.content is None
    assert found.said == "accept"
    assert found.dig


def test_what_was_erased_takes_no_more_words(decided, logan, alice, over):
    """They would be the only ones that nobody can erase."""
    erase(decided, logan, at=over)
    with pytest.raises(Erased):
        reviews.comment(action_id=decided.pk, author=alice, text="It was order A1.", at=over)
    assert Comment.objects.count() == 1


# ── Who may, and when ────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_does_not_answer_for_the_log_cannot(decided, alice, bob, carol, mallory, admin, over):
    for person in (bob, carol, mallory, admin):
        with pytest.raises(NotFound):
            erase(decided, person, at=over)
    assert not Erasure.objects.exists()


def test_nobody_erases_what_they_had_a_say_in(decided, alice, over):
    from accounts import roles
    from tests.conftest import SINCE

    roles.give(role="log-owner", user=alice, at=SINCE)
    with pytest.raises(OwnWord):
        erase(decided, alice, at=over)


def test_what_waits_is_not_erased_and_the_database_sees_to_it(rule, shop, alice, logan, now, over):
    action = submit(shop, at=now).action
    with pytest.raises(NotErasable):
        erase(action, logan, at=over)
    with pytest.raises(DatabaseError), transaction.atomic():
        Erasure.objects.create(action=action, person=logan, reason="x", at=over)
    with pytest.raises(DatabaseError), transaction.atomic():
        Action.objects.filter(pk=action.pk).update(body=b"\0")


def test_what_can_still_be_used_is_not_erased(decided, shop, logan, later, over):
    with pytest.raises(NotErasable):
        erase(decided, logan, at=later)
    redemption.consume(action_id=decided.pk, server=identity(shop), key="c1", at=later)
    with pytest.raises(NotErasable):
        erase(decided, logan, at=later)
    redemption.report(action_id=decided.pk, server=identity(shop), status="succeeded", note="", at=later)
    erase(decided, logan, at=later)


def test_it_is_erased_once_and_for_a_reason(decided, logan, over):
    for reason in ("", "  "):
        with pytest.raises(TextMissing):
            erasing.erase(action_id=decided.pk, person=logan, reason=reason, at=over)
    erase(decided, logan, at=over)
    with pytest.raises(AlreadyErased):
        erase(decided, logan, at=over)


@pytest.mark.parametrize("change", ["delete", "reason"])
def test_an_erasure_stays_on_record(decided, logan, over, change):
    erase(decided, logan, at=over)
    with pytest.raises(DatabaseError), transaction.atomic():
        if change == "delete":
            Erasure.objects.all()._raw_delete("default")
        else:
            Erasure.objects.update(reason="another")


def test_what_was_erased_does_not_come_back(decided, logan, over):
    stored = Action.objects.values_list("body", flat=True).get()
    erase(decided, logan, at=over)
    with pytest.raises(DatabaseError), transaction.atomic():
        Action.objects.filter(pk=decided.pk).update(body=bytes(stored))
