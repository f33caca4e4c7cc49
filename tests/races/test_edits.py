"""Two people change one ask at the same moment: one edit stands, and the other is told that they saw older bytes."""

import pytest

from approvals import errors, reviews
from approvals.models import Action, Edit, Review
from tests.approvals.editing import editable, seen
from tests.asks import submit

from .test_races import at_once, on_postgres, one_ending

__all__ = ["on_postgres"]
pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = 10


def changing(action, person, amount, now, *, shown):
    said = {"action_id": action.pk, "reviewer": person, "verdict": "approve", "seen": shown, "at": now}
    return lambda: reviews.record(changes={"/amount": amount}, **said)


def test_two_edits_at_once_are_one_edit_and_one_stale_view(alice, bob, shop, now):
    editable(need=2, at=now)
    for number in range(ROUNDS):
        action = submit(shop, key=f"k{number}", at=now).action
        before = seen(action)
        answers = at_once(
            changing(action, alice, 40, now, shown=before), changing(action, bob, 41, now, shown=before)
        )  # fmt: skip
        assert sorted(type(answer).__name__ for answer in answers) == ["Recorded", "StaleView"]
        kept, review = Edit.objects.get(action=action), Review.objects.get(action=action)
        assert (kept.number, kept.editor_id) == (1, review.reviewer_id)
        assert Action.objects.get(pk=action.pk).state == "pending"


def test_an_edit_beside_a_yes_that_decides_never_changes_what_was_decided(alice, bob, shop, now):
    editable(at=now)
    for number in range(ROUNDS):
        action = submit(shop, key=f"k{number}", at=now).action
        before = seen(action)
        plain = {"action_id": action.pk, "reviewer": bob, "verdict": "approve", "seen": before, "at": now}
        answers = at_once(
            changing(action, alice, 40, now, shown=before), lambda plain=plain: reviews.record(**plain)
        )  # fmt: skip
        assert one_ending(action) == "approved"
        assert sum(isinstance(answer, errors.AlreadySettled) for answer in answers) == 1
        assert Review.objects.filter(action=action).count() == 1
