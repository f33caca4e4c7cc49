"""What a caller tells the console for its map, and what a policy tells the caller about results."""

from datetime import UTC, datetime

import pytest
from placet import Console

from tests.publishing import publish


@pytest.fixture
def shop_side(console, token, jwks, owners):
    with Console(console, token=token, pin=jwks, patience=2) as side:
        yield side


def test_tools_that_a_server_lists_come_onto_the_map(shop_side, owners):
    from approvals.models import Sighting

    assert shop_side.tools([{"name": "refund"}, {"name": "void", "dig": "A" * 43}]) == 2
    assert set(Sighting.objects.values_list("name", "listed")) == {("refund", True), ("void", True)}


def test_a_caller_is_told_that_the_result_is_to_be_reviewed(shop_side, owners):
    params = {"messages": [{"role": "user", "content": {"type": "text", "text": "Capital?"}}], "maxTokens": 5}
    for wanted in (False, True):
        publish(
            checkpoint="shop/model", kind="sampling", pattern="*", review_result=wanted,
            roles={"approval": "payments-owner"}, at=datetime.now(UTC),
        )  # fmt: skip
        action = shop_side.submit(kind="sampling", mcp={"method": "sampling/createMessage", "params": params})
        owners.decide(action.id)
        assert shop_side.wait(action).result_review is wanted
