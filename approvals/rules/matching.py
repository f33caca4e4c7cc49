"""Which rules meet an ask by its name, how exact each of them is, and whether two could be equally exact about one ask.

In a name pattern `*` stands for any run of characters, and nothing else has a meaning.
"""

from typing import NamedTuple

from accounts.words import said

LONGEST_NAME = 256  # characters; no ask has a longer one

type Ends = tuple[str, str]


class Exactness(NamedTuple):
    """How exactly a rule says what it is about. The greater wins, member by member in this order."""

    server: bool
    plain: bool
    letters: int
    conditional: bool
    rank: int


#: What to say of the member in which the winner is greater.
WHY = Exactness(
    server=said("it names the server"),
    plain=said("it names {name} without a star"),
    letters=said("its pattern has more letters"),
    conditional=said("it has a condition"),
    rank=said("its rank is higher"),
)


class Shelf[Entry]:
    """Entries by their patterns, arranged so that a name meets few that it does not match.

    Patterns lie by what stands before their first star and after their last: a look-up for each pair of lengths that
    occurs. Of those with the same ends, only those are matched whose longest part in between is found in the name.
    """

    def __init__(self) -> None:
        self._plain: dict[str, list[Entry]] = {}
        self._starred: dict[tuple[int, int], dict[Ends, list[tuple[str, str, Entry]]]] = {}

    def put(self, pattern: str, entry: Entry) -> None:
        first, *rest = pattern.split("*")
        if not rest:
            self._plain.setdefault(pattern, []).append(entry)
            return
        *middle, last = rest
        longest = max(middle, key=len, default="")
        ends = self._starred.setdefault((len(first), len(last)), {})
        ends.setdefault((first, last), []).append((longest, pattern, entry))

    def meeting(self, name: str) -> list[Entry]:
        """Return the entries whose patterns match the name, in no particular order."""
        found, length = list(self._plain.get(name, ())), len(name)
        for (first, last), ends in self._starred.items():
            if first + last <= length:
                near = ends.get((name[:first], name[length - last :]), ())
                found += [entry for part, pattern, entry in near if part in name and matches(pattern, name)]
        return found


def exactness(pattern: str, *, server: bool, conditional: bool, rank: int) -> Exactness:
    return Exactness(server, "*" not in pattern, len(pattern.replace("*", "")), conditional, rank)


def why(winner: Exactness, loser: Exactness, *, name: str) -> str:
    """Say in words why the one comes before the other."""
    for more, less, words in zip(winner, loser, WHY, strict=True):
        if more != less:
            return said(words.text, name=name) if "{" in words else words
    return said("it is older")


def is_pattern(text: str) -> bool:
    """Whether it reads as a pattern: 1 to 200 characters, `*` for any run of characters, at most four of them."""
    return 0 < len(text) <= 200 and text.count("*") <= 4


def matches(pattern: str, name: str) -> bool:
    """Plain searches, no regular expression: hostile names cost linear time."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == name
    *middle, last = rest
    end = len(name) - len(last)
    if not name.startswith(first) or not name.endswith(last) or end < len(first):
        return False
    position = len(first)
    for part in middle:
        found = name.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True


def overlap(one: str, other: str) -> bool:
    """Whether there is a name that both patterns match: the shortest is looked for, from the ends backwards."""
    if "*" not in one:
        return matches(other, one)
    if "*" not in other:
        return matches(one, other)
    never = LONGEST_NAME + 1
    below = [never] * len(other) + [0]
    for place in reversed(range(len(other))):
        below[place] = below[place + 1] if other[place] == "*" else never
    for letter in reversed(one):
        row = [never] * (len(other) + 1)
        row[-1] = below[-1] if letter == "*" else never
        for place in reversed(range(len(other))):
            row[place] = _shortest(letter, other[place], below=below, row=row, place=place)
        below = row
    return below[0] <= LONGEST_NAME


def _shortest(letter: str, sign: str, *, below: list[int], row: list[int], place: int) -> int:
    """Letters in the shortest common name from here on: a star takes no letter, or one that the other pattern has."""
    if letter == "*":
        return min(below[place], row[place + 1] + (sign != "*"))
    if sign == "*":
        return min(row[place + 1], below[place] + 1)
    return below[place + 1] + 1 if letter == sign else LONGEST_NAME + 1
