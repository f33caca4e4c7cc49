import pytest


@pytest.fixture
def admin(db):
    from accounts.models import User

    return User.objects.create_user("admin", password="admin-password", is_staff=True)


@pytest.fixture(autouse=True)
def _no_limits_of_another_test(db):
    """The limits of sign-ins count in the database, and what was seen of whom in memory."""
    from accounts import signins

    signins._touched.clear()
