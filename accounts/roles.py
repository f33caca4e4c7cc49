"""Who holds a role, from when until when."""

from datetime import datetime

from .models import Membership, Role, User


def give(*, role: str, user: User, at: datetime, until: datetime | None = None, by: User | None = None) -> Membership:
    """Let the user hold the role of this name from now on, the role made when it is new."""
    held, _ = Role.objects.get_or_create(name=role)
    known = Membership.objects.filter(Membership.at(at), role=held, person=user).first()
    return known or Membership.objects.create(
        role=held, person=user, starts_at=at, ends_at=until, created_at=at, created_by=by
    )


def take(*, role: str, user: User, at: datetime) -> None:
    """End that the user holds the role. What was before stays on record."""
    Membership.objects.filter(Membership.at(at), role__name=role, person=user).update(ends_at=at)
