"""Words with values in them: ours in plain ink, what a rule says standing out."""

from collections.abc import Iterable

from ..rendering import Piece, render
from ..sentences import Part

type Phrase = tuple[Part, ...]

LONGEST = 1000  # characters of one value that are shown: all of a condition; the document itself is one step away
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def time(seconds: int) -> str:
    """Seconds in words: 90 is `1 min 30 s`."""
    said = []
    for size, unit in _UNITS:
        number, seconds = divmod(seconds, size)
        said += [f"{number} {unit}"] if number else []
    return " ".join(said)


def say(text: str, *values: str | Phrase) -> Phrase:
    """Our words with values in them, each at its `{}`: a value stands out, a phrase is taken as it is."""
    parts: list[Part] = []
    for index, words in enumerate(text.split("{}")):
        value = values[index - 1] if index else ()
        parts += _value(value) if isinstance(value, str) else value
        parts += [_ours(words)] if words else []
    return tuple(parts)


def _value(text: str) -> list[Part]:
    """A value that stands out. Where it is too long, that it goes on is said: what is cut off may decide."""
    shown = Part(render(text[:LONGEST]), "strong")
    return [shown] if len(text) <= LONGEST else [shown, _ours(f"… and {len(text) - LONGEST} more characters")]


def joined(phrases: Iterable[Phrase], between: str) -> Phrase:
    """Phrases one after the other."""
    said: list[Part] = []
    for phrase in phrases:
        said += [*(say(between) if said else ()), *phrase]
    return tuple(said)


def clause(phrase: Phrase) -> Phrase:
    """A phrase that was made to follow others, by itself: without what ties it to them."""
    if not phrase:
        return say("none")
    if phrase[0].manner != "plain":
        return phrase
    return (_ours(phrase[0].pieces[0].shown.removeprefix(", and").lstrip()), *phrase[1:])


def sentence(phrase: Phrase) -> Phrase:
    """A phrase as a sentence of its own. A name at its beginning stays as it is."""
    if phrase[0].manner == "plain":
        words = phrase[0].pieces[0].shown
        phrase = (_ours(words[:1].upper() + words[1:]), *phrase[1:])
    return (*phrase, _ours("."))


def _ours(words: str) -> Part:
    return Part((Piece("text", words),))
