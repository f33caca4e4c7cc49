"""Two workers look at once who is to hear of what, on PostgreSQL: each person hears it once."""

from datetime import timedelta

import pytest

from accounts import channels
from approvals import knocking
from approvals.models import Knock
from tests.asks import submit
from tests.publishing import publish

from .test_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = 5


def test_workers_that_look_at_once_tell_nobody_twice(alice, bob, shop, now):
    for person in (alice, bob):
        channels.open_chat(person=person, address=f"https://hooks.example.org/{person.username}", at=now)
    publish(checkpoint="shop/refund", pattern="refund", need=2, at=now)
    told = []

    def hand_over(channel, *, subject, text):
        told.append((channel.person.username, text))

    for n in range(ROUNDS):
        at = now + n * timedelta(minutes=2)
        submit(shop, key=f"k{n}", at=at)
        at_once(*[lambda at=at: knocking.run(at=at, hand_over=hand_over) for _ in range(4)])
    assert len(told) == len(set(told)) == 2 * ROUNDS
    assert not Knock.objects.exclude(due_at=None).exists() and not Knock.objects.filter(sent_at=None).exists()
