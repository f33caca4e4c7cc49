"""A checkpoint that allows grants, decided asks at it, and a grant."""

import json

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
