"""Checkpoints and asks of the cast: alice and bob own payments, carol owns another role, mallory nothing.

Shop is a server.
"""

from datetime import timedelta

import pytest

from tests.publishing import publish


@pytest.fixture
def refund(db, now):
    """The checkpoint for tool calls named refund: one approval by a payments-owner within ten minutes."""
    return _published("refund", need=1, at=now)


@pytest.fixture
def payout(db, now):
    """The checkpoint for tool calls named payout: two approvals."""
    return _published("payout", need=2, at=now)


@pytest.fixture
def asked(refund, alice, bob, shop, now):
    """A refund that waits for alice or bob."""
    from tests import asks

    return asks.submit(shop, at=now).action


@pytest.fixture
def asked_payout(payout, alice, bob, shop, now):
    """A payout that waits for alice and bob."""
    from tests import asks

    return asks.submit(shop, asks.ask(tool="payout"), key="payout", at=now).action


@pytest.fixture
def later(now):
    return now + timedelta(seconds=5)


def _published(tool, *, need, at):
    return publish(
        checkpoint=f"shop/{tool}", kind="tool_call", pattern=tool, need=need, deadline_seconds=600,
        roles={"approval": "payments-owner"}, at=at,
    )  # fmt: skip


@pytest.fixture
def admin(db):
    from accounts.models import User

    return User.objects.create_user("admin", password="admin-password", is_staff=True)


@pytest.fixture
def second(db):
    """Another admin, who confirms."""
    from accounts.models import User

    return User.objects.create_user("second", password="second-password", is_staff=True)
