"""Two admins, ann and ben, beside the cast."""

import pytest


@pytest.fixture
def ann(db):
    return _admin("ann")


@pytest.fixture
def ben(db):
    return _admin("ben")


def _admin(name):
    from accounts.models import User

    return User.objects.create_user(name, password=f"{name}-password", is_staff=True)
