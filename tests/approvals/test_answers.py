"""Answers: only the subject gives one, once, in time, within the form's rules; its server gets it, and it is erased."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from placet import canonical

from approvals import answers, errors, redemption, reviews
from approvals.models import Answer, Entry, Question
from tests.asks import identity, submit

from . import answering

pytestmark = pytest.mark.django_db


@pytest.fixture
def dana(db, django_user_model):
    return django_user_model.objects.create_user("dana", email="dana@example.org", password="dana-password")


@pytest.fixture
def places(db, alice, now):
    answering.checkpoints(at=now)


@pytest.fixture
def question(places, shop, alice, dana, now):
    return answering.released(shop, alice, answering.form(), at=now)


def give(action, person, said="accept", *, at, **content):
    content = content or ({"name": "Dana"} if said == "accept" else None)
    return answers.give(action_id=action.pk, person=person, said=said, content=content, at=at)


# ── Who ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_subject_answers_and_the_ledger_says_that_but_not_what(question, dana, later):
    given = give(question, dana, name="Dana", color="red", at=later)
    assert (given.said, given.person) == ("accept", dana)
    line = Entry.objects.get(event="action.answered")
    assert (line.actor, line.action_id, line.dig) == ("user:dana", question.pk, given.dig)
    assert given.dig == canonical.digest_bytes(bytes(given.content))


def test_equal_answers_have_different_digests(question, places, shop, alice, dana, now, later):
    other = answering.released(shop, alice, answering.form(), key="q2", at=now)
    assert give(question, dana, at=later).dig != give(other, dana, at=later).dig


@pytest.mark.parametrize("subject", ["dana", "user:Dana", "DANA@example.org", "mailto:dana@example.org", "ｄａｎａ"])
def test_the_subject_is_found_under_every_spelling(places, shop, alice, dana, now, later, subject):
    action = answering.released(shop, alice, answering.form(subject=subject), at=now)
    assert Question.objects.get(pk=action.pk).answerer in ("dana", "dana@example.org")
    assert give(action, dana, at=later).said == "accept"


@pytest.mark.parametrize("who", ["alice", "bob", "carol", "mallory"])
def test_nobody_else_answers_not_even_who_released_it(question, request, who, later):
    with pytest.raises(errors.NotFound):
        give(question, request.getfixturevalue(who), at=later)
    assert not Answer.objects.exists()


def test_a_subject_nobody_is_called_like_waits_for_nobody(places, shop, alice, dana, now, later):
    action = answering.released(shop, alice, answering.form(subject="erin@example.org"), at=now)
    with pytest.raises(errors.NotFound):
        give(action, dana, at=later)


def test_before_its_release_there_is_nothing_to_answer(places, shop, alice, dana, now, later):
    action = submit(shop, answering.form(), at=now).action
    with pytest.raises(errors.NotFound):
        give(action, dana, at=later)


def test_what_was_denied_is_never_answered(places, shop, alice, dana, now, later):
    action = submit(shop, answering.form(), at=now).action
    reviews.record(action_id=action.pk, reviewer=alice, verdict="deny", at=now)
    with pytest.raises(errors.NotFound):
        give(action, dana, at=later)


def test_what_the_host_asks_is_not_answered_here(places, shop, alice, dana, now, later):
    value = answering.form()
    del value["answer"]
    action = answering.released(shop, alice, value, at=now)
    with pytest.raises(errors.NotFound):
        give(action, dana, at=later)
    assert not Question.objects.exists()


# ── Once, in time ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("said", ["accept", "decline", "cancel"])
def test_the_first_answer_stands(question, dana, later, said):
    give(question, dana, said, at=later)
    with pytest.raises(errors.AlreadyAnswered):
        give(question, dana, at=later)
    assert Answer.objects.get().said == said


def test_a_late_answer_is_refused(question, dana):
    until = question.deadline_at + timedelta(seconds=question.policy.valid_seconds)
    with pytest.raises(errors.AnswerOver):
        give(question, dana, at=until)
    assert give(question, dana, at=until - timedelta(seconds=1)).said == "accept"


def test_what_the_server_has_finished_needs_no_answer(question, shop, dana, later):
    redemption.consume(action_id=question.pk, server=identity(shop), key="k", at=later)
    redemption.report(action_id=question.pk, server=identity(shop), status="failed", at=later)
    with pytest.raises(errors.AnswerOver):
        give(question, dana, at=later)


def test_there_are_three_answers(question, dana, later):
    with pytest.raises(errors.UnknownAnswer):
        give(question, dana, "maybe", name="Dana", at=later)


# ── Within the rules ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ({"color": "red"}, "f2"),
        ({"name": "D"}, "f2"),
        ({"name": 7}, "f2"),
        ({"name": "Dana", "color": "green"}, "f0"),
        ({"name": "Dana", "count": 10}, "f1"),
        ({"name": "Dana", "count": 1.5}, "f1"),
        ({"name": "Dana", "count": True}, "f1"),
        ({"name": "Dana", "also": "x"}, ""),
    ],
)
def test_what_breaks_the_form_is_refused_at_its_field(question, dana, later, content, key):
    with pytest.raises(errors.InvalidAnswer) as refused:
        give(question, dana, at=later, **content)
    assert list(refused.value.wrong) == [key] and refused.value.wrong[key].endswith(".")
    assert not Answer.objects.exists()


def test_a_huge_answer_is_refused(places, shop, alice, dana, now, later):
    schema = {"type": "object", "properties": {"text": {"type": "string"}}}
    action = answering.released(shop, alice, answering.form({"message": "?", "requestedSchema": schema}), at=now)
    with pytest.raises(errors.InvalidAnswer):
        give(action, dana, text="x" * 70_000, at=later)


@pytest.mark.parametrize("said", ["decline", "cancel"])
def test_a_no_carries_nothing(question, dana, later, said):
    assert give(question, dana, said, name="Dana", at=later).content is None


def test_a_link_is_answered_without_content(places, shop, alice, dana, now, later):
    action = answering.released(shop, alice, answering.link(), at=now)
    assert give(action, dana, name="Dana", at=later).content is None


# ── Fetched, then erased ─────────────────────────────────────────────────────────────────────────────────────────────


def fetch(action, server, at):
    return answers.fetch(action_id=action.pk, server=identity(server), at=at)


def test_the_server_gets_what_was_said_as_often_as_it_asks(question, shop, dana, later):
    give(question, dana, name="Dana", count=3, at=later)
    first, again = fetch(question, shop, later), fetch(question, shop, later)
    assert first == again == answers.Fetched("accept", {"name": "Dana", "count": 3}, later)


def test_another_server_gets_nothing(question, dana, later, now):
    from accounts import servers

    give(question, dana, at=later)
    with pytest.raises(errors.NotFound):
        fetch(question, servers.register(name="bakery", at=now), later)


def test_the_content_goes_when_it_was_fetched_and_the_outcome_told(question, shop, dana, later):
    give(question, dana, at=later)
    assert answers.sweep(at=later) == 0
    fetch(question, shop, later)
    assert answers.sweep(at=later) == 0
    redemption.consume(action_id=question.pk, server=identity(shop), key="k", at=later)
    redemption.report(action_id=question.pk, server=identity(shop), status="succeeded", at=later)
    assert answers.sweep(at=later) == 1 and answers.sweep(at=later) == 0
    kept = Answer.objects.get()
    assert kept.content is None and kept.dig and kept.said == "accept"
    with pytest.raises(errors.AnswerOver):
        fetch(question, shop, later)


def test_the_content_goes_after_a_day(question, dana, later):
    give(question, dana, at=later)
    assert answers.sweep(at=later + timedelta(hours=23, minutes=59)) == 0
    assert answers.sweep(at=later + timedelta(hours=24)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"said": "decline", "content": None},
        {"content": b"other"},
        {"dig": "x" * 43},
        {"at": None},
        {"person_id": 1_000_000},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_database_lets_nobody_rewrite_an_answer(question, dana, later, change):
    give(question, dana, at=later)
    if "at" in change:
        change = {"at": later + timedelta(seconds=1)}
    with pytest.raises(DatabaseError), transaction.atomic():
        Answer.objects.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Answer.objects.all()._raw_delete("default")


def test_what_was_erased_does_not_come_back(question, shop, dana, later):
    give(question, dana, at=later)
    kept = bytes(Answer.objects.values_list("content", flat=True).get())
    fetch(question, shop, later)
    Answer.objects.update(content=None)
    for change in ({"content": kept}, {"fetched_at": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Answer.objects.update(**change)


@pytest.mark.parametrize("table", [Question])
def test_a_question_stays_as_it_was_asked(question, table):
    with pytest.raises(DatabaseError), transaction.atomic():
        table.objects.update(answerer="mallory")
