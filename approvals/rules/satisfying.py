"""Whether a rule could ever be met by the people there are: enough different ones, each counted for one need."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.words import counted, day, joined, said

from .policies import Need


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody who could say yes in a role, and by whose right: their own, or of whom they stand in for."""

    person: int
    authority: int


@dataclass(frozen=True, slots=True)
class Away:
    """A member who is away, with nobody standing in; `until` None is until further notice."""

    name: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Bench:
    """A role as it is held at a moment."""

    voices: tuple[Voice, ...] = ()
    away: tuple[Away, ...] = ()


EMPTY = Bench()


def shortfall(needs: Sequence[Need], benches: Mapping[str, Bench], *, without: Collection[int] = ()) -> str | None:
    """Return why these needs cannot be met, in words; None when they can. People in `without` do not count."""
    for need in needs:
        bench = benches.get(need.role, EMPTY)
        if len(_chosen(bench, without)) < need.count:
            return said(
                "needs {people} of {role}, {held}",
                people=_count(need.count),
                role=need.role,
                held=_held(bench, without),
            )
    if _possible(needs, benches, without):
        return None
    wanted = joined([said("{count} of {role}", count=need.count, role=need.role) for need in needs], said(" and "))
    voices = [voice for need in needs for voice in _chosen(benches.get(need.role, EMPTY), without)]
    people = min(len({voice.person for voice in voices}), len({voice.authority for voice in voices}))
    total = sum(need.count for need in needs)
    return said(
        "needs {wanted}, {total}, and those who hold these roles are {people}, none of whom counts twice",
        wanted=wanted, total=_count(total), people=people,
    )  # fmt: skip


def fragile(needs: Sequence[Need], benches: Mapping[str, Bench], *, without: Collection[int] = ()) -> list[str]:
    """Return the roles in which everybody is needed: what one of them asks for, the others cannot decide."""
    if shortfall(needs, benches, without=without):
        return []
    found = []
    for need in needs:
        voices = _chosen(benches.get(need.role, EMPTY), without)
        few = len(voices) <= sum(each.count for each in needs)
        if few and any(shortfall(needs, benches, without={*without, voice.person}) for voice in voices):
            found.append(need.role)
    return found


def _possible(needs: Sequence[Need], benches: Mapping[str, Bench], without: Collection[int]) -> bool:
    """Find a place for every need. A role with many people is left out: the others cannot use all of them up.

    Each vote takes at most two of a role's voices: those of the same person, and that of the same authority.
    """
    total = sum(need.count for need in needs)
    voices = {need.role: _chosen(benches.get(need.role, EMPTY), without) for need in needs}
    scarce = sorted((need for need in needs if len(voices[need.role]) < 2 * total), key=lambda n: len(voices[n.role]))
    slots = [need.role for need in scarce for _ in range(need.count)]
    return any(_places(slots, voices, frozenset(), frozenset()))


def _places(
    slots: Sequence[str], voices: Mapping[str, Sequence[Voice]], people: frozenset[int], authorities: frozenset[int]
) -> Iterator[bool]:
    if not slots:
        yield True
        return
    role, *rest = slots
    for voice in voices[role]:
        if voice.person not in people and voice.authority not in authorities:
            yield from _places(rest, voices, people | {voice.person}, authorities | {voice.authority})


def _chosen(bench: Bench, without: Collection[int]) -> list[Voice]:
    return [voice for voice in bench.voices if voice.person not in without and voice.authority not in without]


def _held(bench: Bench, without: Collection[int]) -> str:
    members = len(_chosen(bench, without)) + len(bench.away)
    if not bench.away:
        return said("it has {members}", members=members) if members else said("it has none")
    last = max(bench.away, key=lambda away: (away.until is None, away.until))
    gone = len(bench.away)
    if last.until is None:
        return counted(
            "it has {members}, one of them away until further notice",
            "it has {members}, {count} of them away until further notice",
            count=gone, members=members,
        )  # fmt: skip
    return counted(
        "it has {members}, one of them away until {day}",
        "it has {members}, {count} of them away until {day}",
        count=gone, members=members, day=day(last.until),
    )  # fmt: skip


def _count(number: int) -> str:
    return counted("{count} person", "{count} distinct people", count=number)
