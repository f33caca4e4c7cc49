"""A yes that rests on no review, against a real console: taken by those who want it, refused by all others."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from placet import Console, Denied, Floor, NotVerified

from tests.publishing import publish

REFUND = {"name": "refund", "arguments": {"order": "A1", "amount": 42}}


@pytest.fixture
def side(console, token, jwks, owners):
    """`side("policy", …)`: the shop's end, which takes a yes on these bases too."""
    opened = []

    def of(*bases: str) -> Console:
        opened.append(Console(console, token=token, pin=jwks, patience=1, floor=Floor.taking(bases)))
        return opened[-1]

    yield of
    for each in opened:
        each.close()


def allow(**said) -> None:
    publish(
        checkpoint="shop/small", pattern="refund", when="args.amount < 50", effect="allow", roles={}, at=now(), **said
    )


def now() -> datetime:
    return datetime.now(UTC)


def test_what_a_rule_allows_runs_at_once_where_that_is_wanted(side):
    allow()
    shop = side("policy")
    approved = shop.wait(shop.submit(**REFUND))
    assert (approved.basis, approved.reviewers, approved.result_review) == ("policy", [], False)
    assert approved.run(lambda order, amount: amount) == 42


def test_what_a_rule_allows_is_refused_by_who_wants_people(side):
    allow()
    shop = side()
    with pytest.raises(NotVerified) as refused:
        shop.wait(shop.submit(**REFUND))
    assert (refused.value.step, refused.value.code) == (9, "wrong_basis")


def test_what_a_grant_covers_runs_where_that_is_wanted(side, owners):
    from approvals import grants

    publish(checkpoint="shop/refund", pattern="refund", grants={"uses": 5, "seconds": 3600}, at=now())
    shop = side("grant")
    like = shop.submit(**REFUND)
    owners.decide(like.id, by="bob")
    assert shop.wait(like).basis == "reviewed"
    terms = grants.Terms(uses=1, seconds=600, per_hour=1)
    grant = grants.create(action_id=UUID(like.id), person=owners.people["alice"], terms=terms, at=now())
    approved = shop.wait(shop.submit(**REFUND))
    assert approved.verified.claims["grant"] == {"id": str(grant.pk), "uses_left": 0} and approved.basis == "grant"
    assert shop.submit(**REFUND).state == "pending", "it had one use"


@pytest.mark.parametrize(("amount", "reason"), [(60, "outside_policy"), (None, "policy_error")])
def test_what_no_rule_allows_is_a_signed_no_with_its_reason(side, owners, amount, reason):
    allow()
    publish(checkpoint="shop/refund", pattern="refund", retired=True, at=now())
    shop = side("policy")
    arguments = {"order": "A1"} | ({"amount": amount} if amount else {})
    with pytest.raises(Denied) as denied:
        shop.wait(shop.submit(name="refund", arguments=arguments))
    assert denied.value.reason == reason
