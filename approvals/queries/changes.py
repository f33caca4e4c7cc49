"""What admins propose and confirm: the list, one change with its difference, and who could confirm it."""

from accounts.models import User


def admins() -> list[str]:
    """Return the names of all who may change the map: active staff, in one query."""
    return list(
        User.objects.filter(is_staff=True, is_active=True).order_by("username").values_list("username", flat=True)
    )
