"""A folder of sealing keys of a test's own, and looks at what the database holds."""

from datetime import timedelta

import pytest
from django.db import connection

from approvals.sealing import ring
from tests.publishing import publish


@pytest.fixture
def keys(settings, tmp_path):
    """An empty folder for keys, that nobody looked into yet."""
    settings.KEYS_DIR, settings.SEAL_KEYS = tmp_path / "keys", ""
    ring._folder.ring = None
    yield settings.KEYS_DIR
    ring._folder.ring = None


@pytest.fixture
def raw():
    """Read a column as it is stored: `raw("approvals_action", "body")`."""

    def read(table, column):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {column} FROM {table}")
            return [None if value is None else bytes(value) for (value,) in cursor.fetchall()]

    return read


@pytest.fixture
def rule(db, now):
    """Refunds: payments-owner approves, log-owner reads the log; amounts may be changed, and grants given."""
    return publish(
        checkpoint="shop/refund", pattern="refund", deadline_seconds=600, edit=["/amount"], at=now,
        roles={"approval": "payments-owner", "logging": "log-owner"},
    )  # fmt: skip


@pytest.fixture
def logan(db):
    from accounts import roles
    from accounts.models import User
    from tests.conftest import SINCE

    user = User.objects.create_user("logan", password="logan-password")
    roles.give(role="log-owner", user=user, at=SINCE)
    return user


@pytest.fixture
def over(now):
    """When nothing of it can be used any more."""
    return now + timedelta(hours=1)


@pytest.fixture
def decided(rule, shop, alice, logan, now, later):
    """Asked, commented, changed and approved by alice."""
    from approvals import reviews
    from approvals.models import Action
    from tests.approvals import editing
    from tests.asks import submit

    action = submit(shop, at=now).action
    reviews.comment(action_id=action.pk, author=alice, text="Looks like order A1 again.", at=later)
    editing.edit(action, alice, at=later)
    return Action.objects.get(pk=action.pk)
