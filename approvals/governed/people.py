"""The people that documents name: they exist, and they are active."""

from collections.abc import Iterable

from accounts import invitations
from accounts.models import User
from accounts.words import said

from ..errors import BadChange


def named(usernames: Iterable[tuple[str, str]]) -> dict[str, User]:
    """Return name -> person of these (name, pointer) pairs, in one query; BadChange for the first who is not there."""
    asked = list(usernames)
    known = User.objects.in_bulk(list({name for name, _ in asked}), field_name="username") if asked else {}
    for name, pointer in asked:
        if name not in known:
            raise BadChange(said("Nobody is named {name}.", name=name), pointer=pointer)
        if not known[name].is_active:
            raise BadChange(said("{name} has no active account.", name=name), pointer=pointer)
        if invitations.awaited(known[name]):
            raise BadChange(
                said("{name} has not taken up the invitation yet: whoever made it knows it.", name=name),
                pointer=pointer,
            )
    return known
