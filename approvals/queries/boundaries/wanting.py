"""What is missing: duties that nobody does, or that one person does alone."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db.models import Count

from accounts.words import counted, said

from ...models import Duty, Finding
from .holding import Holding, Post
from .revisions import Stop

NAMELESS = {
    Duty.LOGGING: said("Nobody answers for logging: the rule names no role for it."),
    Duty.EXCEPTIONS: said("Nobody handles exceptions: the rule names no role for it."),
}
EMPTY = {
    Duty.LOGGING: lambda role: said("Nobody answers for logging: {role} has no members.", role=role),
    Duty.EXCEPTIONS: lambda role: said("Nobody handles exceptions: {role} has no members.", role=role),
}


@dataclass(frozen=True, slots=True)
class Gap:
    """What is missing at a checkpoint, as a sentence; `role` is the one to give to somebody, "" for none.

    `unseen` counts what fell through there and is nobody's to see, as nobody handles exceptions.
    """

    stop: Stop
    code: str
    words: str
    role: str = ""
    unseen: int = 0


def gaps(found: Iterable[Stop], holding: Holding) -> list[Gap]:
    """Return what is missing, the worst first: without an approver every ask is denied."""
    every = [gap for stop in found for gap in of(stop, holding)]
    return sorted(every, key=lambda gap: (_RANK.index(gap.code), gap.stop.name))


def with_unseen(found: Iterable[Gap]) -> list[Gap]:
    """The same, counted; one query."""
    told = list(found)
    places = [gap.stop.policy.checkpoint_id for gap in told if gap.code == "no_exceptions"]
    left = Finding.objects.filter(checkpoint_id__in=places, resolved_at=None).order_by().values_list("checkpoint_id")
    counts = dict(left.annotate(count=Count("pk"))) if places else {}
    return [
        replace(gap, unseen=counts.get(gap.stop.policy.checkpoint_id, 0)) if gap.code == "no_exceptions" else gap
        for gap in told
    ]


_RANK = ("no_approver", "approvers_away", "too_few", "no_exceptions", "no_logging", "one_person")


def of(stop: Stop, holding: Holding) -> list[Gap]:
    """What is missing here. Where everything is denied, nobody has to be named."""
    if not stop.passes:
        return []
    posts = {post.duty: post for post in holding.posts(stop.rule)}
    found = _approval(stop, posts, holding)
    for duty, code in ((Duty.EXCEPTIONS, "no_exceptions"), (Duty.LOGGING, "no_logging")):
        post = posts[duty]
        if not post.people:
            role = post.roles[0] if post.roles else ""
            found.append(Gap(stop, code, EMPTY[duty](role) if role else NAMELESS[duty], role))
    return found + _alone(stop, posts)


def _approval(stop: Stop, posts: dict[str, Post], holding: Holding) -> list[Gap]:
    """Each need by itself: two of one role do not make up for one of another."""
    if not stop.reviewed:
        return []
    for need in stop.rule.needs:
        members = [held for held in holding.of_role(need.role) if held.on_behalf_of_id is None]
        people = Post(Duty.APPROVAL, (need.role,), tuple(holding.of_role(need.role)))
        asked = people.present if stop.rule.absence == "delegate" else members
        if not members:
            words = said("Nobody approves: {role} has no members.", role=need.role)
            return [Gap(stop, "no_approver", words, need.role)]
        if not asked:
            words = said("Everybody in {role} is away, and nobody stands in.", role=need.role)
            return [Gap(stop, "approvers_away", words, need.role)]
        if len(asked) < need.count:
            words = counted(
                "It takes {needed} of {role}, and {count} is here.",
                "It takes {needed} of {role}, and {count} are here.",
                count=len(asked), needed=need.count, role=need.role,
            )  # fmt: skip
            return [Gap(stop, "too_few", words, need.role)]
    return []


def _alone(stop: Stop, posts: dict[str, Post]) -> list[Gap]:
    people = {person.username for post in posts.values() for person in post.people}
    if not stop.reviewed or len(people) != 1 or not all(post.people for post in posts.values()):
        return []
    return [Gap(stop, "one_person", said("{person} alone approves, logs and handles exceptions.", person=people.pop()))]
