"""Answers at once, on PostgreSQL: exactly one wins, everybody else is told, and one ledger line says so."""

import pytest

from approvals import answers, errors, redemption
from approvals.models import Answer, Entry
from tests.approvals import answering
from tests.asks import identity

from .test_races import at_once, on_postgres  # noqa: F401 (a fixture)

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = 20


@pytest.fixture
def dana(db, django_user_model):
    return django_user_model.objects.create_user("dana", password="dana-password")


def giving(action, dana, said, at):
    content = {"name": "Dana"} if said == "accept" else None
    return lambda: answers.give(action_id=action.pk, person=dana, said=said, content=content, at=at)


def test_of_four_answers_at_once_one_stands(shop, alice, dana, now):
    answering.checkpoints(at=now)
    for number in range(ROUNDS):
        action = answering.released(shop, alice, answering.form(), key=f"q{number}", at=now)
        words = ("accept", "decline", "cancel", "accept")
        told = at_once(*(giving(action, dana, said, now) for said in words))
        won = [answer for answer in told if isinstance(answer, Answer)]
        assert len(won) == 1 and sum(isinstance(each, errors.AlreadyAnswered) for each in told) == 3
        assert Answer.objects.get(action=action).said == won[0].said
        assert Entry.objects.filter(action=action, event="action.answered").count() == 1


def test_fetching_while_it_is_erased_gives_all_of_it_or_says_it_is_gone(shop, alice, dana, now):
    answering.checkpoints(at=now)
    for number in range(ROUNDS):
        action = answering.released(shop, alice, answering.form(), key=f"q{number}", at=now)
        giving(action, dana, "accept", now)()
        who = identity(shop)
        redemption.consume(action_id=action.pk, server=who, key="k", at=now)
        answers.fetch(action_id=action.pk, server=who, at=now)
        redemption.report(action_id=action.pk, server=who, status="succeeded", at=now)

        def fetch(action=action, who=who):
            return answers.fetch(action_id=action.pk, server=who, at=now)

        fetched, swept = at_once(fetch, lambda: answers.sweep(at=now))
        assert swept == 1
        assert isinstance(fetched, errors.AnswerOver) or fetched.content == {"name": "Dana"}
