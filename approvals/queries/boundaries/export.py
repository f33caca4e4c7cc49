"""The whole map as a table: a row for each person and duty of each rule, and for each name that no rule maps."""

from collections.abc import Iterator
from datetime import datetime

from accounts.models import User

from ... import access
from . import seen, wanting
from .holding import Holding, Post
from .reading import Wanted
from .revisions import Stop, stops

HEADER = (
    "as_of", "server", "kind", "name_pattern", "checkpoint", "revision", "policy_digest", "effect", "needs",
    "condition", "duty", "role", "person", "stands_in_for", "away", "gaps",
)  # fmt: skip


def table(*, user: User, wanted: Wanted, at: datetime) -> Iterator[tuple] | None:
    """Return the rows; None for somebody who has no business here."""
    admin = access.is_admin(user)
    mine = None if admin else set(access.duties(user, at=at))
    if mine is not None and not mine:
        return None
    every = stops(moment=wanted.moment, only=mine)
    return _rows(every, wanted, at=at, admin=admin)


def _rows(every: list[Stop], wanted: Wanted, *, at: datetime, admin: bool) -> Iterator[tuple]:
    as_of = (wanted.moment or at).isoformat()
    found = [stop for stop in every if not wanted.server or stop.rule.server in (None, wanted.server)]
    holding = Holding.of((stop.rule for stop in found), moment=wanted.moment, at=at)
    for stop in found:
        gaps = " ".join(gap.words for gap in wanting.of(stop, holding))
        for post in holding.posts(stop.rule):
            for person in _people(post):
                yield (as_of, *_stopped(stop), post.duty, *person, gaps)
    for each in seen.unmapped(every, moment=wanted.moment, server=wanted.server)[0] if admin else ():
        nothing = ("",) * 10
        yield (as_of, each.server, each.kind, each.name, *nothing, "", "No rule maps it.")


def _stopped(stop: Stop) -> tuple:
    rule, policy = stop.rule, stop.policy
    condition = "yes" if rule.conditional else ""
    where = (rule.server or "", rule.kind, rule.pattern, stop.name)
    return (*where, policy.revision, policy.dig, policy.effect, stop.words if rule.needs else "", condition)


def _people(post: Post) -> list[tuple]:
    """Role, person, whom they stand in for, whether they are away; a row without a person where nobody is named."""
    named = [
        (person.role, person.username, person.on_behalf_of, "yes" if person.away else "") for person in post.people
    ]
    return named or [(" ".join(post.roles), "", "", "")]
