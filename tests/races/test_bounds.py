"""Bounds and grants on PostgreSQL: however many processes admit at once, nothing is counted twice or past its bound."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections

from approvals import errors, grants, intake, policy, reviews
from approvals.models import Action, GrantUse
from tests.asks import item, submit
from tests.publishing import publish

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
DOORS = 8


@pytest.fixture(autouse=True)
def on_postgres():
    assert connection.vendor == "postgresql", "a race on SQLite proves nothing: writers queue there anyway"


def at_once(batches, *, at) -> list:
    """Admit the batches in threads that start together; every answer of all of them."""
    barrier = threading.Barrier(len(batches))

    def run(items):
        barrier.wait(timeout=20)
        try:
            return intake.submit_many(items=items, at=at)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(batches)) as pool:
        return [answer for done in pool.map(run, batches) for answer in done]


def doors(server, *, each: int) -> list[list]:
    return [[item(server, key=f"{door}-{number}") for number in range(each)] for door in range(DOORS)]


@pytest.mark.parametrize("bound", ["per_minute", "pending_most"])
def test_a_bound_is_exact_whatever_the_number_of_doors(alice, shop, now, bound):
    publish(checkpoint="shop/refund", pattern="refund", at=now)
    setattr(shop, bound, 30)
    shop.save()
    answers = at_once(doors(shop, each=10), at=now)
    assert sum(isinstance(answer, errors.TooMany) for answer in answers) == DOORS * 10 - 30
    assert Action.objects.count() == 30


def test_the_last_uses_of_a_grant_go_to_as_many_and_all_others_to_people(alice, bob, shop, now):
    publish(checkpoint="shop/refund", pattern="refund", grants={"uses": 50, "seconds": 3600}, at=now)
    like = submit(shop, key="like", at=now).action
    reviews.record(action_id=like.pk, reviewer=bob, verdict="approve", at=now)
    terms = grants.Terms(uses=5, seconds=600, per_hour=5)
    grants.create(action_id=like.pk, person=alice, terms=terms, at=now)
    answers = at_once(doors(shop, each=1), at=now + timedelta(seconds=1))
    ended = sorted(answer.action.reason for answer in answers)
    assert len(ended) == DOORS and 1 <= ended.count("grant") <= 5 and set(ended) <= {"", "grant"}
    assert sorted(GrantUse.objects.values_list("number", flat=True)) == list(range(1, ended.count("grant") + 1))


def test_of_rules_that_would_tie_and_are_published_at_once_one_is(alice, now):
    barrier = threading.Barrier(4)

    def run(pattern: str) -> str:
        barrier.wait(timeout=20)
        try:
            publish(checkpoint=f"place {pattern}", pattern=pattern, at=now)
        except errors.BadPolicy as refused:
            return refused.pointer
        finally:
            connections.close_all()
        return "published"

    with ThreadPoolExecutor(4) as pool:
        told = sorted(pool.map(run, ["re*d", "r*nd", "*und", "ref*"]))
    assert told == ["/rank", "/rank", "/rank", "published"] and len(policy.book().policies) == 1
