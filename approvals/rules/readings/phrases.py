"""Words with values in them: ours in plain ink, what a rule says standing out."""

from collections.abc import Iterable
from typing import Any

from accounts.words import counted, grouped, said, told

from ..rendering import Piece, render
from ..sentences import Part

type Phrase = tuple[Part, ...]

LONGEST = 1000  # characters of one value that are shown: all of a condition; the document itself is one step away
#: Seconds of each unit, the largest first, and how so many of it are said.
UNITS = (
    (86_400, lambda count: said("{count} d", count=count) if count > 1 else said("1 d")),
    (3_600, lambda count: said("{count} h", count=count)),
    (60, lambda count: said("{count} min", count=count)),
    (1, lambda count: said("{count} s", count=count)),
)
_FOLLOWS = said(", and")  # ties a phrase to the one before it


def time(seconds: int) -> str:
    """Seconds in words: 90 is `1 min 30 s`."""
    parts = []
    for size, unit in UNITS:
        number, seconds = divmod(seconds, size)
        parts += [told(unit(number))] if number else []
    return " ".join(parts)


def phrased(text: str, *values: str | Phrase) -> Phrase:
    """Our words, in the page's language, with values at each `{}`: a value stands out, a phrase is taken as it is."""
    parts: list[Part] = []
    for index, words in enumerate(told(said(text)).split("{}")):
        value = values[index - 1] if index else ()
        parts += _value(value) if isinstance(value, str) else value
        parts += [_ours(words)] if words else []
    return tuple(parts)


def _value(text: str) -> list[Part]:
    """A value that stands out. Where it is too long, that it goes on is said: what is cut off may decide."""
    shown = Part(render(text[:LONGEST]), "strong")
    if len(text) <= LONGEST:
        return [shown]
    more = counted("… and {number} more character", "… and {number} more characters", **_numbered(len(text) - LONGEST))
    return [shown, _ours(told(more))]


def joined(phrases: Iterable[Phrase], between: str) -> Phrase:
    """Phrases one after the other."""
    parts: list[Part] = []
    for phrase in phrases:
        parts += [*(phrased(between) if parts else ()), *phrase]
    return tuple(parts)


def clause(phrase: Phrase) -> Phrase:
    """A phrase that was made to follow others, by itself: without what ties it to them."""
    if not phrase:
        return phrased("none")
    if phrase[0].manner != "plain":
        return phrase
    return (_ours(phrase[0].pieces[0].shown.removeprefix(told(_FOLLOWS)).lstrip()), *phrase[1:])


def sentence(phrase: Phrase) -> Phrase:
    """A phrase as a sentence of its own. A name at its beginning stays as it is."""
    if phrase[0].manner == "plain":
        words = phrase[0].pieces[0].shown
        phrase = (_ours(words[:1].upper() + words[1:]), *phrase[1:])
    return (*phrase, _ours("."))


def _numbered(count: int) -> dict[str, Any]:
    return {"count": count, "number": grouped(count)}


def _ours(words: str) -> Part:
    return Part((Piece("text", words),))
