"""Admins at once, on PostgreSQL: a change is decided once, and no two overwrite each other."""

from datetime import timedelta

import pytest

from accounts.models import User
from approvals import changes, errors
from approvals.models import Change, Entry, Policy
from tests.races.test_races import at_once, on_postgres  # noqa: F401 (a fixture)

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = 8


@pytest.fixture
def admins(db):
    return [User.objects.create_user(name, is_staff=True) for name in ("ann", "ben", "cleo")]


def propose(author, number, *, at, seconds=600):
    rule = {
        "checkpoint": f"place/{number}", "kind": "tool_call", "pattern": f"tool{number}", "deadline_seconds": seconds,
        "needs": [{"role": "payments-owner"}],
    }  # fmt: skip
    return changes.propose(author=author, about="checkpoint", subject=f"place/{number}", proposed=rule, at=at)


def confirm(change, by, at):
    return lambda: changes.confirm(change_id=change.pk, by=by, at=at)


def test_two_who_confirm_at_once_apply_it_once(admins, alice, now):
    ann, ben, cleo = admins
    for number in range(ROUNDS):
        change = propose(ann, number, at=now)
        answers = at_once(confirm(change, ben, now), confirm(change, cleo, now), confirm(change, ben, now))
        assert sorted(type(each).__name__ for each in answers) == ["Change", "ChangeOver", "ChangeOver"]
    assert Policy.objects.count() == Entry.objects.filter(event="change.applied").count() == ROUNDS


def test_confirmation_and_withdrawal_at_once_have_one_winner(admins, alice, now):
    ann, ben, _ = admins
    for number in range(ROUNDS):
        change = propose(ann, number, at=now)
        answers = at_once(
            confirm(change, ben, now), lambda pk=change.pk: changes.withdraw(change_id=pk, by=ann, at=now)
        )
        assert sum(isinstance(each, errors.ChangeOver) for each in answers) == 1
        state = Change.objects.get(pk=change.pk).state
        assert Policy.objects.filter(checkpoint__name=f"place/{number}").exists() == (state == "applied")


def test_of_two_changes_on_one_base_the_second_is_stale(admins, alice, now):
    ann, ben, cleo = admins
    for number in range(ROUNDS):
        one, other = propose(ann, number, at=now), propose(ben, number, at=now, seconds=60)
        answers = at_once(confirm(one, cleo, now), confirm(other, cleo, now))
        assert sum(isinstance(each, errors.StaleChange) for each in answers) == 1
        assert Policy.objects.filter(checkpoint__name=f"place/{number}").count() == 1


def test_two_admins_who_unmake_each_other_at_once_do_not_both_go(admins, now):
    ann, ben, cleo = admins
    User.objects.filter(pk=cleo.pk).update(is_staff=False)
    said = [(ann, ben), (ben, ann)]
    one, other = [
        changes.propose(
            author=author, about="admin", subject=person.username,
            proposed={"person": person.username, "admin": False}, at=now,
        )
        for author, person in said
    ]  # fmt: skip
    at_once(confirm(one, ben, now), confirm(other, ann, now))
    assert User.objects.filter(is_staff=True).count() == 1


def test_beats_at_once_apply_what_is_due_once(admins, alice, now):
    ann, ben, _ = admins
    later = now + timedelta(seconds=5)
    rule = {"checkpoint": "p", "kind": "tool_call", "pattern": "t", "needs": [{"role": "payments-owner"}]}
    change = changes.propose(author=ann, about="checkpoint", subject="p", proposed=rule, effective_at=later, at=now)
    confirm(change, ben, now)()
    answers = at_once(*[lambda: changes.due(at=later)] * 4)
    assert sum(answers) == 1 and Policy.objects.count() == 1
