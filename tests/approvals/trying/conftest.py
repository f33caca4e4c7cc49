"""A checkpoint that allows grants, decided asks at it, and a grant; an admin, and a record to try drafts on."""

import json
from datetime import timedelta

import pytest


@pytest.fixture
def open_rule(db, now):
    from .granting import rules

    return rules(now)


@pytest.fixture
def decided(open_rule, alice, bob, shop, now):
    """`decided(order="A1", amount=5)`: such a refund, approved by alice, or as told."""
    from approvals import reviews
    from tests.asks import submit

    from .granting import call

    def one(verdict="approve", by=alice, note="", **arguments):
        key = json.dumps(arguments, sort_keys=True)
        action = submit(shop, call(**arguments), key=key, at=now).action
        reviews.record(action_id=action.pk, reviewer=by, verdict=verdict, note=note, at=now)
        return action

    return one


@pytest.fixture
def approved(decided):
    return decided(order="A1", amount=4200)


@pytest.fixture
def grant(approved, alice, later):
    from approvals import grants

    from .granting import TERMS

    return grants.create(action_id=approved.pk, person=alice, terms=TERMS, at=later)


@pytest.fixture
def admin(django_user_model):
    return django_user_model.objects.create_user("admin", password="admin-password", is_staff=True)


@pytest.fixture
def recorded(refund, alice, bob, shop, now):
    """Refunds of 100 to 1000: the even ones approved after a minute, the odd ones denied, the last still pending."""
    from approvals import reviews
    from tests.asks import submit

    from .granting import call

    made = []
    for n in range(1, 11):
        action = submit(shop, call(order="A1", amount=100 * n), key=f"r{n}", at=now).action
        if n < 10:
            verdict = "deny" if n % 2 else "approve"
            reviews.record(action_id=action.pk, reviewer=alice, verdict=verdict, at=now + timedelta(seconds=6 * n))
        made.append(action)
    return made
