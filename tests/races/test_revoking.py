"""A grant is revoked while servers use it, on PostgreSQL: what was used before stands, and nothing is used after."""

from datetime import UTC, datetime, timedelta

import pytest

from approvals import grants, reviews
from approvals.models import Action, GrantUse
from tests.asks import submit
from tests.publishing import publish

from .test_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = 6


def test_nothing_is_used_after_a_grant_was_revoked(alice, bob, shop, now):
    publish(checkpoint="shop/refund", pattern="refund", grants={"uses": 50, "seconds": 3600}, at=now)
    like = submit(shop, key="like", at=now).action
    reviews.record(action_id=like.pk, reviewer=bob, verdict="approve", at=now)
    terms = grants.Terms(uses=9, seconds=600, per_hour=9)
    for n in range(ROUNDS):
        at = datetime.now(UTC) + timedelta(seconds=n)
        grant = grants.create(action_id=like.pk, person=alice, terms=terms, at=at)
        calls = [lambda key=f"{n}-{k}", at=at: submit(shop, key=key, at=at).action for k in range(3)]
        revoked, *asked = at_once(lambda grant=grant, at=at: grants.revoke(grant_id=grant.pk, by=bob, at=at), *calls)
        assert revoked.pk == grant.pk
        ended = [Action.objects.get(pk=action.pk).reason for action in asked]
        assert set(ended) <= {"", "grant"}
        assert ended.count("grant") == GrantUse.objects.filter(grant=grant).count()
        assert submit(shop, key=f"{n}-after", at=at).action.state == "pending"
