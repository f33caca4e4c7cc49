"""From verdicts to a decision: who still has to say yes, and whose yes would count.

Each person counts for one need, and each authority once: whoever stands in for somebody speaks with that person's
voice. A role that escalation added counts for any need that still lacks somebody.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class Need(Protocol):
    """So many approvals by people of one role (see `policies.Need`)."""

    @property
    def role(self) -> str: ...
    @property
    def count(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Vote:
    """What one person said, in which role. `authority` is whom they stood in for, or the person."""

    person: Hashable
    authority: Hashable
    role: str
    verdict: str = "approve"


@dataclass(frozen=True, slots=True)
class Terms:
    """What an action needs: the needs of its rule, in which order, and the roles that escalation added since."""

    needs: Sequence[Need]
    sequential: bool = False
    escalated: frozenset[str] = frozenset()

    @property
    def roles(self) -> list[str]:
        """Every role whose people may count, in the order in which they are named."""
        return list(dict.fromkeys([*(need.role for need in self.needs), *sorted(self.escalated)]))


@dataclass(frozen=True, slots=True)
class Count:
    """How it stands: pending, approved or denied; how many each need still lacks, in the order of the needs."""

    state: str
    lacking: tuple[int, ...]

    @property
    def missing(self) -> int:
        return sum(self.lacking)


def count(terms: Terms, votes: Iterable[Vote]) -> Count:
    """One deny denies; when every need is met, it is approved; else it goes on waiting."""
    votes = list(votes)
    options: dict[Hashable, set[str]] = defaultdict(set)
    for vote in votes:
        if vote.verdict == "approve":
            options[vote.authority].add(vote.role)
    lacking = _lacking(terms, options)
    if any(vote.verdict == "deny" for vote in votes):
        return Count("denied", lacking)
    return Count("pending" if any(lacking) else "approved", lacking)


def turn(terms: Terms, counted: Count) -> list[str]:
    """Return the roles whose people may vote now; in a sequence those of the first need that is not met."""
    open_needs = [need.role for need, lack in zip(terms.needs, counted.lacking, strict=True) if lack]
    if not open_needs:
        return []
    asked = open_needs[:1] if terms.sequential else open_needs
    return list(dict.fromkeys([*asked, *sorted(terms.escalated)]))


def counts(terms: Terms, votes: Sequence[Vote], vote: Vote) -> bool:
    """Whether one more yes would bring the action nearer to its approval."""
    return count(terms, [*votes, vote]).missing < count(terms, votes).missing


def satisfiable(terms: Terms, people: Mapping[Hashable, Collection[str]], votes: Iterable[Vote] = ()) -> bool:
    """Whether these people (each with their roles) could still meet all needs, beside what was said."""
    said = list(votes)
    spoken = {vote.authority for vote in said} | {vote.person for vote in said}
    options: dict[Hashable, set[str]] = defaultdict(set)
    for vote in said:
        options[vote.authority].add(vote.role)
    for person, roles in people.items():
        if person not in spoken:
            options[person] = set(roles)
    return not any(_lacking(terms, options))


def best_role(
    terms: Terms, votes: Sequence[Vote], mine: Sequence[Vote], people: Mapping[Hashable, Collection[str]]
) -> Vote | None:
    """Return that vote among `mine` (one person's, in different roles or for different people) to count as theirs.

    The first that brings the action nearer and leaves it possible for the others to do the rest; None when no vote
    would count.
    """
    nearer = [vote for vote in mine if counts(terms, votes, vote)]
    for vote in nearer:
        others = {who: roles for who, roles in people.items() if who not in (vote.person, vote.authority)}
        if satisfiable(terms, others, [*votes, vote]):
            return vote
    return nearer[0] if nearer else None


def _lacking(terms: Terms, options: Mapping[Hashable, Collection[str]]) -> tuple[int, ...]:
    """How many each need lacks when as many authorities as possible are matched with needs, each with one at most.

    Kuhn's algorithm; there are at most seven places, and somebody who counts for one of them may move to another.
    """
    places = [index for index, need in enumerate(terms.needs) for _ in range(need.count)]
    taken: dict[int, Hashable] = {}
    for authority in options:
        _place(authority, terms, places, options, taken, tried=set())
        if len(taken) == len(places):
            break
    filled = [places[place] for place in taken]
    return tuple(need.count - filled.count(index) for index, need in enumerate(terms.needs))


def _place(
    who: Hashable, terms: Terms, places: Sequence[int], options: Mapping[Hashable, Collection[str]],
    taken: dict[int, Hashable], *, tried: set[int],
) -> bool:  # fmt: skip
    for place, need in enumerate(places):
        fits = terms.needs[need].role in options[who] or not terms.escalated.isdisjoint(options[who])
        if not fits or place in tried:
            continue
        tried.add(place)
        if place not in taken or _place(taken[place], terms, places, options, taken, tried=tried):
            taken[place] = who
            return True
    return False
