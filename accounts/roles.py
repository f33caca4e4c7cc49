"""Who holds a role now."""

from .models import Role, User


def give(*, role: str, user: User) -> Role:
    """Let the user hold the role of this name, made when it is new."""
    held, _ = Role.objects.get_or_create(name=role)
    user.groups.add(held)
    return held
